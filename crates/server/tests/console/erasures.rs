//! What the pages of erasures and holds do, by their forms alone.

use axum::http::StatusCode;
use rolecall_testkit::{TestApp, each_engine};

use crate::office::{AUDITOR, NOBODY, OWNER, Office, field};

const GUEST: &str = "nora.berg@guest.example";

/// Asks for the guest's erasure under a plan; where it is.
async fn ask(office: &Office, plan: &str, not_before: &str) -> String {
    let fields = [("people", GUEST), ("scope", "all"), ("plan", plan), ("not_before", not_before)];
    let reply = office.send("/console/erasures", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    reply.location().to_owned()
}

each_engine! {
    async fn an_erasure_goes_from_the_form_over_what_it_would_do_to_its_receipt(app: TestApp) {
        let office = Office::of(app).await;
        let form = office.page("/console/erasures/new").await;
        assert!(form.contains("Booking Desk") && form.contains(r#"action="/console/erasures/preview""#), "{form}");

        let people = format!("{GUEST}\r\n{OWNER}");
        let wish = [("people", people.as_str()), ("scope", "all"), ("grounds", "Consent withdrawn")];
        let preview = office.send("/console/erasures/preview", &wish).await.body;
        assert!(preview.contains("chat.message") && preview.contains("People they belong to:"), "{preview}");
        assert!(preview.contains("owns the account"), "{preview}");
        assert!(office.page("/console/erasures").await.contains("There is no such erasure."), "nothing is asked for yet");

        let plan = field(&preview, "plan");
        let reply = office.send("/console/erasures", &[&wish[..], &[("plan", plan)]].concat()).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        let place = reply.location().to_owned();
        let before = office.page(&place).await;
        assert!(
            before.contains("waiting") && before.contains("Consent withdrawn") && !before.contains("/receipt"),
            "{before}"
        );
        office.work().await;
        let after = office.page(&place).await;
        assert!(after.contains(">done<") && after.contains(">erased<") && after.contains(">refused<"), "{after}");
        assert!(!after.contains("/cancel") && !after.contains("/approve"), "what would be refused is not offered: {after}");

        let receipt = office.get(&format!("{place}/receipt")).await;
        assert_eq!(receipt.headers["content-type"], "application/jose");
        let id = place.rsplit('/').next().expect("an id");
        assert_eq!(receipt.headers["content-disposition"], format!("attachment; filename=\"{id}.jws\""));
        assert_eq!(receipt.body.split('.').count(), 3);
        assert!(office.page("/console/erasures?state=done").await.contains(id));
    }

    async fn a_plan_that_changed_is_shown_before_it_is_approved_and_is_bound_to_what_was_shown(app: TestApp) {
        let office = Office::of(app).await;
        let place = ask(&office, &"0".repeat(64), "").await;
        office.work().await;
        assert!(office.page(&place).await.contains("the new plan needs an approval"));
        let shown = office.page(&format!("{place}/approve")).await;
        assert!(shown.contains(GUEST) && shown.contains("chat"), "{shown}");
        let stale = office.send(&format!("{place}/approve"), &[("plan", "0")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        let reply = office.send(&format!("{place}/approve"), &[("plan", field(&shown, "plan"))]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, place.as_str()));
        office.work().await;
        assert!(office.page(&place).await.contains(">erased<"));
        let again = office.page(&format!("{place}/approve")).await;
        assert!(!again.contains("<button class=\"danger\""), "{again}");
    }

    async fn what_is_late_is_in_sight_and_can_be_called_off(app: TestApp) {
        let mut office = Office::of(app).await;
        let place = ask(&office, &"0".repeat(64), "").await;
        office.work().await;
        assert!(!office.page("/console/erasures").await.contains("is late"));
        office.wait(31);
        office.hand_over(OWNER).await;
        assert!(office.page("/console/erasures?state=done").await.contains("One erasure is late"), "whatever is listed");
        assert!(office.page(&place).await.contains("was due already"));
        let shown = office.page(&format!("{place}/cancel")).await;
        assert!(shown.contains(GUEST), "{shown}");
        let reply = office.send(&format!("{place}/cancel"), &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, place.as_str()));
        assert!(office.page(&place).await.contains(">called off<"));
        assert!(!office.page("/console/erasures").await.contains("is late"));
    }

    async fn a_hold_is_placed_keeps_its_people_and_is_released(app: TestApp) {
        let office = Office::of(app).await;
        let fields = [("people", GUEST), ("on_channels", "whatsapp 42"), ("reason", "A case <b>at court</b>")];
        let reply = office.send("/console/holds", &fields).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/holds?underway=0"));
        let page = office.page(reply.location()).await;
        assert!(page.contains("The hold is placed.") && page.contains("A case &#60;b&#62;at court"), "{page}");
        let place = ask(&office, &"0".repeat(64), "").await;
        office.work().await;
        assert!(office.page(&place).await.contains(">held<"));
        let release = page.split("action=\"").find_map(|rest| rest.split_once("/release\"")).expect("a form").0;
        let reply = office.send(&format!("{release}/release"), &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/holds"));
        assert!(!office.page("/console/holds").await.contains("/release\""));
        assert_eq!(office.send(&format!("{release}/release"), &[]).await.status, StatusCode::NOT_FOUND);
    }

    async fn what_was_not_shown_cannot_be_asked_for_and_what_is_wrong_is_told(app: TestApp) {
        let office = Office::of(app).await;
        for (path, fields) in [
            ("/console/erasures", &[("people", GUEST), ("scope", "all")][..]),
            ("/console/erasures/preview", &[("people", ""), ("scope", "all")]),
            ("/console/erasures/preview", &[("people", GUEST), ("scope", "some")]),
            ("/console/erasures/preview", &[("people", GUEST), ("scope", "some"), ("bot", "st-1")]),
            ("/console/erasures/preview", &[("people", GUEST), ("scope", "all"), ("not_before", "soon")]),
            ("/console/erasures/preview", &[("on_channels", "whatsapp"), ("scope", "all")]),
            ("/console/holds", &[("people", GUEST)]),
        ] {
            let reply = office.send(path, fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {fields:?}: {}", reply.body);
        }
        assert_eq!(office.get("/console/erasures?state=lost").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(office.get("/console/erasures/eud-1").await.status, StatusCode::NOT_FOUND);
        assert!(office.page("/console/erasures").await.contains("There is no such erasure."));
    }

    async fn who_may_only_look_finds_no_button_and_is_refused_behind_it(app: TestApp) {
        let mut office = Office::of(app).await;
        let place = ask(&office, &"0".repeat(64), "").await;
        office.work().await;
        let held = office.send("/console/holds", &[("people", "x@guest.example"), ("reason", "A case")]).await;
        let release = office.page(held.location()).await;
        let release =
            release.split("action=\"").find_map(|rest| rest.split_once("/release\"")).expect("a form").0.to_owned();

        office.hand_over(AUDITOR).await;
        for path in ["/console/erasures", &place, "/console/holds"] {
            let page = office.page(path).await;
            for button in
                ["/erasures/new", "/approve", "/cancel", "/release", "/retry", "class=\"danger\"", "name=\"reason\""]
            {
                assert!(!page.contains(button), "{path} offers {button}: {page}");
            }
        }
        let plan = "0".repeat(64);
        let wish = [("people", GUEST), ("scope", "all"), ("plan", plan.as_str()), ("reason", "x")];
        for path in [
            "/console/erasures".to_owned(),
            "/console/erasures/preview".to_owned(),
            "/console/holds".to_owned(),
            format!("{release}/release"),
            format!("{place}/cancel"),
            format!("{place}/retry"),
        ] {
            assert_eq!(office.send(&path, &wish).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        assert_eq!(office.get("/console/erasures/new").await.status, StatusCode::FORBIDDEN);
        let shown = office.page(&format!("{place}/approve")).await;
        assert!(!shown.contains("name=\"plan\""), "{shown}");

        office.hand_over(NOBODY).await;
        for path in ["/console/erasures", &place, "/console/holds", &format!("{place}/receipt")] {
            assert_eq!(office.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }

    async fn another_accounts_erasure_is_one_that_does_not_exist(app: TestApp) {
        let mut office = Office::of(app).await;
        let place = ask(&office, &"0".repeat(64), "").await;
        office.person = office.app.sign_in("owner@acme.example").await;
        for (path, is_form) in [("", false), ("/approve", false), ("/cancel", true), ("/retry", true), ("/receipt", false)]
        {
            let path = format!("{place}{path}");
            let reply = if is_form { office.send(&path, &[]).await } else { office.get(&path).await };
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    async fn an_erasure_that_was_put_off_can_be_tried_again_at_once(app: TestApp) {
        let office = Office::of(app).await;
        let chat = office.app.db.dir.path().join("chat.db");
        let away = office.app.db.dir.path().join("away.db");
        let place = ask(&office, &"0".repeat(64), "").await;
        std::fs::rename(&chat, &away).expect("a file can be moved");
        office.work().await;
        let page = office.page(&place).await;
        assert!(page.contains("/retry"), "{page}");
        std::fs::rename(&away, &chat).expect("a file can be moved back");
        assert_eq!(office.send(&format!("{place}/retry"), &[]).await.status, StatusCode::SEE_OTHER);
        office.work().await;
        assert!(office.page(&place).await.contains("the new plan needs an approval"));
    }

    async fn without_a_data_map_the_form_says_so_and_nothing_can_be_asked_for(app: TestApp) {
        let mut office = Office::of(app).await;
        office.person = office.app.sign_in("owner@acme.example").await;
        let reply = office.send("/console/erasures/preview", &[("people", GUEST), ("scope", "all")]).await;
        assert!(reply.body.contains("has no data map") && !reply.body.contains("name=\"plan\""), "{}", reply.body);
    }
}
