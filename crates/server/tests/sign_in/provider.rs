//! Signing in at a company's provider: a real one, beside the test.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::{Method, StatusCode};
use reqwest::{Client, redirect};
use rolecall_server::{
    Server,
    auth::{
        limits::{Limits, Profile},
        oidc::{Given, Provider as Listed, Providers},
    },
    public_url::PublicUrl,
};
use rolecall_testkit::{CLIENT_ID, CLIENT_SECRET, Provider, Reply, Request, SignedIn, TestApp, each_engine};
use serde_json::{Value, json};
use url::Url;

const ORIGIN: &str = "https://rolecall.example";
const CALLBACK: &str = "https://rolecall.example/console/oidc/callback";
const COOKIE: &str = "__Host-rolecall-provider";

fn person() -> Value {
    json!({"email": "ann@acme.example", "email_verified": true})
}

/// The server once more, with this provider for its account.
fn with_provider(app: TestApp, issuer: &str) -> TestApp {
    let mut app = app;
    app.set_clock_to_now();
    let listed = Listed {
        account: app.tenant.account.account_id.clone(),
        name: "Acme Login".to_owned(),
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Given(String::new()),
    };
    let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
    let providers = Providers::new(vec![(listed, CLIENT_SECRET.to_owned().into())]).expect("providers");
    app.server = Arc::new(Server { public_url: PublicUrl::parse(ORIGIN).ok(), providers, ..server });
    app
}

/// Begins to sign in: where that leads, and what the browser keeps meanwhile.
async fn start(app: &TestApp, query: &str) -> (Url, SignedIn) {
    let reply = app.send(Request::new(Method::GET, &format!("/console/oidc/start{query}"))).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let cookie = reply.cookie(COOKIE).expect("a cookie");
    (Url::parse(reply.location()).expect("a URL"), SignedIn { cookie })
}

