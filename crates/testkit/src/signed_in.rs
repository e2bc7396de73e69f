//! People who signed in, by the door that everybody takes.

use axum::http::{HeaderValue, Method, StatusCode};
use rolecall_control::sign_in;
use secrecy::ExposeSecret as _;

use crate::{Reply, Request, Tenant, TestApp};

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A person with a session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The cookie, as its browser sends it.
    pub cookie: String,
}

impl TestApp {
    /// Signs a user of the account in: with a one-time link the first time, afterwards with the password
    /// that was set with it.
    pub async fn sign_in(&self, email: &str) -> SignedIn {
        self.sign_in_to(&self.tenant, email).await
    }

    /// Forgets who has set a password: whoever signs in next is another person, perhaps with the same address.
    pub fn forget_passwords(&self) {
        self.passwords.lock().expect("nobody panics here").clear();
    }

    /// The same for another account.
    pub async fn sign_in_to(&self, tenant: &Tenant, email: &str) -> SignedIn {
        let account = &tenant.account.account_id;
        let is_first = self.passwords.lock().expect("nobody panics here").insert(format!("{account} {email}"));
        let reply = if is_first {
            let link =
                sign_in::make_link_by_email(&self.operator_of(tenant), email).await.expect("there is such a user");
            let path = format!("/console/set-up/{}", link.token.expose_secret());
            self.send(Request::form(&path, &[("new", PASSWORD), ("again", PASSWORD)])).await
        } else {
            let fields = [("account", account.as_str()), ("email", email), ("password", PASSWORD)];
            self.send(Request::form("/console/sign-in", &fields)).await
        };
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        SignedIn { cookie: reply.cookie("__Host-rolecall").expect("a cookie") }
    }

    /// GET `path` as `person`.
    pub async fn get_as(&self, person: &SignedIn, path: &str) -> Reply {
        self.send(Request::new(Method::GET, path).person(person)).await
    }

    /// Sends a form to `path` as `person`.
    pub async fn form_as(&self, person: &SignedIn, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(Request::form(path, fields).person(person)).await
    }
}

impl Request {
    /// A form as a page of this server sends it.
    pub fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self::new(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .bytes(body.into_bytes())
    }

    /// By a person, from a page of this server.
    #[must_use]
    pub fn person(mut self, person: &SignedIn) -> Self {
        self.0.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        self.header("cookie", &person.cookie)
    }
}

impl Reply {
    /// The cookie `name` that it sets, as a browser would send it back; none for one it takes back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut pairs = set.filter_map(|cookie| cookie.split(';').next());
        let pair = pairs.find(|pair| pair.split_once('=').is_some_and(|(own, value)| own == name && !value.is_empty()));
        pair.map(str::to_owned)
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|location| location.to_str().ok()).unwrap_or_default()
    }
}
