//! Pages that keep up with what goes on: what their streams tell, when these end, and that a browser shows it
//! without loading the page again, or shows it again without scripts.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::StatusCode;
use rolecall_control::{
    erasure::{self, NewErasure},
    groups::{self, NewGroup},
};
use rolecall_model::erasure::Subject;
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    console::Streams,
};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::json;

use crate::{
    office::{AUDITOR, NOBODY, Office},
    world::World,
};

const GUEST: &str = "nora.berg@guest.example";

/// Asks for the guest's erasure; where it is.
async fn ask(office: &Office) -> String {
    let preview = office.send("/console/erasures/preview", &[("people", GUEST), ("scope", "all")]).await.body;
    let plan = crate::office::field(&preview, "plan").to_owned();
    let reply = office.send("/console/erasures", &[("people", GUEST), ("scope", "all"), ("plan", &plan)]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    reply.location().to_owned()
}

each_engine! {
    async fn an_erasure_is_told_of_until_it_has_ended(app: TestApp) {
        let office = Office::of(app).await;
        let place = ask(&office).await;
        assert!(office.page(&place).await.contains(&format!("data-stream=\"{place}/progress\"")));
        let mut events = office.app.follow(&office.person, &format!("{place}/progress")).await;
        assert_eq!(events.headers["content-type"], "text/event-stream");
        assert_eq!(events.next_of("standing").await, "waiting");
        assert!(events.next_of("progress").await.contains(">waiting<"));
        office.work().await;
        let told = events.rest().await;
        assert_eq!(told.last(), Some(&("end".to_owned(), "over".to_owned())));
        for (place, text) in
            [("actions", "/receipt"), ("standing", "done"), ("progress", ">done<"), ("outcomes", ">erased<")]
        {
            let last = told.iter().rfind(|(name, _)| name == place);
            assert!(last.is_some_and(|(_, told)| told.contains(text)), "{place}: {told:?}");
        }

        let mut events = office.app.follow(&office.person, &format!("{place}/progress")).await;
        let names: Vec<String> = events.rest().await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["actions", "standing", "progress", "outcomes", "end"], "whoever comes late");
        assert!(!office.page(&place).await.contains("data-stream"), "there is nothing to keep up with");
    }

    async fn what_is_told_is_what_the_page_shows(app: TestApp) {
        let office = Office::of(app).await;
        let place = ask(&office).await;
        for _ in ["open", "ended"] {
            let page = office.page(&place).await;
            let mut events = office.app.follow(&office.person, &format!("{place}/progress")).await;
            for _ in ["actions", "standing", "progress"] {
                let (name, text) = events.next().await.expect("an event");
                assert!(page.contains(text.trim()), "{name}: {text}\n{page}");
            }
            drop(events);
            office.work().await;
        }
    }

    async fn a_stream_ends_with_its_session_and_is_no_use_of_it(app: TestApp) {
        let office = Office::of(app).await;
        let place = format!("{}/progress", ask(&office).await);
        let mut events = office.app.follow(&office.person, &place).await;
        events.next_of("progress").await;
        assert_eq!(office.send("/console/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(events.rest().await, [], "whoever signed out is told no more");

        let person = office.app.sign_in_to(&office.tenant, crate::office::OWNER).await;
        let mut events = office.app.follow(&person, &place).await;
        events.next_of("progress").await;
        office.app.clock.advance_ms(office.app.server.gate.settings.idle_ms);
        assert_eq!(events.rest().await, [], "a page that is left open keeps nobody signed in");
        let reply = office.app.get_as(&person, &place).await;
        assert!(reply.location().starts_with("/console/sign-in"), "{}", reply.body);
    }

    async fn a_stream_is_for_who_may_see_erasures_as_long_as_they_may(app: TestApp) {
        let mut office = Office::of(app).await;
        let place = format!("{}/progress", ask(&office).await);
        let auditor = office.app.sign_in_to(&office.tenant, AUDITOR).await;
        let mut events = office.app.follow(&auditor, &place).await;
        assert!(!events.next_of("actions").await.contains("/cancel"), "whoever may only look is offered nothing");
        events.next_of("progress").await;
        let groups = office.page("/console/groups?q=audit").await;
        let group = groups.split("href=\"/console/groups/").nth(1).and_then(|rest| rest.split_once('"')).expect("one").0;
        let take = [("type", "admin"), ("role", "Audit Reader"), ("do", "take")];
        let taken = office.send(&format!("/console/groups/{group}/roles"), &take).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        assert_eq!(events.rest().await, []);

        office.hand_over(NOBODY).await;
        assert_eq!(office.get(&place).await.status, StatusCode::FORBIDDEN);
        office.person = office.app.sign_in("owner@acme.example").await;
        assert_eq!(office.get(&place).await.status, StatusCode::NOT_FOUND, "it is another account's");
    }

    async fn streams_are_few_and_end_with_the_server(app: TestApp) {
        let mut app = app;
        let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
        app.server = Arc::new(Server { streams: Streams::new(1), ..server });
        let office = Office::of(app).await;
        let place = format!("{}/progress", ask(&office).await);
        let mut first = office.app.follow(&office.person, &place).await;
        first.next_of("progress").await;
        let second = office.app.follow(&office.person, &place).await;
        assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
        office.app.server.streams.stop();
        assert_eq!(first.rest().await, []);
        let mut third = office.app.follow(&office.person, &place).await;
        while third.status == StatusCode::SERVICE_UNAVAILABLE {
            // The first one's room is given back by its own task.
            tokio::task::yield_now().await;
            third = office.app.follow(&office.person, &place).await;
        }
        assert!(!third.rest().await.iter().any(|(name, _)| name == "end"), "what would begin then ends at once");
    }
}

each_engine! {
    async fn the_overview_is_told_of_what_changes_to_who_may_see_it(app: TestApp) {
        let mut office = Office::of(app).await;
        let page = office.page("/console").await;
        assert!(page.contains("data-stream=\"/console/progress\"") && page.contains("<a class=\"button\" href=\"/console\">"));
        let mut events = office.app.follow(&office.person, "/console/progress").await;
        let mut told = BTreeMap::new();
        for _ in ["counts", "activity", "erasures"] {
            told.extend([events.next().await.expect("it goes on")]);
        }
        assert!(told.values().all(|text| page.contains(text.trim())), "{told:?}\n{page}");
        let n_before = told["counts"].clone();
        ask(&office).await;
        // The parts are looked at one after another, so each may show it a look before the next one does.
        while !(told["activity"].contains("Erasure requested") && told["erasures"].contains("waiting 1")) {
            told.extend([events.next().await.expect("it goes on")]);
        }
        let made = office.send("/console/groups", &[("name", "Night crew")]).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        while told["counts"] == n_before {
            told.extend([events.next().await.expect("it goes on")]);
        }
        assert!(office.page("/console").await.contains(told["counts"].trim()), "{told:?}");

        office.hand_over(NOBODY).await;
        let mut events = office.app.follow(&office.person, "/console/progress").await;
        for place in ["counts", "activity", "erasures"] {
            assert_eq!(events.next().await, Some((place.to_owned(), String::new())), "what is not theirs to see");
        }
    }
}

/// A company with its chat, and an erasure in it whose page the browser shows.
async fn at_an_erasure(world: &World) {
    world.chat().await;
    let subjects = vec![Subject::Plain(GUEST.to_owned())];
    let new = NewErasure { subjects, is_all_bots: true, ..NewErasure::default() };
    let id = erasure::request(&world.ctx, &new).await.expect("an erasure").id;
    world.go(&format!("/console/erasures/{id}")).await;
}

const SHOWN: &str = "return [document.querySelector('.badge').innerText, document.querySelector('#standing').innerText,
    document.querySelectorAll('a[href$=\"/receipt\"]').length, document.querySelector('#outcomes .badge').innerText]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_reaches_the_end_without_being_loaded_again() {
    let Some(world) = World::signed_in().await else { return };
    at_an_erasure(&world).await;
    let browser = &world.browser;
    browser.run("window.isTheSame = true; document.querySelector('#actions a').focus()").await;
    assert_eq!(browser.run(SHOWN).await, json!(["waiting", "waiting", 0, "open"]));
    world.work().await;
    browser.wait_until("return document.querySelector('#outcomes .badge').innerText !== 'open'").await;
    assert_eq!(browser.run(SHOWN).await, json!(["done", "done", 1, "erased"]));
    let same = "return [window.isTheSame, document.activeElement.id]";
    assert_eq!(browser.run(same).await, json!([true, "main"]), "what had the focus is gone, and the focus is not lost");
    assert_eq!(world.faults("an erasure that ended in sight").await, [""; 0]);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_overview_counts_on_without_being_loaded_again() {
    let Some(world) = World::signed_in().await else { return };
    world.go("/console").await;
    let browser = &world.browser;
    let n_groups = "return document.querySelector('a[href=\"/console/groups\"] b').innerText";
    let before = browser.run(&format!("window.isTheSame = true; {n_groups}")).await;
    let group = NewGroup { name: "Night crew".to_owned(), description: String::new() };
    groups::create(&world.ctx, &group).await.expect("a group");
    browser
        .wait_until(&format!(
            "return window.isTheSame && (() => {{ {n_groups} }})() !== '{}'",
            before.as_str().expect("a number")
        ))
        .await;
    assert_eq!(world.faults("an overview that went on").await, [""; 0]);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_a_page_is_brought_up_to_date_by_its_link() {
    let Some(world) = World::signed_in().await else { return };
    world.browser.allow_scripts(false).await;
    at_an_erasure(&world).await;
    let browser = &world.browser;
    assert_eq!(browser.run(SHOWN).await, json!(["waiting", "waiting", 0, "open"]));
    world.work().await;
    browser.click("#actions a").await;
    browser.wait_until("return document.querySelector('#outcomes .badge').innerText !== 'open'").await;
    assert_eq!(browser.run(SHOWN).await, json!(["done", "done", 1, "erased"]));
    world.browser.end().await;
}
