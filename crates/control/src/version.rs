//! Versions of things that several people may edit: who changes one says which version it has seen, and
//! is told if that is not the one there is any more.
//!
//! A version is a digest of all that is shown of a thing. So it needs no column, it is the same on every
//! node, and a change that was undone leaves it as it was: whoever saw the thing then has seen it now.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{Error, Rule, say};

/// The version of a thing, in one text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

/// Digest bytes in a version: enough that two states never share one.
const DIGEST_BYTES: usize = 16;

impl Version {
    /// The version of a thing of which `facts` is all that is shown.
    pub fn of(facts: &Value) -> Self {
        let digest = digest::digest(&digest::SHA256, facts.to_string().as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest.as_ref().get(..DIGEST_BYTES).unwrap_or_default()))
    }

    /// The version that this text names, whether it is one or not.
    pub fn named(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The version in one text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which versions of a thing its editor takes for the one there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whichever there is.
    Any,
    /// One of these.
    One(Vec<Version>),
}

impl Expected {
    /// Refuses unless the thing, of which `facts` is all that is shown, is as its editor takes it to be.
    ///
    /// Errors: [`Rule::Stale`].
    pub(crate) fn check(&self, facts: &Value) -> Result<(), Error> {
        match self {
            Self::Any => Ok(()),
            Self::One(versions) if versions.contains(&Version::of(facts)) => Ok(()),
            Self::One(_) => {
                let detail = say::changed_since_seen();
                Err(Error::refused(Rule::Stale, "", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_version_is_that_of_what_is_shown() {
        let (one, other) = (json!({"name": "Care"}), json!({"name": "Care "}));
        assert_eq!(Version::of(&one), Version::named(Version::of(&one).as_str()));
        assert_ne!(Version::of(&one), Version::of(&other));
        assert_eq!(Version::of(&one).as_str().len(), 22);
    }

    #[test]
    fn an_editor_expects_any_version_or_one_of_some() {
        let facts = json!({"name": "Care"});
        let (fits, stale) = (Version::of(&facts), Version::named("x"));
        assert!(Expected::Any.check(&facts).is_ok());
        assert!(Expected::One(vec![stale.clone(), fits]).check(&facts).is_ok());
        for versions in [vec![], vec![stale]] {
            let refused = Expected::One(versions).check(&facts).expect_err("it is another");
            assert!(matches!(&refused, Error::Refused(faults) if faults[0].rule == Rule::Stale), "{refused}");
        }
    }
}
