//! Call-backs: telling whoever asked for an erasure how far it is.
//!
//! A call-back was written in the transaction of the change it tells of, so none is lost; it may come
//! twice. It goes to hosts the operator has listed and nowhere else, follows no redirect and takes no
//! proxy from the environment, so that nobody can have this server knock on doors of their choice.

use std::{net::IpAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use reqwest::{Client, redirect};
use rolecall_control::Core;
use rolecall_erasure::receipt::{self, Signer};
use rolecall_model::{phrase::quoted, problem::Problem, time::Instant};
use rolecall_store::{
    Error as StoreError, Meter, Tx, attempt,
    erasures::{
        Sealed,
        callbacks::{self, Callback},
    },
};
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;
use url::{Host, Url};

use crate::say;

/// The longest URL that may be called back. Units: bytes.
const MAX_URL_BYTES: usize = 2_048;

/// How long a receiver may take to answer.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How long a call-back is ours once claimed: longer than any delivery. Units: milliseconds.
const CLAIM_MS: i64 = 60_000;

/// How long after the first failure it is tried again; each further failure doubles it. Units:
/// milliseconds.
const FIRST_PAUSE_MS: i64 = 15_000;

/// The longest time between two attempts. Units: milliseconds.
const LONGEST_PAUSE_MS: i64 = 6 * 3_600_000;

/// After how long it is given up. Units: milliseconds.
const GIVEN_UP_AFTER_MS: i64 = 3 * 24 * 3_600_000;

/// How many are under way at once.
const MAX_AT_ONCE: i64 = 16;

/// Which hosts may be called back, as the configuration lists them: `host`, or `host:port` for another
/// port than the scheme's own.
#[derive(Clone, Debug, Default)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// These hosts, in any case of letters.
    pub fn new(hosts: &[String]) -> Self {
        Self(hosts.iter().map(|host| host.trim().to_lowercase()).collect())
    }

    /// Whether there is anybody to call back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a URL to be called back. `path` is where it stands.
    ///
    /// Errors: a URL that may not be called back, with the way to allow it where there is one.
    pub fn parse(&self, text: &str, path: &str) -> Result<Url, Problem> {
        let problem = |detail| Problem::new(path, detail);
        if text.len() > MAX_URL_BYTES {
            return Err(problem(say::at_most_bytes(MAX_URL_BYTES)));
        }
        let url = Url::parse(text).map_err(|_| problem(say::must_be_url()))?;
        let host = url.host().ok_or_else(|| problem(say::must_name_host()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem(say::no_user_in_url()));
        }
        if url.fragment().is_some() {
            return Err(problem(say::no_fragment_in_url()));
        }
        if is_link_local(&host) {
            return Err(problem(say::no_link_local()));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&host) => {}
            _ => return Err(problem(say::must_be_https())),
        }
        let place = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        if self.0.contains(&place) { Ok(url) } else { Err(problem(say::host_not_allowed(quoted(&place)))) }
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Addresses at which clouds tell a machine its secrets.
fn is_link_local(host: &Host<&str>) -> bool {
    let address = match host {
        Host::Domain(_) => return false,
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(*address), IpAddr::V4),
    };
    match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_unspecified(),
        IpAddr::V6(address) => address.is_unicast_link_local() || address.is_unspecified(),
    }
}

/// Delivers call-backs.
pub struct Courier {
    core: Arc<Core>,
    hosts: Hosts,
    client: Client,
}

impl Courier {
    /// One that calls `hosts` back.
    ///
    /// Errors: if this machine has no certificates to check a receiver's with.
    pub fn new(core: Arc<Core>, hosts: Hosts) -> anyhow::Result<Arc<Self>> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(TIME_LIMIT)
            .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("call-backs cannot be delivered: there is no HTTP client")?;
        Ok(Arc::new(Self { core, hosts, client }))
    }

    /// Delivers what is due, some at once; how many were claimed.
    pub async fn round(self: &Arc<Self>) -> anyhow::Result<usize> {
        let claimed = self.claim().await?;
        if claimed.is_empty() {
            return Ok(0);
        }
        let signer = Arc::new(receipt::signer(&self.core).await?);
        let n_claimed = claimed.len();
        let mut under_way = JoinSet::new();
        for callback in claimed {
            let (courier, signer) = (Arc::clone(self), Arc::clone(&signer));
            under_way.spawn(async move { courier.work(&signer, &callback).await });
        }
        while let Some(done) = under_way.join_next().await {
            done??;
        }
        Ok(n_claimed)
    }

    async fn claim(&self) -> Result<Vec<Callback>, StoreError> {
        let now = self.core.clock.now();
        // Most rounds find nothing, and looking alone locks nobody out.
        let due = callbacks::due(&mut self.core.db.glance(&Meter::default()).await?, now, MAX_AT_ONCE).await?;
        if due.is_empty() {
            return Ok(due);
        }
        attempt!(self.core.db.attempts(&Meter::default()), |tx| claim(tx, &due, now.plus_ms(CLAIM_MS)))
    }

    async fn work(&self, signer: &Signer, callback: &Callback) -> Result<(), StoreError> {
        let request = callback.erasure_id.as_str();
        let (now, attempts) = (self.core.clock.now(), callback.attempts);
        let next = match self.deliver(signer, callback).await {
            Ok(()) => {
                tracing::debug!(erasure.id = request, "a call-back of request {request} was delivered");
                None
            }
            Err(why) if why.is_final || now >= callback.made_at.plus_ms(GIVEN_UP_AFTER_MS) => {
                let why = why.text;
                tracing::warn!(erasure.id = request, attempts, "a call-back of request {request} was given up: {why}");
                None
            }
            Err(why) => {
                let why = why.text;
                tracing::info!(erasure.id = request, attempts, "a call-back of request {request} failed: {why}");
                Some(now.plus_ms(pause_ms(attempts)))
            }
        };
        self.settle(callback, next).await
    }

    /// Puts a call-back off until `next`, or takes it out.
    async fn settle(&self, callback: &Callback, next: Option<Instant>) -> Result<(), StoreError> {
        attempt!(self.core.db.attempts(&Meter::default()), |tx| async {
            match next {
                Some(next) => callbacks::put_off(tx, callback, next).await,
                None => callbacks::remove(tx, callback).await,
            }
        })
    }

    async fn deliver(&self, signer: &Signer, callback: &Callback) -> Result<(), Undelivered> {
        let url = Sealed::CallbackUrl(&callback.erasure_id)
            .open_text(&self.core, &callback.url)
            .map_err(|_| Undelivered::for_good("its URL cannot be opened"))?;
        // The list may have changed since the URL was taken.
        let url = self.hosts.parse(url.expose_secret(), "");
        let url = url.map_err(|_| Undelivered::for_good("its host may not be called back any more"))?;
        let request = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("rolecall-signature", signer.sign_detached(callback.body.as_bytes()))
            .header("rolecall-event-id", format!("{}.{}", callback.erasure_id, callback.no))
            .body(callback.body.clone());
        // Errors of the client name the URL, so they are told by their kind only.
        let answer = request.send().await.map_err(|error| Undelivered::for_now(kind_of(&error)))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(Undelivered::for_now(&format!("status {}", status.as_u16()))) }
    }
}

