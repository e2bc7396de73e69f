//! The words of an erasure: whom it is about, how far it is, how it ended for each person.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::{problem::Problem, say, text::fold};

/// The most subjects one request may name (wire section 15).
pub const MAX_SUBJECTS: usize = 1_000;

/// The longest identifier of a subject. Units: bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 512;

/// What kind of identifier a field of a store holds, as data maps name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// The platform's own id of the person.
    UserId,
    /// An e-mail address.
    Email,
    /// The id the person's organisation gave.
    OrgUserId,
    /// The id the person has on a channel.
    ChannelUserId,
    /// The channel that id is of.
    ChannelId,
}

impl Identity {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::UserId, Self::Email, Self::OrgUserId, Self::ChannelUserId, Self::ChannelId];

    /// The word of data maps for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::Email => "email",
            Self::OrgUserId => "org_user_id",
            Self::ChannelUserId => "channel_user_id",
            Self::ChannelId => "channel_id",
        }
    }

    /// The identity of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|identity| identity.as_str() == word)
    }
}

/// Somebody whose data is to be erased. Shown by `Debug` without the identifier, so that it
/// cannot get into a log by accident.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One identifier, of whatever kind its form allows.
    Plain(String),
    /// An id on one channel.
    Channel {
        /// The channel.
        channel_id: String,
        /// The person's id there.
        channel_user_id: String,
    },
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(..)",
            Self::Channel { .. } => "Channel(..)",
        })
    }
}

impl Subject {
    /// Reads a subject as calls name it: a text, or an object with `channel_id` and
    /// `channel_user_id` (wire section 15). `path` is where it stands.
    pub fn parse(value: &Value, path: &str) -> Result<Self, Problem> {
        let bounded = |text: &str, path: String| {
            if text.trim().is_empty() {
                Err(Problem::new(path, say::must_not_be_empty()))
            } else if text.len() > MAX_IDENTIFIER_BYTES {
                Err(Problem::new(path, say::at_most_bytes(MAX_IDENTIFIER_BYTES)))
            } else if text.contains('\0') {
                Err(Problem::new(path, say::holds_nul()))
            } else {
                Ok(text.to_owned())
            }
        };
        match value {
            Value::String(text) => bounded(text, path.to_owned()).map(Self::Plain),
            Value::Object(pair) => {
                let part = |name: &str| {
                    let path = format!("{path}/{name}");
                    let text = pair.get(name).and_then(Value::as_str);
                    text.ok_or_else(|| Problem::new(path.clone(), say::must_be_text()))
                        .and_then(|text| bounded(text, path))
                };
                if let Some(unknown) =
                    pair.keys().find(|key| !["channel_id", "channel_user_id"].contains(&key.as_str()))
                {
                    let detail = say::not_of_channel_pair();
                    return Err(Problem::new(format!("{path}/{unknown}"), detail));
                }
                Ok(Self::Channel { channel_id: part("channel_id")?, channel_user_id: part("channel_user_id")? })
            }
            _ => Err(Problem::new(path, say::must_be_text_or_pair())),
        }
    }

    /// The subject as calls name it: the inverse of [`Self::parse`].
    pub fn to_value(&self) -> Value {
        match self {
            Self::Plain(text) => Value::from(text.clone()),
            Self::Channel { channel_id, channel_user_id } => {
                serde_json::json!({"channel_id": channel_id, "channel_user_id": channel_user_id})
            }
        }
    }

    /// The identities a plain identifier can be, by its form: with an `@` an e-mail address,
    /// `u-` and a UUID an id of ours, and always an organisation's id, an id on some channel, and a
    /// `user_id` of another making.
    pub fn identities(&self) -> &'static [Identity] {
        match self {
            Self::Plain(text) if text.contains('@') => {
                &[Identity::Email, Identity::UserId, Identity::OrgUserId, Identity::ChannelUserId]
            }
            Self::Plain(_) => &[Identity::UserId, Identity::OrgUserId, Identity::ChannelUserId],
            Self::Channel { .. } => &[Identity::ChannelUserId, Identity::ChannelId],
        }
    }

    /// What is hashed of the subject, so that the ledger knows it again however its letters are
    /// written. Only ever fed to a keyed hash.
    pub fn canonical(&self) -> String {
        match self {
            Self::Plain(text) => format!("plain\0{}", fold(text)),
            Self::Channel { channel_id, channel_user_id } => {
                format!("channel\0{}\0{}", fold(channel_id), fold(channel_user_id))
            }
        }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its word in answers, receipts and the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// The one of that word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::parse(&word).ok_or_else(|| D::Error::custom("is not a known word"))
            }
        }
    };
}

