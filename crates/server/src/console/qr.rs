//! A text as a picture that telephones read (QR code), drawn as one path.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// How many modules around the code stay empty (ISO/IEC 18004, section 9.1).
const MARGIN: i32 = 4;

/// A picture, to be put into an `svg` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// The picture's width and height. Units: modules.
    pub(super) size: i32,
    /// The dark modules, as the `d` of a `path`.
    pub(super) path: String,
}

impl Picture {
    /// The picture of `text`; none of one that is too long to be one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        Some(Self { size: code.size() + 2 * MARGIN, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_corners_and_a_margin() {
        let picture = Picture::of("otpauth://totp/x").expect("it is short");
        assert_eq!(picture.size, 25 + 8);
        assert!(picture.path.starts_with("M4,4h1v1h-1zM5,4h1v1h-1z"));
        assert_eq!(Picture::of(&"x".repeat(4_000)), None);
    }
}
