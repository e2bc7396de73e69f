//! What a page's form sends.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use url::form_urlencoded;

use super::ConsoleError;
use crate::auth::session::is_from_here;

/// The most fields a form may have: a role with all the permissions it may list has fewer.
const MAX_FIELDS: usize = 4_000;

/// The fields of a form, in the order they were sent.
///
/// A form of another site is not read at all: browsers say where a form was sent from.
#[derive(Debug)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The field `name`, without the white space around it; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    /// The field `name` as it was sent, such as a password; empty where there is none.
    pub fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// The values of all fields with that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All fields whose name begins with `prefix`: the rest of the name, and the value.
    pub fn below(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value.as_str())))
    }

    fn parse(body: &[u8]) -> Result<Self, ConsoleError> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().take(MAX_FIELDS + 1).collect();
        if fields.len() > MAX_FIELDS || fields.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(ConsoleError::unreadable());
        }
        Ok(Self(fields))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ConsoleError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ConsoleError> {
        if !is_from_here(request.headers()) {
            return Err(ConsoleError::from_elsewhere());
        }
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(ConsoleError::unreadable());
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| ConsoleError::unreadable())?;
        Self::parse(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_their_order() {
        let form = Form::parse(b"name=+A%26B+&user=u-1&user=u-2&level.Tasks=FULL&secret=+x").unwrap();
        assert_eq!((form.field("name"), form.field("none"), form.exact("secret")), ("A&B", "", " x"));
        assert_eq!(form.all("user").collect::<Vec<_>>(), ["u-1", "u-2"]);
        assert_eq!(form.below("level.").collect::<Vec<_>>(), [("Tasks", "FULL")]);
        assert!(Form::parse(b"name=%00").is_err());
        assert!(Form::parse("a&".repeat(MAX_FIELDS + 1).as_bytes()).is_err());
    }
}
