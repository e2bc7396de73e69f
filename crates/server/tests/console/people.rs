//! Giving roles and taking them, and helping people to sign in, by the pages' forms alone.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{PASSWORD, Request, SignedIn, TestApp, each_engine, totp};

use crate::office::{AUDITOR, NOBODY, OWNER, Office};

/// Somebody who looks after users and roles, without being able to do everything.
const STEWARD: &str = "jiwoo.choi@aurora-air.example";

/// Where the first thing is that a list finds.
async fn find(office: &Office, list: &str, q: &str) -> String {
    let page = office.page(&format!("/console/{list}?q={q}")).await;
    let start = format!("href=\"/console/{list}/");
    let rest = page.split(&start).find(|rest| !rest.starts_with("<!doctype")).expect("something is found");
    format!("/console/{list}/{}", rest.split_once('"').expect("it ends").0)
}

/// What a form that takes a role away sends.
const FIELDS: [&str; 5] = ["type", "role_id", "bot_id", "user_id", "do"];

/// The fields of each form on a page that takes a role away.
fn takes(page: &str) -> Vec<Vec<(&str, &str)>> {
    let forms = page.split("<form").filter(|form| form.contains("value=\"take\""));
    forms
        .map(|form| {
            let named = form.split("name=\"").skip(1);
            let fields = named.filter_map(|rest| rest.split_once("\" value=\""));
            fields.filter(|(name, _)| FIELDS.contains(name)).map(|(name, rest)| (name, until(rest))).collect()
        })
        .collect()
}

fn until(text: &str) -> &str {
    text.split_once('"').expect("it ends").0
}

/// What stands in the element with the id `link`.
fn link(page: &str) -> &str {
    page.split_once("id=\"link\">").and_then(|(_, rest)| rest.split_once('<')).expect("a link").0
}

async fn done(office: &Office, path: &str, fields: &[(&str, &str)], leads: &str) {
    let reply = office.send(path, fields).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, leads), "{fields:?}: {}", reply.body);
}

async fn refused(office: &Office, path: &str, fields: &[(&str, &str)], status: StatusCode) {
    assert_eq!(office.send(path, fields).await.status, status, "{path} {fields:?}");
}

