//! `/api/v1/assignments`: who holds what and why, as lists and as reports, and giving and taking it.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

use super::users::{Staff, both, staff};

const LIST: &str = "/api/v1/assignments";

fn rows(reply: &Reply) -> Vec<String> {
    let shown = |row: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let (user, role, bot) = (text(&row["user"]["email"]), text(&row["role"]["name"]), text(&row["bot"]["name"]));
        let ways = row["why"]["ways"].as_array().expect("ways").len();
        format!("{user} {role} {bot} {} {ways}", row["why"]["isDirect"])
    };
    reply.json()["assignments"].as_array().expect("rows").iter().map(shown).collect()
}

fn filters(staff: &Staff) -> Vec<(String, Vec<&'static str>)> {
    let owner = "owner@acme.example admin - true 0";
    let owner_travel = "owner@acme.example Bot Owner Travel true 0";
    let owner_hotels = "owner@acme.example Bot Owner Hotels true 0";
    let ann_travel = "ann@acme.example Bot Tester Travel true 1";
    let ann_hotels = "ann@acme.example Bot Developer Hotels false 2";
    let ben_travel = "ben@acme.example Bot Tester Travel false 1";
    let ben_hotels = "ben@acme.example Bot Developer Hotels false 1";
    let cat = "cat@other.example admin - true 0";
    let Staff { users, groups, bots, tester, developer, admin } = staff;
    vec![
        (String::new(), vec![owner, owner_travel, owner_hotels, ann_travel, ann_hotels, ben_travel, ben_hotels, cat]),
        (format!("user={}", users[0].id), vec![ann_travel, ann_hotels]),
        (format!("role={tester}"), vec![ann_travel, ben_travel]),
        (format!("role={admin}"), vec![owner, cat]),
        ("roleType=admin".to_owned(), vec![owner, cat]),
        (format!("roleType=bot&role={admin}"), vec![]),
        (format!("bot={}", bots[1]), vec![owner_hotels, ann_hotels, ben_hotels]),
        (format!("bot={}&role={tester}", bots[1]), vec![]),
        (format!("bot={}&user={}", bots[0], users[1].id), vec![ben_travel]),
        (format!("group={}", groups[1].id), vec![ann_travel, ann_hotels, ben_travel, ben_hotels]),
        (format!("group={}", groups[2].id), vec![ann_travel, ann_hotels]),
        (format!("group={}&role={developer}", groups[0].id), vec![]),
        (format!("bot={}&permission=Publish%20bot", bots[1]), vec![owner_hotels, ann_hotels, ben_hotels]),
        (format!("bot={}&permission=Publish%20bot", bots[0]), vec![owner_travel]),
        ("permission=Tasks&level=FULL".to_owned(), vec![owner_travel, owner_hotels, ann_hotels, ben_hotels]),
        ("permission=Unheard%20of".to_owned(), vec![]),
    ]
}