/// Goes through the provider as a browser does, which keeps `cookies`; where it leads back to.
async fn through(url: Url, cookies: &mut BTreeMap<String, String>) -> String {
    let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().expect("a client");
    let mut url = url;
    for _ in 0..12 {
        let kept: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = client.get(url.clone()).header("cookie", kept.join("; ")).send().await.expect("it answers");
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a pair");
            // One that is taken back is so for another path, which nobody goes to any more.
            if !value.is_empty() {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.headers().get("location").expect("it leads on").to_str().expect("text").to_owned();
        url = url.join(&location).expect("a URL");
        if url.as_str().starts_with(CALLBACK) {
            return url[url::Position::BeforePath..].to_owned();
        }
    }
    unreachable!("the provider leads in circles");
}

async fn back(app: &TestApp, kept: &SignedIn, path: &str) -> Reply {
    app.send(Request::new(Method::GET, path).header("cookie", &kept.cookie)).await
}

/// The whole way.
async fn sign_in(app: &TestApp, query: &str) -> Reply {
    let (url, kept) = start(app, query).await;
    let path = through(url, &mut BTreeMap::new()).await;
    back(app, &kept, &path).await
}

fn is_turned_away(reply: &Reply) -> bool {
    reply.status == StatusCode::UNAUTHORIZED && reply.cookie("__Host-rolecall").is_none()
}

each_engine! {
    async fn a_person_of_the_account_is_let_in_by_its_verified_address(app: TestApp) {
        let Some(provider) = Provider::start(&person(), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["Ann@acme.example"]).await;
        let (url, _) = start(&app, "").await;
        let query: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!((query["response_type"].as_str(), query["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!((query["state"].len(), query["nonce"].len(), query["code_challenge"].len()), (43, 43, 43));

        let reply = sign_in(&app, "?next=/console/account").await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/account"), "{}", reply.body);
        let session = SignedIn { cookie: reply.cookie("__Host-rolecall").expect("a session") };
        let own = app.get_as(&session, "/api/v1/sessions").await.json();
        assert_eq!((&own["emailId"], &own["sessions"][0]["methods"]), (&json!("Ann@acme.example"), &json!(["provider"])));
        let page = app.send(Request::new(Method::GET, "/console/sign-in")).await.body;
        assert!(page.contains("Acme Login"), "{page}");
        assert!(sign_in(&app, "?next=//evil.example").await.location() == "/console");
    }

    async fn an_answer_counts_once_in_the_browser_that_asked_and_for_what_it_asked(app: TestApp) {
        let Some(provider) = Provider::start(&person(), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["ann@acme.example"]).await;
        let (url, kept) = start(&app, "").await;
        let (other_url, other) = start(&app, "").await;
        let path = through(url, &mut BTreeMap::new()).await;
        let nobody = SignedIn { cookie: "a=b".to_owned() };
        assert!(is_turned_away(&back(&app, &nobody, &path).await), "no cookie");
        assert_eq!(back(&app, &kept, &path).await.status, StatusCode::SEE_OTHER);
        assert!(is_turned_away(&back(&app, &kept, &path).await), "a second time");

        // Somebody has a victim's browser bring an answer that was given to another.
        let path = through(other_url, &mut BTreeMap::new()).await;
        assert!(is_turned_away(&back(&app, &kept, &path).await), "another browser");
        assert!(is_turned_away(&back(&app, &other, &path).await), "and that used it up");

        // A code of one question with the state of another: verifier and nonce differ.
        let (one, _) = start(&app, "").await;
        let (two, kept) = start(&app, "").await;
        let state = |url: &Url| url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let path = through(one.clone(), &mut BTreeMap::new()).await.replace(&state(&one), &state(&two));
        assert!(is_turned_away(&back(&app, &kept, &path).await), "a code of another question");

        let (_, kept) = start(&app, "").await;
        for path in ["/console/oidc/callback?code=x&state=nothing", "/console/oidc/callback", "/console/oidc/callback?state="] {
            assert!(is_turned_away(&back(&app, &kept, path).await), "{path}");
        }
        let (url, kept) = start(&app, "").await;
        app.clock.advance_ms(10 * 60_000);
        let late = through(url, &mut BTreeMap::new()).await;
        assert!(is_turned_away(&back(&app, &kept, &late).await), "too late");
    }

    async fn an_answer_that_another_provider_names_itself_in_is_none_of_this_ones(app: TestApp) {
        let Some(provider) = Provider::start(&person(), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["ann@acme.example"]).await;
        for other in ["&iss=https%3A%2F%2Fevil.example", ""] {
            let (url, kept) = start(&app, "").await;
            let path = through(url, &mut BTreeMap::new()).await;
            let (before, _) = path.split_once("&iss=").expect("the provider names itself");
            assert!(is_turned_away(&back(&app, &kept, &format!("{before}{other}")).await), "{other}");
        }
    }

    async fn a_provider_that_speaks_for_another_issuer_is_not_believed(app: TestApp) {
        let Some(provider) = Provider::start(&person(), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer.replace("127.0.0.1", "localhost"));
        let reply = app.send(Request::new(Method::GET, "/console/oidc/start")).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "it is found there, and says to be another");
    }

    async fn nobody_comes_into_being_and_nobody_without_a_verified_address_comes_in(app: TestApp) {
        let mut app = app;
        for (claims, is_let_in) in [
            (json!({"email": "nobody@acme.example", "email_verified": true}), false),
            (json!({"email": "ann@acme.example", "email_verified": false}), false),
            (json!({"email": "ann@acme.example", "email_verified": "true"}), false),
            (json!({"email": "ann@acme.example"}), false),
            (json!({}), false),
            (json!({"email": "eve@acme.example", "email_verified": true}), false),
            (person(), true),
        ] {
            let Some(provider) = Provider::start(&claims, CALLBACK) else { return };
            app = with_provider(app, &provider.issuer);
            if !is_let_in && claims["email"] == json!("nobody@acme.example") {
                app.users(["ann@acme.example", "eve@acme.example"]).await;
                app.db.tamper("UPDATE users SET status = 'not active' WHERE email = 'eve@acme.example'").await;
            }
            let reply = sign_in(&app, "").await;
            assert_eq!(!is_turned_away(&reply), is_let_in, "{claims}");
        }
        assert_eq!(app.entries().await.iter().filter(|entry| entry.event == "Signed In").count(), 1);
    }

    async fn whom_a_provider_means_stays_the_person_that_signed_in_first(app: TestApp) {
        let claims = |subject: &str, email: &str| json!({"sub": subject, "email": email, "email_verified": true});
        let Some(mut provider) = Provider::start(&claims("ann-1", "ann@acme.example"), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["ann@acme.example", "ben@acme.example"]).await;
        let who = async |reply: &Reply| {
            let session = SignedIn { cookie: reply.cookie("__Host-rolecall").expect("a session") };
            app.get_as(&session, "/api/v1/sessions").await.json()["emailId"].as_str().expect("an address").to_owned()
        };
        assert_eq!(who(&sign_in(&app, "").await).await, "ann@acme.example");

        // Another address at the provider is still her; one that is somebody else's here is nobody.
        provider.knows(&claims("ann-1", "ann.nowak@acme.example"));
        assert_eq!(who(&sign_in(&app, "").await).await, "ann@acme.example");
        provider.knows(&claims("ann-1", "ben@acme.example"));
        let reply = sign_in(&app, "").await;
        assert!(is_turned_away(&reply) && reply.body.contains("means somebody else"), "{}", reply.body);

        // The company gave her address to somebody else, who is not her.
        provider.knows(&claims("ann-2", "ann@acme.example"));
        for _ in 0..3 {
            let reply = sign_in(&app, "").await;
            assert!(is_turned_away(&reply) && reply.body.contains("means somebody else"), "{}", reply.body);
        }
        let told: Vec<(String, String)> = app.entries().await.into_iter()
            .filter(|entry| entry.event == "Sign-In Refused")
            .map(|entry| (entry.description, entry.after)).collect();
        let (about_ben, about_ann) = (&told[0], &told[1]);
        assert_eq!(told.len(), 2, "one entry a person, however often it is tried: {told:?}");
        assert!(about_ben.0.contains("ben@acme.example") && about_ann.0.contains("ann@acme.example"), "{told:?}");
        assert!(!format!("{told:?}").contains("ann-"), "no subject is told: {told:?}");

        // Subjects are told apart to the letter.
        provider.knows(&claims("ANN-1", "ann@acme.example"));
        assert!(is_turned_away(&sign_in(&app, "").await));

        // Whoever follows a link made for her is her, and the provider may say anew who that is.
        provider.knows(&claims("ann-2", "ann@acme.example"));
        app.sign_in("ann@acme.example").await;
        assert_eq!(who(&sign_in(&app, "").await).await, "ann@acme.example");
        provider.knows(&claims("ann-1", "ann@acme.example"));
        assert!(is_turned_away(&sign_in(&app, "").await));
    }

    async fn who_was_removed_is_not_let_in_by_what_a_provider_knew_them_by(app: TestApp) {
        let claims = json!({"sub": "ann-1", "email": "ann@acme.example", "email_verified": true});
        let Some(mut provider) = Provider::start(&claims, CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["ann@acme.example"]).await;
        assert_eq!(sign_in(&app, "").await.status, StatusCode::SEE_OTHER);
        let gone = app.delete("/api/public/users", json!({"deleteEmailIds": ["ann@acme.example"]})).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);
        assert!(is_turned_away(&sign_in(&app, "").await));
        // The address is somebody else's from now on, and so is the subject's place.
        app.users(["ann@acme.example"]).await;
        provider.knows(&json!({"sub": "ann-2", "email": "ann@acme.example", "email_verified": true}));
        assert_eq!(sign_in(&app, "").await.status, StatusCode::SEE_OTHER);
    }

    async fn whoever_is_to_show_once_more_who_it_is_is_asked_there_again(app: TestApp) {
        let Some(provider) = Provider::start(&person(), CALLBACK) else { return };
        let app = with_provider(app, &provider.issuer);
        app.users(["ann@acme.example"]).await;
        let mut cookies = BTreeMap::new();
        let (url, kept) = start(&app, "").await;
        let path = through(url, &mut cookies).await;
        assert_eq!(back(&app, &kept, &path).await.status, StatusCode::SEE_OTHER);
        let (url, kept) = start(&app, "?again=1").await;
        assert!(url.query().is_some_and(|query| query.contains("prompt=login") && query.contains("max_age=0")));
        let path = through(url, &mut cookies).await;
        assert_eq!(back(&app, &kept, &path).await.status, StatusCode::SEE_OTHER);
    }

    async fn an_account_without_a_provider_has_none(app: TestApp) {
        let reply = app.send(Request::new(Method::GET, "/console/oidc/start")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        let app = with_provider(app, "http://127.0.0.1:9");
        let other = app.another_tenant().await;
        let path = format!("/console/oidc/start?account={}", other.account.account_id);
        assert_eq!(app.send(Request::new(Method::GET, &path)).await.status, StatusCode::NOT_FOUND);
        let dead = app.send(Request::new(Method::GET, "/console/oidc/start")).await;
        assert_eq!(dead.status, StatusCode::SERVICE_UNAVAILABLE, "nobody answers there");
    }
}
