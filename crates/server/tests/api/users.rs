//! `/api/v1/users`: finding people, what they hold and why, then and now.

use std::sync::Arc;

use axum::http::StatusCode;
use rolecall_control::{memberships, rosters::Rosters};
use rolecall_model::{group::Group, user::User};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
};
use rolecall_testkit::{Reply, TestApp, each_engine};
use serde_json::{Value, json};

/// Three people, three groups one inside the other, and roles on two bots.
pub(crate) struct Staff {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) bots: Vec<String>,
    pub(crate) tester: String,
    pub(crate) developer: String,
    pub(crate) admin: String,
}

/// Ann is in Crew, which is in Care, which is in All; Ben is in Care; Cat is in none.
pub(crate) async fn staff(app: &TestApp) -> Staff {
    let users = app.users(["ann@acme.example", "ben@acme.example", "cat@other.example"]).await;
    let named = |email: &str, first: &str, last: &str| json!({"userInfo": {"emailId": email, "firstName": first, "lastName": last}});
    let people =
        json!({"users": [named("ann@acme.example", "Anna", "Smith"), named("cat@other.example", "민수", "김")]});
    assert_eq!(app.put("/api/public/users", people).await.status, StatusCode::OK);
    let all = app.group("All", &[]).await;
    let care = app.group("Care", &[&users[1]]).await;
    let crew = app.group("Crew", &[&users[0]]).await;
    app.change(async |change| memberships::add_groups(change, &[(&all, &care), (&care, &crew)]).await).await;
    let (travel, hotels) = (app.bot("Travel").await, app.bot("Hotels").await);
    let role = async |of: &str, name: &str| {
        let list = app.get(&format!("/api/public/roles?roleType={of}")).await.json();
        let role = list["roles"]
            .as_array()
            .expect("roles")
            .iter()
            .find(|role| role["role"] == name)
            .expect("the role")
            .clone();
        role["_id"].as_str().expect("an id").to_owned()
    };
    let (tester, developer) = (role("bot", "Bot Tester").await, role("bot", "Bot Developer").await);
    let admin = role("admin", "admin").await;
    app.clock.advance_ms(1_000);
    let done = app.post(
        "/api/public/btroles/assignments",
        json!([
            {"roleId": tester, "botId": travel.id, "addUsers": ["ann@acme.example"], "addGroups": ["All"]},
            {"roleId": developer, "botId": hotels.id, "addGroups": ["Care", "Crew"]},
        ]),
    );
    assert_eq!(done.await.status, StatusCode::OK);
    let done =
        app.post("/api/public/adminroles/assignments", json!([{"roleId": admin, "addUsers": ["cat@other.example"]}]));
    assert_eq!(done.await.status, StatusCode::OK);
    Staff { users, groups: vec![all, care, crew], bots: vec![travel.id, hotels.id], tester, developer, admin }
}

/// Asks with an image of the account and without one: both must answer the same.
pub(crate) async fn both(app: &mut TestApp, path: &str) -> Reply {
    let core = Arc::clone(&app.server.core);
    let account = app.tenant.account.no;
    app.server.rosters.load(&core, account).await;
    assert!(app.server.rosters.fresh(&core, account).await.is_some(), "there is no image");
    let from_memory = app.get(path).await;
    let with_images = Arc::clone(&app.server);
    let server = Server::new(Arc::clone(&core), Limits::new(Profile::Off));
    app.server = Arc::new(Server { rosters: Arc::new(Rosters::new(0)), ..server });
    let from_the_database = app.get(path).await;
    app.server = with_images;
    assert_eq!(from_memory.shown(), from_the_database.shown(), "{path}");
    from_memory
}

fn emails(reply: &Reply) -> Vec<String> {
    let users = reply.json()["users"].as_array().expect("users").clone();
    users.iter().map(|user| user["email"].as_str().expect("an address").to_owned()).collect()
}

