//! A person's session, as its browser shows it: a cookie that no script can read and no other site can
//! have sent with a form of its own.

use std::{convert::Infallible, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts},
};
use rolecall_control::{
    Ctx,
    sessions::{self, Session},
    sign_in::Visitor,
};
use rolecall_model::authority::AdminPermission;
use rolecall_store::Meter;
use secrecy::{ExposeSecret as _, SecretString};

use super::caller::Denied;
use crate::{Server, layers::Notes};

/// The session's cookie. By the beginning of its name browsers take it only with `Secure`, for this
/// host alone and for all of its paths, so no neighbour can set one (RFC 6265bis, section 4.1.3.2).
pub const COOKIE: &str = "__Host-rolecall";

/// The longest cookie that is looked at. Units: bytes.
const MAX_BYTES: usize = 128;

/// A cookie that lasts as long as its browser runs.
pub fn cookie(name: &str, value: &SecretString) -> HeaderValue {
    let text = format!("{name}={}; Path=/; Secure; HttpOnly; SameSite=Lax", value.expose_secret());
    let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| taken_back(name));
    value.set_sensitive(true);
    value
}

/// The same cookie, taken back.
pub fn taken_back(name: &str) -> HeaderValue {
    let text = format!("{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

/// What the cookie `name` holds. Of two with one name neither counts.
pub fn carried(headers: &HeaderMap, name: &str) -> Option<SecretString> {
    let mut found = None;
    for value in headers.get_all(header::COOKIE) {
        for cookie in value.to_str().unwrap_or_default().split(';') {
            let Some((own, value)) = cookie.trim().split_once('=') else { continue };
            if own == name && (found.replace(value).is_some() || value.is_empty() || value.len() > MAX_BYTES) {
                return None;
            }
        }
    }
    found.map(|value| value.to_owned().into())
}

/// Whether `method` may change something.
pub(crate) fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a page of this server sent the request, as its browser has it: by `Sec-Fetch-Site`, or by
/// `Origin` where a browser is too old for that. Who says neither is no browser, and no page can make
/// a browser say neither.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        None => match (text(header::ORIGIN), text(header::HOST)) {
            (Some(origin), Some(host)) => {
                origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host)
            }
            _ => false,
        },
    }
}

/// The session that the request shows, with the context of its person.
///
/// Errors: [`Denied::NoSession`], [`Denied::Elsewhere`], [`Denied::Permission`], [`Denied::TooMany`].
pub(super) async fn admit(
    parts: &Parts,
    server: &Server,
    notes: &Notes,
    permissions: &'static [AdminPermission],
) -> Result<(Ctx, Arc<Session>), Denied> {
    let token = carried(&parts.headers, COOKIE).ok_or(Denied::NoSession)?;
    let found = sessions::find(&server.core, &server.gate.settings, notes.meter(), &token).await?;
    let session = found.ok_or(Denied::NoSession)?;
    if is_unsafe(&parts.method) && !is_from_here(&parts.headers) {
        return Err(Denied::Elsewhere);
    }
    notes.person(session.account);
    if !session.person.powers.has_any(permissions) {
        return Err(Denied::Permission(permissions));
    }
    let verdict = server.limits.check(session.account, server.core.clock.now());
    notes.limits(verdict.headers());
    if let Some(window) = verdict.breach {
        return Err(Denied::TooMany(window));
    }
    let roster = server.rosters.fresh(&server.core, session.account).await;
    let ctx = Ctx::of_person(&server.core, Arc::clone(&session.person), notes.meter().clone());
    Ok((Ctx { roster, ..ctx }, Arc::new(session)))
}

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Who stands at the door, before anybody knows who it is.
#[derive(Debug)]
pub struct Stranger {
    /// What the database did for this request.
    pub meter: Meter,
    /// The session's token, if it shows one.
    pub token: Option<SecretString>,
    address: Option<IpAddr>,
    agent: String,
}

impl Stranger {
    /// The same, as far as that matters to who is let in.
    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { address: self.address, agent: &self.agent }
    }
}

impl FromRequestParts<Arc<Server>> for Stranger {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Infallible> {
        let notes = parts.extensions.get::<Notes>().cloned().unwrap_or_default();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        Ok(Self {
            meter: notes.meter().clone(),
            token: carried(&parts.headers, COOKIE),
            address: address(parts, server.is_behind_proxy),
            agent: agent.to_owned(),
        })
    }
}

/// Where a request comes from: the other end of its connection, or behind a proxy what that one wrote
/// last into `X-Forwarded-For`. What stands before that, anybody may have written.
fn address(parts: &Parts, is_behind_proxy: bool) -> Option<IpAddr> {
    if !is_behind_proxy {
        return parts.extensions.get::<Peer>().map(|peer| peer.0);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    forwarded.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_once() {
        let read =
            |cookie: &str| carried(&headers(&[("cookie", cookie)]), COOKIE).map(|t| t.expose_secret().to_owned());
        assert_eq!(read("a=b; __Host-rolecall=abc; c=d").as_deref(), Some("abc"));
        for cookie in
            ["", "__Host-rolecall=", "x__Host-rolecall=a", "__host-rolecall=a", "__Host-rolecall=a; __Host-rolecall=b"]
        {
            assert_eq!(read(cookie), None, "{cookie}");
        }
        assert_eq!(read(&format!("__Host-rolecall={}", "a".repeat(129))), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_over_tls_and_for_no_script() {
        let set = cookie(COOKIE, &"abc".to_owned().into());
        assert_eq!(set, "__Host-rolecall=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
        assert!(set.is_sensitive());
        assert_eq!(taken_back(COOKIE), "__Host-rolecall=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn only_a_page_of_this_server_sends_forms() {
        for (sent, is_ours) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://here"), ("host", "here")], false),
            (&[("origin", "https://here:8443"), ("host", "here:8443")], true),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "https://evil.example"), ("host", "here")], false),
            (&[("origin", "https://here.evil.example"), ("host", "here")], false),
            (&[("origin", "null"), ("host", "here")], false),
            (&[("host", "here")], false),
            (&[], false),
        ] {
            assert_eq!(is_from_here(&headers(sent)), is_ours, "{sent:?}");
        }
    }

    #[test]
    fn an_address_is_that_of_the_connection_or_what_the_proxy_wrote_last() {
        let mut parts = axum::http::Request::new(()).into_parts().0;
        parts.extensions.insert(Peer("192.0.2.1".parse().unwrap()));
        parts.headers = headers(&[("x-forwarded-for", "198.51.100.9, 203.0.113.5")]);
        assert_eq!(address(&parts, false), "192.0.2.1".parse().ok());
        assert_eq!(address(&parts, true), "203.0.113.5".parse().ok());
        parts.headers.append("x-forwarded-for", "2001:db8::1".parse().unwrap());
        assert_eq!(address(&parts, true), "2001:db8::1".parse().ok());
        parts.headers = headers(&[("x-forwarded-for", "192.0.2.7, unknown")]);
        assert_eq!(address(&parts, true), None);
    }
}
