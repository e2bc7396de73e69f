//! Signing in at a company's identity provider: OpenID Connect, the code flow with PKCE (RFC 7636).
//!
//! The operator says in the configuration which provider speaks for which account. From it come two things
//! only: a subject, and a verified e-mail address. Whoever has the address in the account is let in, and is
//! that subject from then on; nobody comes into being.

mod fetch;
pub mod id_token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rolecall_control::sign_in::provider::{Answered, Asked, Said};
use rolecall_model::{json, time::Instant};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use fetch::Client;
use id_token::{About, Expected, Keys, Refused};

/// How long what a provider says of itself is kept. Units: milliseconds.
const KEPT_MS: i64 = 3_600_000;

/// How often at most its keys are fetched for one that is not known. Units: milliseconds.
const LOOK_AGAIN_MS: i64 = 60_000;

/// A provider, as the configuration has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The id of the account it speaks for.
    pub account: String,
    /// What it is called on the page where people sign in.
    pub name: String,
    /// Its issuer: where it says of itself what else there is.
    pub issuer: String,
    /// What it knows this server by.
    pub client_id: String,
    /// The secret it gave this server: `file:PATH` or `env:NAME`.
    pub client_secret: Given,
}

/// A secret of the configuration.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Given(pub String);

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

/// Why nobody came in by way of a provider. For the log: it names no person.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It cannot be reached, or not in time, or says nothing that can be read.
    #[error("the identity provider does not answer as it should: {0}")]
    Fetch(&'static str),
    /// What it says of itself is not of the issuer that was asked.
    #[error("what the identity provider says of itself is of another issuer")]
    OtherIssuer,
    /// What it says of itself does not do.
    #[error("what the identity provider says of itself lacks {0}")]
    Lacks(&'static str),
    /// It refused to say who the person is.
    #[error("the identity provider refused")]
    Refused,
    /// What it said of the person does not count.
    #[error(transparent)]
    IdToken(#[from] Refused),
}

/// What a provider says of itself (OpenID Connect Discovery 1.0).
#[derive(Clone, Debug)]
struct Discovered {
    authorization: Url,
    token: Url,
    keys: Url,
    /// Whether it says with each answer that it was it who gave it (RFC 9207).
    names_itself: bool,
    takes_post: bool,
}

#[derive(Debug, Default)]
struct Known {
    discovered: Option<(Instant, Discovered)>,
    keys: Option<(Instant, Arc<Keys>)>,
}

/// The providers there are, and what is known of them.
///
/// Concurrency: shared by all requests; the lock is held for a look, never while something is fetched.
#[derive(Debug, Default)]
pub struct Providers {
    listed: Vec<(Provider, SecretString)>,
    client: Option<Client>,
    known: Mutex<HashMap<String, Known>>,
}

impl Providers {
    /// These providers, with their secrets.
    ///
    /// Errors: an issuer that is no URL to be asked, or no client to ask it with.
    pub fn new(listed: Vec<(Provider, SecretString)>) -> anyhow::Result<Self> {
        for (provider, _) in &listed {
            let url = Url::parse(&provider.issuer).ok().filter(|url| fetch::may_ask(url, url));
            anyhow::ensure!(
                url.is_some(),
                "the issuer {} of an identity provider must begin with https:// (http:// only for 127.0.0.1 and localhost)",
                provider.issuer
            );
        }
        let client = if listed.is_empty() { None } else { Some(Client::new()?) };
        Ok(Self { listed, client, known: Mutex::default() })
    }

    /// The account and name of each.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.listed.iter().map(|(provider, _)| (provider.account.as_str(), provider.name.as_str()))
    }

    /// The provider that speaks for the account with id `account`; without one, the only one there is.
    pub fn of(&self, account: Option<&str>) -> Option<&Provider> {
        let mut fitting = self.listed.iter().filter(|(own, _)| account.is_none_or(|account| own.account == account));
        let (first, _) = fitting.next()?;
        (account.is_some() || fitting.next().is_none()).then_some(first)
    }

    /// Where a browser goes to sign in.
    pub async fn place(
        &self,
        provider: &Provider,
        asked: &Asked,
        callback: &str,
        is_again: bool,
        now: Instant,
    ) -> Result<Url, Failed> {
        let mut url = self.discover(provider, now).await?.authorization;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, asked.verifier.expose_secret().as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid email")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", callback)
            .append_pair("state", asked.state.expose_secret())
            .append_pair("nonce", &asked.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if is_again {
            url.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        }
        Ok(url)
    }

    /// Who came back with `code`. `said` is the issuer that the answer names.
    pub async fn who(
        &self,
        answered: &Answered,
        code: &str,
        said: Option<&str>,
        callback: &str,
        now: Instant,
    ) -> Result<Said, Failed> {
        let question = &answered.question;
        let listed = self.listed.iter();
        let mut own = listed.filter(|(own, _)| own.account == question.account_id && own.issuer == question.issuer);
        let (provider, secret) = own.next().ok_or(Failed::OtherIssuer)?;
        let discovered = self.discover(provider, now).await?;
        // An answer that another provider gave must not be taken for this one's.
        if said.is_some_and(|said| said != provider.issuer) || (discovered.names_itself && said.is_none()) {
            return Err(Failed::OtherIssuer);
        }
        let token = self.exchange(provider, secret, &discovered, answered, code, callback).await?;
        let keys = self.keys(provider, &discovered, id_token::key_id(&token).as_deref(), now).await?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &provider.client_id,
            nonce: &answered.nonce,
            again_since: question.is_again.then_some(answered.asked_at),
            now,
        };
        let About { subject, email } = id_token::verify(&token, &keys, &expected)?;
        Ok(Said { issuer: provider.issuer.clone(), subject, email })
    }

    async fn exchange(
        &self,
        provider: &Provider,
        secret: &SecretString,
        discovered: &Discovered,
        answered: &Answered,
        code: &str,
        callback: &str,
    ) -> Result<String, Failed> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("code_verifier", answered.verifier.expose_secret()),
        ];
        let basic = (!discovered.takes_post).then_some((provider.client_id.as_str(), secret));
        if discovered.takes_post {
            form.push(("client_id", &provider.client_id));
            form.push(("client_secret", secret.expose_secret()));
        }
        let answer = self.client()?.post(&discovered.token, &form, basic).await?;
        let token = object(&answer).and_then(|answer| answer.get("id_token")?.as_str().map(str::to_owned));
        token.ok_or(Failed::Lacks("an ID token"))
    }

    fn client(&self) -> Result<&Client, Failed> {
        self.client.as_ref().ok_or(Failed::Fetch("there is none"))
    }

    async fn discover(&self, provider: &Provider, now: Instant) -> Result<Discovered, Failed> {
        if let Some((at, known)) = self.known(&provider.issuer, |known| known.discovered.clone())
            && now < at.plus_ms(KEPT_MS)
        {
            return Ok(known);
        }
        let base = provider.issuer.trim_end_matches('/');
        let url = Url::parse(&format!("{base}/.well-known/openid-configuration"));
        let url = url.map_err(|_| Failed::Fetch("its address is none"))?;
        let document = self.client()?.get(&url).await?;
        let document = object(&document).ok_or(Failed::Fetch("no JSON"))?;
        let found = read(&document, &provider.issuer)?;
        self.note(&provider.issuer, |known| known.discovered = Some((now, found.clone())));
        Ok(found)
    }

    async fn keys(
        &self,
        provider: &Provider,
        discovered: &Discovered,
        key_id: Option<&str>,
        now: Instant,
    ) -> Result<Arc<Keys>, Failed> {
        if let Some((at, keys)) = self.known(&provider.issuer, |known| known.keys.clone()) {
            let is_there = key_id.is_none_or(|key_id| keys.has(key_id));
            if now < at.plus_ms(if is_there { KEPT_MS } else { LOOK_AGAIN_MS }) {
                return Ok(keys);
            }
        }
        let document = self.client()?.get(&discovered.keys).await?;
        let keys = Arc::new(Keys::parse(&document).ok_or(Failed::Lacks("keys"))?);
        self.note(&provider.issuer, |known| known.keys = Some((now, Arc::clone(&keys))));
        Ok(keys)
    }

    fn known<T>(&self, issuer: &str, look: impl FnOnce(&Known) -> Option<T>) -> Option<T> {
        // Nothing panics while it holds the lock.
        look(self.known.lock().unwrap_or_else(PoisonError::into_inner).get(issuer)?)
    }

    fn note(&self, issuer: &str, write: impl FnOnce(&mut Known)) {
        write(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(issuer.to_owned()).or_default());
    }
}

fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match json::parse(bytes) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// What the document says, if it is the issuer's own and its endpoints may be asked.
fn read(document: &Map<String, Value>, issuer: &str) -> Result<Discovered, Failed> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if text("issuer") != Some(issuer) {
        return Err(Failed::OtherIssuer);
    }
    let own = Url::parse(issuer).map_err(|_| Failed::OtherIssuer)?;
    let url = |name: &'static str| {
        let url = text(name).and_then(|url| Url::parse(url).ok()).filter(|url| fetch::may_ask(url, &own));
        url.ok_or(Failed::Lacks(name))
    };
    let lists = |name: &str, word: &str| {
        let words = document.get(name).and_then(Value::as_array);
        words.map(|words| words.iter().any(|own| own.as_str() == Some(word)))
    };
    if lists("code_challenge_methods_supported", "S256") == Some(false) {
        return Err(Failed::Lacks("PKCE with S256"));
    }
    let takes_basic = lists("token_endpoint_auth_methods_supported", "client_secret_basic").unwrap_or(true);
    Ok(Discovered {
        authorization: url("authorization_endpoint")?,
        token: url("token_endpoint")?,
        keys: url("jwks_uri")?,
        names_itself: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        takes_post: !takes_basic,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "issuer": "https://id.example", "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://api.id.example/token", "jwks_uri": "https://id.example/jwks",
        })
    }

    fn read_with(name: &str, value: Value) -> Result<Discovered, Failed> {
        let mut document = document();
        document[name] = value;
        read(document.as_object().expect("an object"), "https://id.example")
    }

    #[test]
    fn what_a_provider_says_of_itself_is_its_own_and_leads_to_places_that_may_be_asked() {
        let found = read_with("x", json!(1)).expect("it does");
        assert!(!found.names_itself && !found.takes_post);
        for (name, value) in [
            ("issuer", json!("https://id.example/")),
            ("issuer", json!("https://evil.example")),
            ("token_endpoint", json!("http://id.example/token")),
            ("token_endpoint", json!("http://127.0.0.1/token")),
            ("token_endpoint", json!("https://127.0.0.1/token")),
            ("token_endpoint", json!("https://169.254.169.254/token")),
            ("token_endpoint", json!("https://[::1]/token")),
            ("token_endpoint", json!("https://localhost/token")),
            ("token_endpoint", json!("https://a:b@id.example/token")),
            ("jwks_uri", json!("file:///etc/passwd")),
            ("jwks_uri", json!(7)),
            ("authorization_endpoint", json!("javascript:alert(1)")),
            ("code_challenge_methods_supported", json!(["plain"])),
        ] {
            assert!(read_with(name, value.clone()).is_err(), "{name}: {value}");
        }
        let post = read_with("token_endpoint_auth_methods_supported", json!(["client_secret_post"]));
        assert!(post.expect("it does").takes_post);
    }

    #[test]
    fn each_account_has_its_own_provider() {
        let provider = |account: &str| Provider {
            account: account.to_owned(),
            name: "Company".to_owned(),
            issuer: "https://id.example".to_owned(),
            client_id: "rolecall".to_owned(),
            client_secret: Given("secret".to_owned()),
        };
        let of = |accounts: &[&str]| {
            let listed = accounts.iter().map(|account| (provider(account), "secret".to_owned().into()));
            Providers::new(listed.collect()).expect("providers")
        };
        assert_eq!(of(&["a"]).of(None).expect("the only one").account, "a");
        assert!(of(&["a", "b"]).of(None).is_none() && of(&[]).of(None).is_none());
        assert_eq!(of(&["a", "b"]).of(Some("b")).expect("its own").account, "b");
        assert!(of(&["a", "b"]).of(Some("c")).is_none());
        assert!(!format!("{:?}", of(&["a"])).contains("secret\""));
    }
}
