//! Searches page by page, and the tokens between the pages.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use rolecall_control::{memberships, rosters::Rosters};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

use super::{ask, assign, resource, roles, subject};

/// Two servers of the account: one that has its image in memory, and one that never has one.
async fn with_and_without_image(app: &TestApp) -> [Arc<Server>; 2] {
    let core = &app.server.core;
    app.server.rosters.load(core, app.tenant.account.no).await;
    assert!(app.server.rosters.fresh(core, app.tenant.account.no).await.is_some(), "there is no image");
    let without =
        Server { rosters: Arc::new(Rosters::new(0)), ..Server::new(Arc::clone(core), Limits::new(Profile::Off)) };
    [Arc::clone(&app.server), Arc::new(without)]
}

/// All pages of a search, by `limit`, each from the next of `servers`; how long each was, and all results.
async fn all_pages(
    app: &mut TestApp,
    servers: &[Arc<Server>],
    search: &str,
    body: &Value,
    limit: usize,
) -> (Vec<usize>, Vec<Value>) {
    let (mut lengths, mut results) = (Vec::new(), Vec::new());
    let mut page = json!({"limit": limit});
    loop {
        let mut body = body.clone();
        body["page"] = page;
        app.server = Arc::clone(&servers[lengths.len() % servers.len()]);
        let answer = ask(app, &format!("search/{search}"), body).await;
        let found = answer["results"].as_array().expect("results");
        assert_eq!(answer["page"]["count"], found.len());
        lengths.push(found.len());
        results.extend(found.iter().cloned());
        let token = answer["page"]["next_token"].as_str().expect("a text");
        if token.is_empty() {
            return (lengths, results);
        }
        // The token knows how long pages are.
        page = if lengths.len().is_multiple_of(2) {
            json!({"token": token, "limit": limit})
        } else {
            json!({"token": token})
        };
    }
}

