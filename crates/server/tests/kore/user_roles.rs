use std::collections::BTreeMap;

use axum::http::StatusCode;
use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rolecall_control::memberships;
use rolecall_model::time::Instant;
use rolecall_store::memberships::{self as stored, Member, Membership};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

use super::assignments::role_id;

const LIST: &str = "/api/public/alluserroles";

async fn assign(app: &TestApp, path: &str, body: Value) {
    let reply = app.post(path, json!([body])).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// The row of the user with that address.
async fn row(app: &TestApp, query: &str, email: &str) -> Value {
    let list = app.get(&format!("{LIST}{query}")).await.json();
    let rows = list["users"].as_array().expect("users");
    rows.iter().find(|row| row["username"] == email).cloned().unwrap_or(Value::Null)
}

each_engine! {
    async fn a_role_held_directly_and_through_groups_is_one_row(app: TestApp) {
        let users = app.users(["ann@acme.example", "ben@acme.example"]).await;
        app.group("Staff", &[&users[0]]).await;
        app.group("Audit", &[&users[0], &users[1]]).await;
        let (travel, hotels) = (app.bot("Travel").await, app.bot("Hotels").await);
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let developer = role_id(&app, "bot", "Bot Developer").await;
        let admin = role_id(&app, "admin", "admin").await;
        let bot_roles = "/api/public/btroles/assignments";
        assign(&app, bot_roles, json!({"roleId": tester, "botId": travel.id, "addUsers": ["ann@acme.example"],
            "addGroups": ["Staff", "Audit"]})).await;
        assign(&app, bot_roles, json!({"roleId": developer, "botId": hotels.id, "addGroups": ["Audit"]})).await;
        assign(&app, "/api/public/adminroles/assignments", json!({"roleId": admin, "addUsers": ["ben@acme.example"]})).await;
        insta::assert_snapshot!("user_roles", app.get(&format!("{LIST}?")).await.shown());
    }

    async fn a_page_goes_on_by_offset_or_by_cursor(app: TestApp) {
        let emails: Vec<String> = (0..6).map(|nth| format!("user-{nth}@acme.example")).collect();
        app.users(emails.clone()).await;
        let first = app.get(&format!("{LIST}?limit=3")).await.json();
        assert_eq!((&first["total"], &first["availableMore"]), (&json!(7), &json!(true)));
        let cursor = first["nextCursor"].as_str().expect("more is to come");
        let by_cursor = app.get(&format!("{LIST}?limit=3&cursor={cursor}")).await.json();
        let by_offset = app.get(&format!("{LIST}?limit=3&offset=3")).await.json();
        assert_eq!(by_cursor, by_offset);
        let last = app.get(&format!("{LIST}?limit=3&offset=6")).await.json();
        assert_eq!((&last["availableMore"], last.get("nextCursor")), (&json!(false), None));
        let mut seen = Vec::new();
        for page in [&first, &by_cursor, &last] {
            seen.extend(page["users"].as_array().expect("users").iter().map(|user| user["username"].clone()));
        }
        let owner = app.tenant.account.owner_email.clone();
        assert_eq!(seen, [vec![owner], emails].concat());
        assert_eq!(app.get(&format!("{LIST}?limit=5000")).await.json()["users"].as_array().expect("users").len(), 7);
        let past_the_end = app.get(&format!("{LIST}?offset=70")).await.json();
        assert_eq!(past_the_end, json!({"total": 7, "availableMore": false, "users": []}));
    }

    async fn another_accounts_users_roles_and_cursors_are_not_seen(app: TestApp) {
        let first = {
            app.users(["ann@acme.example"]).await;
            app.get(&format!("{LIST}?limit=1")).await.json()
        };
        let cursor = first["nextCursor"].as_str().expect("more is to come");
        let other = app.another_tenant().await;
        let get = |path: String| rolecall_testkit::Request::new(axum::http::Method::GET, &path).token(&other.token);
        let list = app.send(get(LIST.to_owned())).await.json();
        assert_eq!(list["total"], 1);
        assert_eq!(list["users"][0]["username"], other.account.owner_email);
        let reply = app.send(get(format!("{LIST}?cursor={cursor}"))).await;
        assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{}", reply.body);
    }

    async fn a_group_inside_a_group_inside_a_group_holds_what_the_outermost_holds(app: TestApp) {
        let users = app.users(["ann@acme.example"]).await;
        let inner = app.group("Inner", &[&users[0]]).await;
        let middle = app.group("Middle", &[]).await;
        let outer = app.group("Outer", &[]).await;
        app.change(async |change| {
            memberships::add_groups(change, &[(&outer, &middle), (&middle, &inner)]).await
        }).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let path = "/api/public/btroles/assignments";
        assign(&app, path, json!({"roleId": tester, "botId": bot.id, "addGroups": ["Outer"]})).await;
        assert_eq!(row(&app, "", "ann@acme.example").await["btRoles"][0]["groups"], json!(["Outer"]));

        assign(&app, path, json!({"roleId": tester, "botId": bot.id, "addGroups": ["Inner"]})).await;
        assert_eq!(row(&app, "", "ann@acme.example").await["btRoles"][0]["groups"], json!(["Inner", "Outer"]));
        app.change(async |change| memberships::remove_groups(change, &[(&outer, &middle)]).await).await;
        assert_eq!(row(&app, "", "ann@acme.example").await["btRoles"][0]["groups"], json!(["Inner"]));
    }

    async fn a_circle_of_groups_that_is_in_the_store_ends(app: TestApp) {
        let users = app.users(["ann@acme.example"]).await;
        let one = app.group("One", &[&users[0]]).await;
        let two = app.group("Two", &[]).await;
        app.change(async |change| {
            let pairs = [(one.no, two.no), (two.no, one.no), (two.no, two.no)];
            let circle = pairs.map(|(group, member)| (Membership { group, member: Member::Group(member) }, 0));
            let (account, at) = (change.account_no(), change.at);
            stored::insert(change.tx, account, at, &circle).await.expect("they are new");
            // A change that notes nothing is undone.
            memberships::add_users(change, &[(&two, &users[0])]).await
        }).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        let path = "/api/public/btroles/assignments";
        assign(&app, path, json!({"roleId": tester, "botId": bot.id, "addGroups": ["Two"]})).await;
        let now = row(&app, "", "ann@acme.example").await;
        assert_eq!(now["btRoles"][0]["groups"], json!(["Two"]));
        let at = format!("?at={}", rolecall_control::Clock::now(&*app.clock));
        assert_eq!(row(&app, &at, "ann@acme.example").await, now);
    }

    async fn who_is_removed_is_seen_in_the_past_only(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let bot = app.bot("Travel").await;
        let tester = role_id(&app, "bot", "Bot Tester").await;
        assign(&app, "/api/public/btroles/assignments",
            json!({"roleId": tester, "botId": bot.id, "addUsers": ["ann@acme.example"]})).await;
        let before = rolecall_control::Clock::now(&*app.clock);
        app.clock.advance_ms(1);
        let seen = app.get(LIST).await.body;
        let gone = app.delete("/api/public/users", json!({"deleteEmailIds": ["ann@acme.example"]})).await;
        assert_eq!(gone.status, StatusCode::OK);
        assert_eq!(row(&app, "", "ann@acme.example").await, Value::Null);
        assert_eq!(app.get(&format!("{LIST}?at={before}")).await.body, seen);
        assert_eq!(app.get(LIST).await.json()["total"], 1);
    }

    async fn a_time_that_is_none_or_has_not_come_is_refused(app: TestApp) {
        for at in ["yesterday", "2026-01-05T09:00:00", "2026-01-05T09:00:00.001Z", "9999-01-01"] {
            let reply = app.get(&format!("{LIST}?at={at}")).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{at}: {}", reply.body);
            assert_eq!(reply.json()["errors"][0]["path"], "at");
        }
        let long_ago = app.get(&format!("{LIST}?at=2026-01-05")).await;
        assert_eq!(long_ago.json(), json!({"total": 0, "availableMore": false, "users": []}));
    }

    async fn the_list_as_of_any_instant_is_the_list_of_that_instant(app: TestApp) {
        let people = app.users(["ann@acme.example", "ben@acme.example", "cat@acme.example"]).await;
        let groups = [app.group("One", &[]).await, app.group("Two", &[]).await, app.group("Three", &[]).await];
        let bots = [app.bot("Travel").await, app.bot("Hotels").await];
        let roles = [role_id(&app, "bot", "Bot Tester").await, role_id(&app, "bot", "Bot Developer").await];
        let mut runner = TestRunner::deterministic();
        let steps = vec(step(), 120).new_tree(&mut runner).expect("steps").current();
        let mut recorded: BTreeMap<Instant, String> = BTreeMap::new();
        for step in &steps {
            app.clock.advance_ms(step.ms);
            match step.what {
                What::Assign { adds, role, bot, principal } => {
                    let (list, name) = match principal.checked_sub(people.len()) {
                        None => ("Users", &people[principal].email),
                        Some(group) => ("Groups", &groups[group].name),
                    };
                    let list = format!("{}{list}", if adds { "add" } else { "remove" });
                    let body = json!({"roleId": roles[role], "botId": bots[bot].id, list: [name]});
                    assign(&app, "/api/public/btroles/assignments", body).await;
                }
                What::Join { adds, group, user } => {
                    let pair = [(&groups[group], &people[user])];
                    app.change(async |change| {
                        if adds { memberships::add_users(change, &pair).await } else { memberships::remove_users(change, &pair).await }
                    }).await;
                }
                // The lower in the higher, so that no circle comes about.
                What::Nest { adds, inner } => {
                    let pair = [(&groups[inner + 1], &groups[inner])];
                    app.change(async |change| {
                        if adds { memberships::add_groups(change, &pair).await } else { memberships::remove_groups(change, &pair).await }
                    }).await;
                }
            }
            recorded.insert(rolecall_control::Clock::now(&*app.clock), app.get(LIST).await.body);
        }
        assert!(recorded.len() > 40, "{} instants", recorded.len());
        for (at, list) in &recorded {
            assert_eq!(&app.get(&format!("{LIST}?at={at}")).await.body, list, "at {at} of {steps:#?}");
        }
    }
}

/// One thing that happens, and how long after the one before.
#[derive(Clone, Copy, Debug)]
struct Step {
    ms: i64,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Assign { adds: bool, role: usize, bot: usize, principal: usize },
    Join { adds: bool, group: usize, user: usize },
    Nest { adds: bool, inner: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let assign = (any::<bool>(), 0..2_usize, 0..2_usize, 0..6_usize)
        .prop_map(|(adds, role, bot, principal)| What::Assign { adds, role, bot, principal });
    let join = (any::<bool>(), 0..3_usize, 0..3_usize).prop_map(|(adds, group, user)| What::Join { adds, group, user });
    let nest = (any::<bool>(), 0..2_usize).prop_map(|(adds, inner)| What::Nest { adds, inner });
    (0..3_i64, prop_oneof![4 => assign, 2 => join, 1 => nest]).prop_map(|(ms, what)| Step { ms, what })
}