each_engine! {
    async fn roles_are_given_to_users_and_groups_and_taken_again(app: TestApp) {
        let office = Office::of(app).await;
        let user = find(&office, "users", "mateo").await;
        let group = find(&office, "groups", "audit").await;
        for (path, at) in [(&user, "held"), (&group, "gives")] {
            let (roles, leads) = (format!("{path}/roles"), format!("{path}#{at}"));
            let before = office.page(path).await;
            assert!(before.contains("list=\"admin-roles\"") && before.contains("<option value=\"Booking Desk\">"), "{before}");
            let n_before = takes(&before).len();
            let give = [("type", "admin"), ("role", "access steward"), ("do", "give")];
            done(&office, &roles, &give, &leads).await;
            let give = [("type", "bot"), ("role", "Release Manager"), ("bot", "crew helper"), ("do", "give")];
            done(&office, &roles, &give, &leads).await;
            done(&office, &roles, &give, &leads).await;
            let after = office.page(path).await;
            assert!(after.contains("<bdi>Access Steward</bdi>") && after.contains("<bdi>Crew Helper</bdi>"), "{after}");
            let all = takes(&after);
            assert_eq!(all.len(), n_before + 2, "what is held already is not held twice");
            for fields in all {
                done(&office, &roles, &fields, &leads).await;
            }
            assert!(takes(&office.page(path).await).is_empty());
        }
    }

    async fn roles_on_a_bot_are_given_and_taken_on_its_page(app: TestApp) {
        let office = Office::of(app).await;
        let bot = find(&office, "bots", "hr").await;
        let (roles, leads) = (format!("{bot}/roles"), format!("{bot}#holders"));
        let n_before = takes(&office.page(&bot).await).len();
        for who in [NOBODY, "Care Tokyo"] {
            let give = [("type", "bot"), ("role", "Release Manager"), ("who", who), ("do", "give")];
            done(&office, &roles, &give, &leads).await;
        }
        let page = office.page(&bot).await;
        assert!(page.contains(NOBODY) && page.contains("<bdi>Care Tokyo</bdi>"), "{page}");
        let all = takes(&page);
        assert_eq!(all.len(), n_before + 1, "what comes by way of a group is not taken from its members");
        for fields in all {
            done(&office, &roles, &fields, &leads).await;
        }
        let page = office.page(&bot).await;
        assert!(takes(&page).is_empty() && !page.contains(NOBODY), "{page}");
    }

    async fn what_nobody_has_is_neither_given_nor_taken(app: TestApp) {
        let office = Office::of(app).await;
        let (user, bot) = (find(&office, "users", "mateo").await, find(&office, "bots", "hr").await);
        for (path, fields) in [
            (&user, vec![("type", "admin"), ("role", "No such"), ("do", "give")]),
            (&user, vec![("type", "bot"), ("role", "Release Manager"), ("bot", "No such"), ("do", "give")]),
            (&user, vec![("type", "bot"), ("role", "Release Manager"), ("do", "give")]),
            (&user, vec![("type", "admin"), ("role", "Audit Reader"), ("do", "lend")]),
            (&user, vec![("type", "none"), ("role", "Audit Reader"), ("do", "give")]),
            (&user, vec![("type", "bot"), ("role", "Bot Owner"), ("bot", "HR Answers"), ("do", "give")]),
            (&bot, vec![("type", "bot"), ("role", "Release Manager"), ("who", "no@such.example"), ("do", "give")]),
            (&bot, vec![("type", "bot"), ("role", "Release Manager"), ("who", "No such"), ("do", "give")]),
            (&bot, vec![("type", "admin"), ("role", "Audit Reader"), ("who", NOBODY), ("do", "give")]),
        ] {
            refused(&office, &format!("{path}/roles"), &fields, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    }

    async fn nobody_is_offered_or_given_more_than_they_hold(app: TestApp) {
        let mut office = Office::of(app).await;
        let user = find(&office, "users", "mateo").await;
        let (owner, master) = (find(&office, "users", "ingrid").await, find(&office, "users", "junho").await);
        assert!(takes(&office.page(&owner).await).is_empty(), "the owner keeps what it is");

        office.hand_over(STEWARD).await;
        let roles = format!("{user}/roles");
        let page = office.page(&user).await;
        assert!(page.contains("<option value=\"Access Steward\">") && page.contains("/sign-in\""), "{page}");
        for role in ["admin", "Audit Reader"] {
            assert!(!page.contains(&format!("<option value=\"{role}\">")), "{role}: {page}");
            let give = [("type", "admin"), ("role", role), ("do", "give")];
            refused(&office, &roles, &give, StatusCode::FORBIDDEN).await;
        }
        let page = office.page(&master).await;
        assert!(takes(&page).is_empty() && page.contains("/sign-in\""), "its sessions can be ended: {page}");
        let take = [("type", "admin"), ("role", "admin"), ("do", "take")];
        refused(&office, &format!("{master}/roles"), &take, StatusCode::FORBIDDEN).await;
        let page = office.page(&format!("{master}/sign-in")).await;
        assert!(!page.contains("/sign-in-link\""), "{page}");
        refused(&office, &format!("{master}/sign-in-link"), &[], StatusCode::FORBIDDEN).await;
        refused(&office, &format!("{master}/generator/remove"), &[], StatusCode::FORBIDDEN).await;

        office.hand_over(AUDITOR).await;
        for path in [&user, &find(&office, "groups", "audit").await, &find(&office, "bots", "hr").await] {
            let page = office.page(path).await;
            assert!(!page.contains("name=\"do\"") && !page.contains("/sign-in\""), "{page}");
            let give = [("type", "bot"), ("role", "Bot Tester"), ("bot", "HR Answers"), ("who", NOBODY), ("do", "give")];
            refused(&office, &format!("{path}/roles"), &give, StatusCode::FORBIDDEN).await;
        }
        assert_eq!(office.get(&format!("{user}/sign-in")).await.status, StatusCode::FORBIDDEN);
        refused(&office, &format!("{user}/sign-in-link"), &[], StatusCode::FORBIDDEN).await;
        refused(&office, &format!("{user}/sessions/end"), &[], StatusCode::FORBIDDEN).await;
    }

    async fn a_link_is_shown_once_and_lets_its_user_in(app: TestApp) {
        let office = Office::of(app).await;
        let user = find(&office, "users", "mateo").await;
        let before = office.page(&format!("{user}/sign-in")).await;
        assert!(before.contains("Nowhere."), "{before}");
        let made = office.send(&format!("{user}/sign-in-link"), &[]).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        assert_eq!(made.headers["cache-control"], "no-store");
        let path = link(&made.body);
        assert!(path.starts_with("/console/set-up/"), "nobody has said what the server is called: {path}");
        assert!(!office.page(&format!("{user}/sign-in")).await.contains(path));

        let again = Request::form(&format!("{user}/sign-in-link"), &[]).person(&office.person);
        let again = office.app.send(again.header("origin", "https://console.example")).await;
        let (origin, path) = link(&again.body).split_at("https://console.example".len());
        assert_eq!(origin, "https://console.example", "where the page of whoever asks is");
        let first = office.app.send(Request::new(Method::GET, link(&made.body))).await;
        assert_eq!(first.status, StatusCode::NOT_FOUND, "there is one link at a time");
        let come = office.app.send(Request::form(path, &[("new", PASSWORD), ("again", PASSWORD)])).await;
        let mateo = SignedIn { cookie: come.cookie("__Host-rolecall").expect("let in") };
        assert_eq!(office.app.get_as(&mateo, "/console").await.status, StatusCode::OK);

        let page = office.page(&format!("{user}/sign-in")).await;
        let session = page.split_once("name=\"session\" value=\"").map(|(_, rest)| until(rest)).expect("a session");
        let end = format!("{user}/sessions/end");
        done(&office, &end, &[("session", session)], &format!("{user}/sign-in")).await;
        assert_eq!(office.app.get_as(&mateo, "/console").await.status, StatusCode::SEE_OTHER, "it is over");
        refused(&office, &end, &[("session", session)], StatusCode::NOT_FOUND).await;
    }

    async fn all_sessions_of_somebody_end_but_the_one_that_asks(app: TestApp) {
        let mut office = Office::of(app).await;
        let others = office.app.sign_in_to(&office.tenant, STEWARD).await;
        let steward = find(&office, "users", "jiwoo").await;
        let own = find(&office, "users", "ingrid").await;
        let second = office.app.sign_in_to(&office.tenant, OWNER).await;
        for path in [&steward, &own] {
            let end = format!("{path}/sessions/end");
            done(&office, &end, &[], &format!("{path}/sign-in")).await;
        }
        for over in [&others, &second] {
            assert_eq!(office.app.get_as(over, "/console").await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(office.get("/console").await.status, StatusCode::OK);
        office.person = second;
        assert_eq!(office.get(&format!("{own}/sign-in")).await.status, StatusCode::SEE_OTHER);
    }

    async fn a_lost_code_generator_is_taken_away(app: TestApp) {
        let office = Office::of(app).await;
        let (app, user) = (&office.app, find(&office, "users", "mateo").await);
        let mateo = app.sign_in_to(&office.tenant, NOBODY).await;
        app.form_as(&mateo, "/console/account/generator", &[]).await;
        let page = app.get_as(&mateo, "/console/account").await.body;
        let secret = page.split("<code>").nth(2).and_then(|rest| rest.split_once("</code>")).expect("a secret").0;
        let code = totp(&secret.replace(' ', ""), app.operator().now());
        assert!(!office.page(&format!("{user}/sign-in")).await.contains("/generator/remove"), "it does not count yet");
        let confirmed = app.form_as(&mateo, "/console/account/generator/confirm", &[("code", &code)]).await;
        assert_eq!(confirmed.status, StatusCode::OK);
        assert!(office.page(&format!("{user}/sign-in")).await.contains("/generator/remove"));
        done(&office, &format!("{user}/generator/remove"), &[], &format!("{user}/sign-in")).await;
        let back = app.sign_in_to(&office.tenant, NOBODY).await;
        assert_eq!(app.get_as(&back, "/console").await.status, StatusCode::OK, "the password alone lets in again");
        refused(&office, &format!("{user}/generator/remove"), &[], StatusCode::UNPROCESSABLE_ENTITY).await;
    }

    async fn who_was_away_for_a_while_shows_first_who_it_is(app: TestApp) {
        let office = Office::of(app).await;
        let user = find(&office, "users", "mateo").await;
        office.app.clock.advance_ms(10 * 60_000);
        let reply = office.get(&format!("{user}/sign-in")).await;
        let back = format!("/console/confirm?next={}%2Fsign-in", user.replace('/', "%2F"));
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, back.as_str()));
        for act in ["sign-in-link", "generator/remove", "sessions/end"] {
            done(&office, &format!("{user}/{act}"), &[], "/console/confirm?next=%2Fconsole").await;
        }
    }

    async fn somebody_of_another_account_is_nobody_here(app: TestApp) {
        let mut office = Office::of(app).await;
        let user = find(&office, "users", "mateo").await;
        let mateo = office.app.sign_in_to(&office.tenant, NOBODY).await;
        office.person = office.app.sign_in("owner@acme.example").await;
        assert_eq!(office.get(&format!("{user}/sign-in")).await.status, StatusCode::NOT_FOUND);
        let give = [("type", "admin"), ("role", "admin"), ("do", "give")];
        for (act, fields) in [("roles", &give[..]), ("sign-in-link", &[]), ("generator/remove", &[]), ("sessions/end", &[])] {
            let reply = office.send(&format!("{user}/{act}"), fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}: {}", reply.body);
        }
        assert_eq!(office.app.get_as(&mateo, "/console").await.status, StatusCode::OK);
    }
}