each_engine! {
    async fn pages_of_any_length_make_up_the_same_list(app: TestApp) {
        let people = app.users((0..53).map(|n| format!("user{n}@acme.example"))).await;
        let (bot, ids) = (app.bot("Travel").await, roles(&app, "bot", &[
            ("Clerk", json!({"Stamp": ["YES"]})), ("Chief", json!({"Stamp": ["YES"], "Sign": ["YES"]})), ("Guest", json!({"Look": ["YES"]})),
        ]).await);
        // Each of them is there once, whether it holds one role, two, or one by way of a group in a group.
        let (outer, inner) = (app.group("Outer", &[]).await, app.group("Inner", &people.iter().skip(30).collect::<Vec<_>>()).await);
        app.change(async |change| memberships::add_groups(change, &[(&outer, &inner)]).await).await;
        assign(&app, &ids["Clerk"], Some(&bot), "addGroups", "Outer").await;
        for (nth, user) in people.iter().take(40).enumerate() {
            assign(&app, &ids["Clerk"], Some(&bot), "addUsers", &user.email).await;
            if nth.is_multiple_of(7) {
                assign(&app, &ids["Chief"], Some(&bot), "addUsers", &user.email).await;
            }
        }
        let mut app = app;
        let servers = with_and_without_image(&app).await;
        let body = json!({"subject": {"type": "user"}, "action": {"name": "Stamp"}, "resource": resource(&bot)});
        let everybody: Vec<Value> = people.iter().map(subject).collect();
        for (limit, expected) in [(1, vec![1; 53]), (5, [vec![5; 10], vec![3]].concat()), (16, vec![16, 16, 16, 5]), (53, vec![53]), (5_000, vec![53])] {
            for servers in [&servers[..1], &servers[1..], &servers[..]] {
                let (lengths, results) = all_pages(&mut app, servers, "subject", &body, limit).await;
                assert_eq!(lengths, expected, "by {limit}");
                assert_eq!(results, everybody, "by {limit}");
            }
        }
        let answer = ask(&app, "search/subject", body).await;
        assert_eq!(answer["page"]["count"], 50, "without a limit");
        assert!(answer.to_string().starts_with(r#"{"page":{"next_token":""#), "the page stands first: {answer}");
    }

    async fn bots_and_permissions_come_in_pages_too(app: TestApp) {
        let ann = app.users(["ann@acme.example"]).await.remove(0);
        let permissions: Vec<String> = (0..16).map(|n| format!("Permission {n:02}")).collect();
        let granted: serde_json::Map<String, Value> = permissions.iter().rev().map(|name| (name.clone(), json!(["YES"]))).collect();
        let ids = roles(&app, "bot", &[("Clerk", granted.into())]).await;
        let mut bots = Vec::new();
        for n in 0..16 {
            let bot = app.bot(&format!("Bot {n}")).await;
            assign(&app, &ids["Clerk"], Some(&bot), "addUsers", &ann.email).await;
            bots.push(bot);
        }
        let mut app = app;
        let servers = with_and_without_image(&app).await;
        let where_they_may = json!({"subject": subject(&ann), "action": {"name": "Permission 03"}, "resource": {"type": "bot"}});
        let what_they_may = json!({"subject": subject(&ann), "resource": resource(&bots[3])});
        for (limit, expected) in [(1, vec![1; 16]), (5, vec![5, 5, 5, 1]), (16, vec![16]), (53, vec![16])] {
            for servers in [&servers[..1], &servers[1..], &servers[..]] {
                let (lengths, results) = all_pages(&mut app, servers, "resource", &where_they_may, limit).await;
                assert_eq!((lengths, results), (expected.clone(), bots.iter().map(resource).collect()), "by {limit}");
                let (lengths, results) = all_pages(&mut app, servers, "action", &what_they_may, limit).await;
                let results: Vec<&str> = results.iter().map(|action| action["name"].as_str().expect("a name")).collect();
                let names: Vec<&str> = permissions.iter().map(String::as_str).collect();
                assert_eq!((lengths, results), (expected.clone(), names), "by {limit}");
            }
        }
    }

    async fn a_token_is_good_for_its_search_and_account_only(app: TestApp) {
        let people = app.users(["ann@acme.example", "ben@acme.example"]).await;
        let (bot, hotels) = (app.bot("Travel").await, app.bot("Hotels").await);
        let ids = roles(&app, "bot", &[("Clerk", json!({"Stamp": ["YES"], "Sign": ["YES"]}))]).await;
        for (user, bot) in people.iter().flat_map(|user| [(user, &bot), (user, &hotels)]) {
            assign(&app, &ids["Clerk"], Some(bot), "addUsers", &user.email).await;
        }
        let body = json!({"subject": {"type": "user"}, "action": {"name": "Stamp"}, "resource": resource(&bot),
            "context": {"a": {"x": 1, "y": 2}}, "page": {"limit": 1}});
        let first = ask(&app, "search/subject", body.clone()).await;
        let token = first["page"]["next_token"].as_str().expect("there is another page");
        let mut next = body.clone();
        next["page"] = json!({"token": token, "properties": {"sort": "none"}, "later": true});
        let second = ask(&app, "search/subject", next.clone()).await;
        assert_eq!(second["results"], json!([subject(&people[1])]));

        // However it is written, it is the same search; what is ignored may change.
        let same = json!({"page": {"token": token, "limit": 1}, "context": {"a": {"y": 2, "x": 1}}, "resource": {"id": bot.id, "type": "bot"},
            "action": {"name": "Stamp"}, "subject": {"id": "anybody", "type": "user"}, "later": 1});
        assert_eq!(ask(&app, "search/subject", same).await, second);

        let refused = async |search: &str, token: &str, body: &Value| {
            let request = Request::new(Method::POST, &format!("/access/v1/search/{search}")).token(token).json(body);
            let reply = app.send(request).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{search} {body}: {}", reply.body);
            reply.body
        };
        let not_given = "/page/token: is not one that this search gave out: send all else as before, or begin again without it";
        let own = app.tenant.token.as_str();
        for (name, part) in [
            ("action", json!({"name": "Sign"})),
            ("action", json!({"name": "Stamp", "properties": {"level": "FULL"}})),
            ("resource", resource(&hotels)),
            ("resource", json!({"type": "bot", "id": bot.id, "properties": {}})),
            ("subject", json!({"type": "user", "properties": {"a": 1}})),
            ("subject", json!({"type": "spaceship"})),
            ("context", json!({"a": {"x": 1, "y": 3}})),
            ("context", Value::Null),
        ] {
            let mut body = next.clone();
            body[name] = part;
            assert_eq!(refused("subject", own, &body).await, not_given);
        }
        let mut body = next.clone();
        body["page"]["limit"] = json!(2);
        assert_eq!(refused("subject", own, &body).await, "/page/limit: must stay 1 from page to page, or be left out");
        for (limit, told) in [(json!(0), "must be at least 1"), (json!(-1), "must be a whole number from 1 up"), (json!(1.5), "must be a whole number from 1 up"), (json!("1"), "must be a whole number from 1 up")] {
            body["page"] = json!({"limit": limit});
            assert_eq!(refused("subject", own, &body).await, format!("/page/limit: {told}"));
        }
        assert_eq!(refused("resource", own, &json!({"subject": subject(&people[0]), "action": {"name": "Stamp"},
            "resource": resource(&bot), "page": {"token": token}})).await, not_given);
        assert_eq!(refused("subject", &app.another_tenant().await.token, &next).await, not_given);
        let bent = [&token[1..], &format!("{token}A"), &token.replace(&token[..1], if token.starts_with('A') { "B" } else { "A" }), "AAAA", "?"].map(str::to_owned);
        for token in bent {
            let mut body = next.clone();
            body["page"]["token"] = json!(token);
            assert_eq!(refused("subject", own, &body).await, not_given, "{token}");
        }
    }
}