words! {
    /// How far a request, or its part in one store, is. In order; each step is durable before the
    /// next begins.
    State {
        /// Accepted; nobody has begun.
        Pending = "pending",
        /// The keys of the rows are being found.
        Resolving = "resolving",
        /// All rows are known, and how each will be erased; nothing was changed yet.
        Planned = "planned",
        /// Planned, and somebody has to agree.
        AwaitingApproval = "awaiting_approval",
        /// Everybody who is left is under a hold.
        Held = "held",
        /// Rows are being erased. From here on nothing can be cancelled.
        Erasing = "erasing",
        /// Waiting a moment, so that what was being written meanwhile is there to be found.
        Settling = "settling",
        /// Looking again, from the identities.
        Verifying = "verifying",
        /// Finished, with a receipt.
        Done = "done",
        /// Called off before anything was erased.
        Cancelled = "cancelled",
    }
}

impl State {
    /// Whether the request can still be called off.
    pub fn is_cancellable(self) -> bool {
        self < Self::Erasing
    }

    /// Whether nothing more happens.
    pub fn is_final(self) -> bool {
        self >= Self::Done
    }
}

words! {
    /// How an erasure ended for one person, in all or in one store.
    Outcome {
        /// Not yet known.
        Pending = "pending",
        /// What was there is gone, and a second look found nothing.
        Erased = "erased",
        /// There was nothing.
        NotFound = "not_found",
        /// A rule forbids it: the person belongs to the account or owns or develops a bot.
        Refused = "refused",
        /// A hold forbids it for now.
        Held = "held",
        /// Some is gone and some is left.
        Partial = "partial",
        /// Nothing was erased that should have been.
        Failed = "failed",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_is_read_as_it_is_written() {
        for value in [json!("ana@x.example"), json!("u-1"), json!({"channel_id": "whatsapp", "channel_user_id": "7"})] {
            assert_eq!(Subject::parse(&value, "/userIds/0").expect("a subject").to_value(), value);
        }
        for (value, path) in [
            (json!(""), "/userIds/0"),
            (json!(7), "/userIds/0"),
            (json!("a\0b"), "/userIds/0"),
            (json!("a".repeat(513)), "/userIds/0"),
            (json!({"channel_id": "x"}), "/userIds/0/channel_user_id"),
            (json!({"channel_id": "x", "channel_user_id": "y", "z": 1}), "/userIds/0/z"),
        ] {
            assert_eq!(Subject::parse(&value, "/userIds/0").expect_err("no subject").path, path);
        }
    }

    #[test]
    fn debug_output_tells_nobodys_identifier() {
        let subjects = [
            Subject::Plain("ana@x.example".to_owned()),
            Subject::Channel { channel_id: "ana".to_owned(), channel_user_id: "ana".to_owned() },
        ];
        assert_eq!(format!("{subjects:?}"), "[Plain(..), Channel(..)]");
    }

    #[test]
    fn one_person_is_one_hash_however_the_letters_are_written() {
        let plain = |text: &str| Subject::Plain(text.to_owned()).canonical();
        assert_eq!(plain("Ana@X.example"), plain("ana@x.EXAMPLE"));
        assert_ne!(
            plain("ana"),
            Subject::Channel { channel_id: "ana".to_owned(), channel_user_id: String::new() }.canonical()
        );
    }

    #[test]
    fn every_word_is_read_as_it_is_written() {
        assert!(State::ALL.iter().all(|state| State::parse(state.as_str()) == Some(*state)));
        assert!(Outcome::ALL.iter().all(|outcome| Outcome::parse(outcome.as_str()) == Some(*outcome)));
        assert!(Identity::ALL.iter().all(|identity| Identity::parse(identity.as_str()) == Some(*identity)));
        assert_eq!(State::parse("finished"), None);
    }
}
