//! Codes of generators: time-based one-time passwords (RFC 6238), and the codes for when the generator
//! is lost. Pure: the secret, the time and the randomness are handed in.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use rolecall_model::time::Instant;
use rolecall_store::Core;
use subtle::ConstantTimeEq as _;

use crate::seal::hex;

/// How many digits a code has.
pub const DIGITS: usize = 6;

/// How long a code is shown. Units: seconds.
pub const PERIOD_S: i64 = 30;

/// How many bytes a generator's secret has (RFC 4226, section 4: as many as the hash).
pub(super) const SECRET_BYTES: usize = 20;

/// How many steps a clock may be off either way.
const STEPS_OFF: i64 = 1;

/// How many recovery codes there are at once.
pub(super) const N_RECOVERY_CODES: usize = 10;

/// The number that code `step` of `secret` is cut from (RFC 4226, section 5.3).
fn number(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
    let bytes = tag.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

/// The code of `secret` at `step`.
pub(super) fn code(secret: &[u8], step: i64) -> String {
    format!("{:06}", number(secret, step) % 1_000_000)
}

/// The step that is under way at `now`.
pub(super) fn step_at(now: Instant) -> i64 {
    now.as_ms().div_euclid(PERIOD_S * 1_000)
}

/// The step whose code `typed` is, if it is that of one near `now` and after `last_step`. All of them
/// are compared, whichever it was.
pub(super) fn step_of(secret: &[u8], typed: &str, now: Instant, last_step: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found = None;
    for step in step_at(now) - STEPS_OFF..=step_at(now) + STEPS_OFF {
        let fits: bool = code(secret, step).as_bytes().ct_eq(typed.as_bytes()).into();
        if fits && step > last_step {
            found = Some(step);
        }
    }
    found
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `bytes` in base32 without padding (RFC 4648, section 6), as generators take secrets.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut n_held) = (0_u32, 0_u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        n_held += 8;
        while n_held >= 5 {
            n_held -= 5;
            text.push(letter(held >> n_held));
        }
        held &= (1 << n_held) - 1;
    }
    if n_held > 0 {
        text.push(letter(held << (5 - n_held)));
    }
    text
}

fn letter(bits: u32) -> char {
    BASE32.get((bits & 31) as usize).copied().map_or('A', char::from)
}

/// The link that a generator reads off a picture.
pub(super) fn link(account_name: &str, email: &str, secret: &str) -> String {
    let issuer = escaped(&format!("Rolecall {account_name}"));
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", escaped(email))
}

/// `text` as a part of a URL: letters, digits and `-._~` as they are, the rest in percent.
fn escaped(text: &str) -> String {
    let mut url = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
    url
}

/// Fresh recovery codes: fifty random bits each, as `ABCDE-FGHIJ`.
pub(super) fn fresh_recovery_codes(core: &Core) -> Vec<String> {
    let fresh = |_| {
        let text = base32(&core.random.bytes::<7>());
        let (first, second) = text.split_at_checked(5).unwrap_or_default();
        format!("{first}-{}", second.get(..5).unwrap_or_default())
    };
    (0..N_RECOVERY_CODES).map(fresh).collect()
}

/// The hash a recovery code of a person is kept as. It is keyed, as fifty bits alone could be guessed
/// from a copy of the database. Case, spaces and dashes do not matter.
pub(super) fn recovery_hash(core: &Core, user_id: &str, typed: &str) -> String {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &core.sealing_key.derive("recovery codes"));
    hex(hmac::sign(&key, format!("{user_id} {plain}").as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, for SHA-1; its codes have eight digits.
        for (seconds, expected) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = step_at(Instant::from_ms(seconds * 1_000));
            assert_eq!(number(b"12345678901234567890", step) % 100_000_000, expected, "{seconds}");
        }
        assert_eq!(code(b"12345678901234567890", 1), "287082");
        assert_eq!(code(b"12345678901234567890", 37_037_036), "081804");
    }

    #[test]
    fn a_code_counts_for_a_step_before_and_after_and_never_twice() {
        let secret = b"12345678901234567890";
        let now = Instant::from_ms(1_111_111_111_000);
        let step = step_at(now);
        for (of, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let typed = code(secret, step + of);
            assert_eq!(step_of(secret, &typed, now, 0), counts.then_some(step + of), "{of}");
            assert_eq!(step_of(secret, &typed, now, step + of), None, "{of} was used");
        }
        let typed = code(secret, step);
        assert_eq!(step_of(secret, &format!(" {} {} ", &typed[..3], &typed[3..]), now, 0), Some(step));
        for bad in ["", "000000", &typed[..5], &format!("{typed}0"), "１４０５０４"] {
            assert_eq!(step_of(secret, bad, now, 0), None, "{bad}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "MY"),
            (b"fo", "MZXQ"),
            (b"foo", "MZXW6"),
            (b"foob", "MZXW6YQ"),
            (b"fooba", "MZXW6YTB"),
            (b"foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes), text);
        }
    }

    #[test]
    fn a_generators_link_holds_names_of_any_letters() {
        assert_eq!(
            link("Å & Co", "ann@x.example", "MZXW6"),
            "otpauth://totp/Rolecall%20%C3%85%20%26%20Co:ann%40x.example?secret=MZXW6&issuer=Rolecall%20%C3%85%20%26%20Co"
        );
    }
}