each_engine! {
    async fn people_are_found_by_the_beginning_of_what_they_are_called(app: TestApp) {
        let mut app = app;
        staff(&app).await;
        for (q, found) in [
            ("ann", vec!["ann@acme.example"]),
            ("SMI%20an", vec!["ann@acme.example"]),
            ("emp-b", vec!["ben@acme.example"]),
            ("%EA%B9%80%EB%AF%BC", vec!["cat@other.example"]),
            ("cat@o", vec!["cat@other.example"]),
            ("acme", vec![]),
            ("emp", vec!["ann@acme.example", "ben@acme.example", "cat@other.example"]),
        ] {
            let reply = both(&mut app, &format!("/api/v1/users?q={q}")).await;
            assert_eq!(emails(&reply), found, "{q}");
            assert!(reply.json().get("total").is_none());
        }
        insta::assert_snapshot!("users", both(&mut app, "/api/v1/users?limit=2").await.body);
        insta::assert_snapshot!("users_found", both(&mut app, "/api/v1/users?q=emp&limit=1").await.body);
    }

    async fn a_list_and_a_search_are_gone_through_by_their_cursors(app: TestApp) {
        let mut app = app;
        staff(&app).await;
        for (list, n) in [("/api/v1/users?limit=1", 4), ("/api/v1/users?limit=1&q=emp", 3)] {
            let (mut all, mut path) = (Vec::new(), list.to_owned());
            loop {
                let reply = both(&mut app, &path).await;
                all.extend(emails(&reply));
                let Some(cursor) = reply.json()["nextCursor"].as_str().map(str::to_owned) else { break };
                path = format!("{list}&cursor={cursor}");
            }
            assert_eq!(all.len(), n, "{list}: {all:?}");
            assert!(all.is_sorted_by_key(|email| if email.starts_with("owner") { String::new() } else { email.clone() }));
        }
        for (path, told) in [
            ("/api/v1/users?q=a&offset=1", "offset"),
            ("/api/v1/users?q=1+2+3+4+5+6+7+8+9", "q"),
            ("/api/v1/users?cursor=AAAA", "cursor"),
            ("/api/v1/users?limit=0", "limit"),
        ] {
            let reply = app.get(path).await;
            assert_eq!((reply.status, &reply.json()["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(told)), "{path}");
        }
    }

    async fn one_user_is_told_whole(app: TestApp) {
        let staff = staff(&app).await;
        let profile = json!({"users": [{"userInfo": {"emailId": "ben@acme.example", "dept": "Care", "city": "Oslo"}}]});
        assert_eq!(app.put("/api/public/users", profile).await.status, StatusCode::OK);
        insta::assert_snapshot!("user", app.get(&format!("/api/v1/users/{}", staff.users[1].id)).await.shown());
        assert_eq!(app.get("/api/v1/users/u-1").await.status, StatusCode::NOT_FOUND);
    }

    async fn each_role_is_told_with_every_way_to_it(app: TestApp) {
        let mut app = app;
        let staff = staff(&app).await;
        let path = |user: usize| format!("/api/v1/users/{}/roles", staff.users[user].id);
        insta::assert_snapshot!("roles_with_why", both(&mut app, &path(0)).await.body);
        insta::assert_snapshot!("roles_of_group", both(&mut app, &format!("/api/v1/groups/{}/roles", staff.groups[2].id)).await.body);
        let ways = both(&mut app, &path(1)).await.json()["roles"].clone();
        assert_eq!(ways.as_array().map(Vec::len), Some(2), "{ways}");
        for nobody in ["/api/v1/users/u-1/roles", "/api/v1/groups/e-1/roles", "/api/v1/users/u-1/history"] {
            assert_eq!(both(&mut app, nobody).await.status, StatusCode::NOT_FOUND, "{nobody}");
        }
    }

    async fn of_two_ways_between_the_same_groups_the_short_one_is_told(app: TestApp) {
        let mut app = app;
        let staff = staff(&app).await;
        let (all, crew) = (&staff.groups[0], &staff.groups[2]);
        app.change(async |change| memberships::add_groups(change, &[(all, crew)]).await).await;
        let roles = both(&mut app, &format!("/api/v1/users/{}/roles", staff.users[0].id)).await.json();
        let travel = roles["roles"].as_array().expect("roles").iter().find(|held| held["role"]["name"] == "Bot Tester");
        let ways = &travel.expect("it is held")["why"]["ways"];
        let names: Vec<&str> = ways[0].as_array().expect("a way").iter().map(|group| group["name"].as_str().expect("a name")).collect();
        assert_eq!((ways.as_array().map(Vec::len), names), (Some(1), vec!["Crew", "All"]), "{ways}");
    }

    async fn what_was_held_at_a_time_is_told_of_who_is_gone_too(app: TestApp) {
        let staff = staff(&app).await;
        let before = "2026-01-05T09:00:00.500Z";
        let path = format!("/api/v1/users/{}/roles", staff.users[0].id);
        let then = app.clock_text();
        let full = app.get(&path).await.body;
        app.clock.advance_ms(60_000);
        app.change(async |change| memberships::remove_groups(change, &[(&staff.groups[1], &staff.groups[2])]).await).await;
        let without = app.get(&path).await.json();
        assert_eq!(without["roles"].as_array().map(Vec::len), Some(2), "{without}");
        let removed = app.delete("/api/public/users", json!({"deleteEmailIds": ["ann@acme.example"]})).await;
        assert_eq!(removed.status, StatusCode::OK);

        assert_eq!(app.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(app.get(&format!("{path}?at={then}")).await.body, full);
        assert_eq!(app.get(&format!("{path}?at={before}")).await.json()["roles"], json!([]));
        assert_eq!(app.get(&format!("{path}?at=2126-01-01")).await.status, StatusCode::BAD_REQUEST);
        let group = format!("/api/v1/groups/{}/roles", staff.groups[2].id);
        assert_eq!(app.get(&format!("{group}?at={then}")).await.json()["roles"].as_array().map(Vec::len), Some(2));
        assert_eq!(app.get(&group).await.json()["roles"].as_array().map(Vec::len), Some(1));
    }

    async fn a_history_tells_what_began_and_ended_and_by_whom(app: TestApp) {
        let staff = staff(&app).await;
        app.clock.advance_ms(60_000);
        let lost = json!([{"roleId": staff.tester, "botId": staff.bots[0], "removeUsers": ["ann@acme.example"]}]);
        assert_eq!(app.post("/api/public/btroles/assignments", lost).await.status, StatusCode::OK);
        let removed = app.delete("/api/public/users", json!({"deleteEmailIds": ["ann@acme.example"]})).await;
        assert_eq!(removed.status, StatusCode::OK);
        let path = format!("/api/v1/users/{}/history", staff.users[0].id);
        let whole = app.get(&path).await;
        insta::assert_snapshot!("history", whole.body.replace(&app.tenant.client_id, "<app>"));

        let mut events: Vec<Value> = Vec::new();
        let mut next = format!("{path}?limit=1");
        loop {
            let page = app.get(&next).await.json();
            events.extend(page["events"].as_array().expect("events").clone());
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            next = format!("{path}?limit=1&cursor={cursor}");
        }
        assert_eq!(Value::from(events), whole.json()["events"]);
        assert!(staff.developer != staff.admin);
    }
}
