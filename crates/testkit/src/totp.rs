//! A telephone that shows codes: time-based one-time passwords (RFC 6238), written apart from the
//! server's own.

use aws_lc_rs::hmac;
use rolecall_model::time::Instant;

/// The code of a secret in base32 at a time.
pub fn totp(secret: &str, at: Instant) -> String {
    let mut bits = Vec::new();
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == letter).expect("base32");
        bits.extend((0..5).rev().map(|bit| value >> bit & 1));
    }
    let byte = |bits: &[usize]| u8::try_from(bits.iter().fold(0, |byte, bit| byte << 1 | bit)).expect("eight bits");
    let key: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    let step = u64::try_from(at.as_ms() / 30_000).expect("after 1970");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &step.to_be_bytes());
    let tag = tag.as_ref();
    let from = usize::from(tag[19] & 15);
    let number = tag[from..from + 4].iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}
