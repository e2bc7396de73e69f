//! Identifiers in the forms scripts know (wire fact 1.1): a prefix and a UUID for people, bots,
//! groups and apps, 24 hex digits for roles, accounts, files and audit entries.
//!
//! Ids are made from random bytes the caller hands in, so tests see the same ids each time.

use uuid::{Builder, Version};

use crate::time::Instant;

/// What an id with a prefix names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A user of the account: `u-`.
    User,
    /// A bot: `st-`.
    Bot,
    /// An organisation, the vendor's second name of an account: `o-`.
    Organisation,
    /// A client app: `cs-`.
    App,
    /// A group: `e-`.
    Group,
    /// A stored file's name: `f-`.
    FileName,
    /// A request to erase people's data: `eud-`.
    Erasure,
    /// A hold, while which people's data is kept: `hld-`.
    Hold,
    /// A session of a person who signed in: `ses-`.
    Session,
    /// A passkey: `pk-`.
    Passkey,
}

impl Kind {
    /// The prefix, with its dash.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::User => "u-",
            Self::Bot => "st-",
            Self::Organisation => "o-",
            Self::App => "cs-",
            Self::Group => "e-",
            Self::FileName => "f-",
            Self::Erasure => "eud-",
            Self::Hold => "hld-",
            Self::Session => "ses-",
            Self::Passkey => "pk-",
        }
    }
}

/// A UUID in text from 16 random bytes. Its version nibble is 5, as on every id of the vendor's.
pub fn uuid(random: [u8; 16]) -> String {
    let uuid = Builder::from_bytes(random).with_variant(uuid::Variant::RFC4122).with_version(Version::Sha1).into_uuid();
    uuid.to_string()
}

/// An id with the prefix of `kind`.
pub fn prefixed(kind: Kind, random: [u8; 16]) -> String {
    format!("{}{}", kind.prefix(), uuid(random))
}

/// A 24-hex-digit id: the second it was made in, then eight random bytes.
pub fn hex24(at: Instant, random: [u8; 8]) -> String {
    let seconds = at.as_ms().div_euclid(1000) & 0xffff_ffff;
    format!("{seconds:08x}{:016x}", u64::from_be_bytes(random))
}

/// The `nth` id of a batch that began with `first`, so that what is made together sorts together
/// (wire fact 7.5: roles imported together have consecutive ids).
pub fn hex24_after(first: &str, nth: u64) -> String {
    let (seconds, rest) = first.split_at(first.len().min(8));
    let rest = u64::from_str_radix(rest, 16).unwrap_or_default().wrapping_add(nth);
    format!("{seconds}{rest:016x}")
}

/// Whether `text` has the form of a 24-hex-digit id.
pub fn is_hex24(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
    )*};
}

// Inside the program and its database things are known by small numbers, drawn from one counter of
// their account: the order of creation, the key of pages, the key of joins. They never go outside.
numbers! {
    /// An account, within one database.
    AccountNo;
    /// A user, within its account.
    UserNo;
    /// A group, within its account.
    GroupNo;
    /// A bot, within its account; 0 stands for "no bot" beside roles of type admin.
    BotNo;
    /// A role, within its account.
    RoleNo;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_forms_scripts_know() {
        assert_eq!(prefixed(Kind::User, [0xff; 16]), "u-ffffffff-ffff-5fff-bfff-ffffffffffff");
        let first = hex24(Instant::from_ms(1_542_533_688_501), [0, 0, 0, 0, 0, 0, 0, 0xff]);
        assert_eq!(first, "5bf1323800000000000000ff");
        assert_eq!(hex24_after(&first, 1), "5bf132380000000000000100");
        assert!(is_hex24(&first) && !is_hex24("5BF1323800000000000000FF") && !is_hex24("12345678945"));
    }
}
