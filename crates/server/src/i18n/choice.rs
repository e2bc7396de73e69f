//! Which language a reader takes.

use super::Language;

/// The language that a header `Accept-Language` (RFC 9110, section 12.5.4) asks for first among those
/// there are.
pub fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(f32, Language)> = None;
    for part in header.split(',') {
        let (range, weight) = part.split_once(';').unwrap_or((part, ""));
        let primary = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Some(language) = Language::from_tag(&primary) else { continue };
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok());
        let Some(weight) = weight.filter(|weight| *weight > 0.0) else { continue };
        // Of two that are wanted as much, the one that is named first.
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_taken() {
        for (header, language) in [
            ("", None),
            ("fr-FR, de;q=0.9", None),
            ("ko", Some(Language::Korean)),
            ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Some(Language::Korean)),
            ("fr, ja;q=0.4, en;q=0.5", Some(Language::English)),
            ("JA-jp", Some(Language::Japanese)),
            ("en;q=0, ja;q=0.1", Some(Language::Japanese)),
            ("ko;q=x, ja;q=nan", None),
            ("korean", None),
            ("*", None),
        ] {
            assert_eq!(accepted(header), language, "{header}");
        }
    }
}
