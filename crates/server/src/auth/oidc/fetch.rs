//! Asking a provider: over TLS, of nobody but whom it names, and for no more than it takes.
//!
//! The operator has named the issuer; what that says of itself is not trusted to lead anywhere. A place
//! on this machine or of the cloud's own is asked only if the issuer itself is on this machine.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use reqwest::{
    RequestBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url, form_urlencoded};

use super::Failed;

/// How long a provider may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The longest answer that is read. Units: bytes.
const MAX_BYTES: usize = 512 * 1024;

/// Whether `url` may be asked on behalf of the provider with this issuer.
pub(super) fn may_ask(url: &Url, issuer: &Url) -> bool {
    let Some(host) = url.host() else { return false };
    let is_here = is_this_machine(&host);
    let is_issuer_here = issuer.host().as_ref().is_some_and(is_this_machine);
    let is_web = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let is_fine = match host {
        Host::Domain(_) => true,
        Host::Ipv4(address) => is_fine(IpAddr::V4(address)) || is_here,
        Host::Ipv6(address) => is_fine(IpAddr::V6(address)) || is_here,
    };
    is_web && is_plain && is_fine && (!is_here || is_issuer_here)
}

fn is_this_machine<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref() == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether an address is neither this machine nor one at which clouds tell a machine its secrets.
fn is_fine(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            !(address.is_loopback() || address.is_link_local() || address.is_unspecified() || address.is_broadcast())
        }
        IpAddr::V6(address) => !(address.is_loopback() || address.is_unicast_link_local() || address.is_unspecified()),
    }
}

/// Looks names up, and leaves out what a name must not lead to.
#[derive(Debug)]
struct Guard;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let is_local = name.as_str() == "localhost";
            let fine = found.into_iter().filter(move |address| is_local || is_fine(address.ip()));
            let fine: Addrs = Box::new(fine.collect::<Vec<_>>().into_iter());
            Ok(fine)
        })
    }
}

/// What providers are asked with.
#[derive(Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    /// Errors: if this machine has no certificates to check a provider's with.
    pub(super) fn new() -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard))
            .timeout(TIME_LIMIT)
            .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("identity providers cannot be asked: there is no HTTP client")?;
        Ok(Self(client))
    }

    /// What stands at `url`.
    pub(super) async fn get(&self, url: &Url) -> Result<Vec<u8>, Failed> {
        sent(self.0.get(url.clone())).await
    }

    /// The answer to a form, with the client's name and secret in its head if they do not stand in it.
    pub(super) async fn post(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        basic: Option<(&str, &SecretString)>,
    ) -> Result<Vec<u8>, Failed> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.0.post(url.clone()).header("content-type", "application/x-www-form-urlencoded").body(body);
        let request = match basic {
            // Both are form-encoded first (RFC 6749, section 2.3.1).
            Some((id, secret)) => request.basic_auth(encoded(id), Some(encoded(secret.expose_secret()))),
            None => request,
        };
        sent(request).await
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Errors of the client name URLs, and an answer may say anything, so they are told by their kind only.
async fn sent(request: RequestBuilder) -> Result<Vec<u8>, Failed> {
    let mut answer = request
        .header("accept", "application/json")
        .send()
        .await
        .map_err(|error| Failed::Fetch(if error.is_timeout() { "no answer in time" } else { "nobody answers" }))?;
    if answer.status().is_client_error() {
        return Err(Failed::Refused);
    }
    if !answer.status().is_success() {
        return Err(Failed::Fetch("neither yes nor no"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| Failed::Fetch("the connection broke"))? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(Failed::Fetch("too much"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_it_must_not() {
        for (address, fine) in [
            ("192.0.2.1", true),
            ("10.0.0.1", true),
            ("2001:db8::1", true),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("0.0.0.0", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
        ] {
            assert_eq!(is_fine(address.parse().expect("an address")), fine, "{address}");
        }
    }

    #[test]
    fn a_provider_on_this_machine_may_name_places_on_it() {
        let may = |url: &str, issuer: &str| may_ask(&Url::parse(url).expect(url), &Url::parse(issuer).expect(issuer));
        assert!(may("http://127.0.0.1:3000/token", "http://127.0.0.1:3000"));
        assert!(may("http://localhost:3000/token", "http://localhost:3000"));
        assert!(!may("http://169.254.169.254/token", "http://127.0.0.1:3000"));
        assert!(!may("http://id.example/token", "http://127.0.0.1:3000"));
        assert!(may("https://id.example/token", "https://id.example"));
    }
}