async fn claim(tx: &mut Tx, due: &[Callback], until: Instant) -> Result<Vec<Callback>, StoreError> {
    let mut claimed = Vec::new();
    for callback in due {
        claimed.extend(callbacks::claim(tx, callback, until).await?);
    }
    Ok(claimed)
}

/// Why a call-back was not delivered. Holds no URL.
struct Undelivered {
    text: String,
    is_final: bool,
}

impl Undelivered {
    fn for_now(text: &str) -> Self {
        Self { text: text.to_owned(), is_final: false }
    }

    fn for_good(text: &str) -> Self {
        Self { text: text.to_owned(), is_final: true }
    }
}

fn kind_of(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "nobody answers"
    } else {
        "the connection broke"
    }
}

/// How long to wait after attempt number `attempts` failed. Units: milliseconds.
fn pause_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or_default();
    FIRST_PAUSE_MS.saturating_mul(1_i64 << doublings).min(LONGEST_PAUSE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let listed = [
            "Hooks.example",
            "other.example:8443",
            "127.0.0.1:9",
            "[::1]:9",
            "localhost",
            "169.254.169.254",
            "10.0.0.1",
        ];
        Hosts::new(&listed.map(str::to_owned))
    }

    #[test]
    fn a_listed_host_may_be_called_back() {
        for url in [
            "https://hooks.example/erased?from=rolecall",
            "https://HOOKS.example:443/",
            "https://other.example:8443/",
            "http://127.0.0.1:9/",
            "http://[::1]:9/",
            "http://localhost/",
            "https://10.0.0.1/",
        ] {
            assert!(hosts().parse(url, "/callbackUrl").is_ok(), "{url}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_way_to_allow_it_where_there_is_one() {
        let scheme = "must begin with https:// (http:// only for 127.0.0.1 and localhost)";
        let listed = |place: &str| {
            format!(
                "is not of a host that may be called back; the operator allows it with {place:?} in callback_hosts under \
                 [erasure] of the configuration"
            )
        };
        for (url, told) in [
            ("", "must be a URL, such as https://hooks.example/erased".to_owned()),
            ("/erased", "must be a URL, such as https://hooks.example/erased".to_owned()),
            ("mailto:ana@x.example", "must name a host".to_owned()),
            ("http://hooks.example/", scheme.to_owned()),
            ("ftp://hooks.example/", scheme.to_owned()),
            ("https://ana@hooks.example/", "must not hold a user or a password".to_owned()),
            ("https://:secret@hooks.example/", "must not hold a user or a password".to_owned()),
            ("https://hooks.example/#top", "must not end in a fragment".to_owned()),
            ("https://169.254.169.254/latest", "must not be a link-local address".to_owned()),
            ("https://[::ffff:169.254.169.254]/", "must not be a link-local address".to_owned()),
            ("https://[fe80::1]/", "must not be a link-local address".to_owned()),
            ("http://0.0.0.0/", "must not be a link-local address".to_owned()),
            ("https://hooks.example:8443/", listed("hooks.example:8443")),
            ("https://other.example/", listed("other.example")),
            ("https://hooks.example.evil.example/", listed("hooks.example.evil.example")),
            ("http://127.0.0.1/", listed("127.0.0.1")),
            // The same address in other digits is not another one.
            ("http://2130706433/", listed("127.0.0.1")),
        ] {
            let problem = hosts().parse(url, "/callbackUrl").expect_err(url);
            assert_eq!((problem.path.as_str(), problem.detail.to_string()), ("/callbackUrl", told), "{url}");
        }
        let long = format!("https://hooks.example/{}", "a".repeat(MAX_URL_BYTES));
        assert_eq!(hosts().parse(&long, "").expect_err("too long").detail.to_string(), "must have at most 2048 bytes");
        assert!(Hosts::default().parse("https://hooks.example/", "").is_err(), "nobody is listed");
    }

    #[test]
    fn pauses_double_up_to_six_hours() {
        assert_eq!(
            [1, 2, 3, 11, 12, i64::MAX].map(pause_ms),
            [15_000, 30_000, 60_000, 15_360_000, 21_600_000, 21_600_000]
        );
    }
}