each_engine! {
    async fn who_holds_what_is_told_by_every_filter_now_and_then(app: TestApp) {
        let mut app = app;
        let staff = staff(&app).await;
        let then = app.clock_text();
        for (filter, expected) in filters(&staff) {
            assert_eq!(rows(&both(&mut app, &format!("{LIST}?{filter}")).await), expected, "{filter}");
        }
        insta::assert_snapshot!("assignments", both(&mut app, &format!("{LIST}?group={}&limit=1", staff.groups[0].id)).await.body);

        // What changes later does not change what was.
        app.clock.advance_ms(60_000);
        let gone = json!({"deleteEmailIds": ["ann@acme.example", "cat@other.example"]});
        assert_eq!(app.delete("/api/public/users", gone).await.status, StatusCode::OK);
        let lost = json!({"roleType": "bot", "remove": [{"roleId": staff.tester, "botId": staff.bots[0], "groupId": staff.groups[0].id}]});
        assert_eq!(app.post(LIST, lost).await.status, StatusCode::NO_CONTENT);
        assert_eq!(rows(&both(&mut app, &format!("{LIST}?role={}", staff.tester)).await), Vec::<String>::new());
        for (filter, expected) in filters(&staff) {
            let reply = app.get(&format!("{LIST}?at={then}&{filter}")).await;
            if filter.contains("permission") {
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "what roles permitted is not kept");
            } else {
                assert_eq!(rows(&reply), expected, "{filter} then");
            }
        }
        let before = format!("{LIST}?at=2026-01-05T09:00:00.500Z&bot={}", staff.bots[0]);
        assert_eq!(rows(&app.get(&before).await), ["owner@acme.example Bot Owner Travel true 0"]);
    }

    async fn pages_go_on_in_the_middle_of_a_user(app: TestApp) {
        let mut app = app;
        let staff = staff(&app).await;
        let then = app.clock_text();
        for list in [LIST.to_owned(), format!("{LIST}?at={then}"), format!("{LIST}?bot={}", staff.bots[1])] {
            let sign = if list.contains('?') { '&' } else { '?' };
            let whole = rows(&app.get(&list).await);
            let (mut all, mut path) = (Vec::new(), format!("{list}{sign}limit=1"));
            loop {
                let reply = if list.contains("at=") { app.get(&path).await } else { both(&mut app, &path).await };
                all.extend(rows(&reply));
                let Some(cursor) = reply.json()["nextCursor"].as_str().map(str::to_owned) else { break };
                path = format!("{list}{sign}limit=1&cursor={cursor}");
            }
            assert_eq!(all, whole, "{list}");
        }
    }

    async fn what_cannot_be_asked_is_told_by_its_place(app: TestApp) {
        let mut app = app;
        staff(&app).await;
        for (query, status, place) in [
            ("user=u-1", 422, "user"),
            ("role=1", 422, "role"),
            ("bot=st-1", 422, "bot"),
            ("group=e-1", 422, "group"),
            ("roleType=x", 400, "roleType"),
            ("permission=Tasks&level=NO", 400, "level"),
            ("level=FULL", 400, "level"),
            ("cursor=AAAA", 400, "cursor"),
            ("at=2126-01-01", 400, "at"),
            ("limit=0", 400, "limit"),
        ] {
            let reply = both(&mut app, &format!("{LIST}?{query}")).await;
            assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["pointer"]), (status, &json!(place)), "{query}");
        }
    }

    async fn a_report_has_all_rows_and_no_formula(app: TestApp) {
        let staff = staff(&app).await;
        let name = json!({"users": [{"userInfo": {"emailId": "ben@acme.example", "firstName": "=HYPERLINK(\"http://x\")"}}]});
        assert_eq!(app.put("/api/public/users", name).await.status, StatusCode::OK);
        let path = format!("{LIST}?bot={}&limit=1", staff.bots[0]);
        let request = Request::new(Method::GET, &path).token(&app.tenant.token).header("accept", "text/csv");
        let reply = app.send(request).await;
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8; header=present");
        assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"assignments.csv\"");
        insta::assert_snapshot!("report", reply.body.replace("\r\n", "\\r\\n\n"));
        let wrong = Request::new(Method::GET, &format!("{LIST}?bot=st-1")).token(&app.tenant.token).header("accept", "text/csv");
        assert_eq!(app.send(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn roles_are_given_and_taken_all_or_none(app: TestApp) {
        let mut app = app;
        let staff = staff(&app).await;
        let (travel, hotels) = (&staff.bots[0], &staff.bots[1]);
        let wish = json!({"roleType": "bot",
            "add": [
                {"roleId": staff.developer, "botId": travel, "userId": staff.users[2].id},
                {"roleId": staff.developer, "botId": travel, "orgUserId": "emp-ben"},
                {"roleId": staff.tester, "botId": hotels, "groupId": staff.groups[2].id},
            ],
            "remove": [{"roleId": staff.tester, "botId": travel, "email": "ann@acme.example"}]});
        let done = app.post(LIST, wish.clone()).await;
        assert_eq!((done.status, done.body.as_str()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(rows(&both(&mut app, &format!("{LIST}?role={}&bot={travel}", staff.developer)).await),
            ["ben@acme.example Bot Developer Travel true 0", "cat@other.example Bot Developer Travel true 0"]);
        let revision = app.revision().await;
        assert_eq!(app.post(LIST, wish).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.revision().await, revision, "nothing was left to do");

        let before = rows(&app.get(LIST).await);
        for (name, wish) in [
            ("unknown", json!({"roleType": "bot",
                "add": [{"roleId": staff.tester, "botId": travel, "userId": staff.users[2].id}, {"roleId": staff.tester, "botId": travel, "userId": "u-1"},
                        {"roleId": "1", "botId": hotels, "groupId": "e-1"}, {"roleId": staff.tester, "botId": "st-1", "email": "x@acme.example"}],
                "remove": [{"roleId": staff.admin, "botId": travel, "orgUserId": "emp-nobody"}]})),
            ("both", json!({"roleType": "admin",
                "add": [{"roleId": staff.admin, "userId": staff.users[0].id}], "remove": [{"roleId": staff.admin, "email": "ANN@acme.example"}]})),
            ("ruled_out", json!({"roleType": "admin",
                "add": [{"roleId": staff.admin, "groupId": staff.groups[0].id}], "remove": [{"roleId": staff.admin, "email": "owner@acme.example"}]})),
            ("form", json!({"roletype": "bot", "roleType": "guest", "add": {}, "remove": [{"roleId": 7}, 8, {"roleId": "1", "userId": "a", "email": "b"}]})),
            ("bots", json!({"roleType": "bot", "add": [{"roleId": "1", "userId": "a"}]})),
            ("account", json!({"roleType": "admin", "add": [{"roleId": staff.admin, "userId": "a"}], "remove": [{"roleId": staff.admin, "botId": travel, "userId": "a"}]})),
        ] {
            let reply = app.post(LIST, wish).await;
            insta::assert_snapshot!(name, reply.shown());
        }
        assert_eq!(rows(&app.get(LIST).await), before);
    }
}
