//! What this server is called from outside.

use axum::http::{HeaderMap, header};
use url::Url;

/// The server's URL as its callers know it: a scheme, a host, and a port if it is not the scheme's own.
///
/// It comes from the configuration. A request says in its `Host` what its sender likes, so no address in
/// an answer is ever made of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a URL with a scheme and a host and nothing behind, such as \"https://rolecall.example\"")]
pub struct NotPublic;

impl PublicUrl {
    /// Reads a URL. A slash at its end does not matter.
    pub fn parse(text: &str) -> Result<Self, NotPublic> {
        let url = Url::parse(text).map_err(|_| NotPublic)?;
        let origin = url.origin().ascii_serialization();
        let is_web = ["http", "https"].contains(&url.scheme());
        // Whatever else there is, a name or a path or a query, shows here.
        if is_web && url.as_str().strip_suffix('/') == Some(origin.as_str()) {
            Ok(Self(origin))
        } else {
            Err(NotPublic)
        }
    }

    /// What addresses begin with that are shown to whoever sent a form: what this server is called from outside,
    /// or, as long as nobody has said that, what their browser calls it: a form counts only if it came from a page
    /// of this server, and the browser says where that was. Nothing if it does not, and the address is a path.
    pub(crate) fn shown(configured: Option<&Self>, headers: &HeaderMap) -> String {
        let origin = || headers.get(header::ORIGIN).and_then(|origin| Self::parse(origin.to_str().ok()?).ok());
        configured.cloned().or_else(origin).map(|url| url.0).unwrap_or_default()
    }

    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_begin_with_what_the_server_is_called_or_else_with_what_the_browser_calls_it() {
        let sent = |origin: &'static str| {
            let headers = [(header::ORIGIN, origin), (header::HOST, "evil.example")];
            headers.map(|(name, value)| (name, value.parse().unwrap())).into_iter().collect::<HeaderMap>()
        };
        let configured = PublicUrl::parse("https://rolecall.example").ok();
        for (origin, with, without) in [
            ("https://10.0.0.1:8443", "https://rolecall.example", "https://10.0.0.1:8443"),
            ("null", "https://rolecall.example", ""),
        ] {
            assert_eq!(PublicUrl::shown(configured.as_ref(), &sent(origin)), with);
            assert_eq!(PublicUrl::shown(None, &sent(origin)), without);
        }
    }

    #[test]
    fn a_public_url_has_a_scheme_and_a_host_and_nothing_behind() {
        for (text, read) in [
            ("https://rolecall.example", "https://rolecall.example"),
            ("HTTPS://Rolecall.Example:443/", "https://rolecall.example"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(PublicUrl::parse(text).expect(text).as_str(), read);
        }
        for text in [
            "",
            "rolecall.example",
            "ftp://rolecall.example",
            "https://",
            "https://rolecall.example/tenant",
            "https://rolecall.example/?",
            "https://rolecall.example/#top",
            "https://ann@rolecall.example",
        ] {
            assert_eq!(PublicUrl::parse(text), Err(NotPublic), "{text}");
        }
    }
}
