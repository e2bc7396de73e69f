//! The scenario that the OpenID Foundation certifies by, in this product's words.
//!
//! Its two people are users, its two records are bots, `read`, `write` and `delete` are permissions of
//! custom roles. A soft `delete` is a part of the whole one, so it is the level VIEW, and the other FULL.
//! That only an administrator writes to the archived record is said by who holds which role on it. The
//! properties of the scenario are sent as well; no role depends on them.

use rolecall_model::{bot::Bot, user::User};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

use super::{ask, assign, resource, roles, subject};

struct Fixture {
    alice: User,
    bob: User,
    active: Bot,
    archived: Bot,
}

impl Fixture {
    async fn make(app: &TestApp) -> Self {
        let mut people = app.users(["alice@record.example", "bob@record.example"]).await;
        let (bob, alice) = (people.pop().expect("bob"), people.pop().expect("alice"));
        let (active, archived) = (app.bot("record-1").await, app.bot("record-2").await);
        let ids = roles(
            app,
            "bot",
            &[
                ("editor", json!({"read": ["YES"], "write": ["YES"], "delete": ["VIEW"]})),
                ("reader", json!({"read": ["YES"], "write": ["NO"]})),
                ("admin", json!({"read": ["YES"], "write": ["YES"], "delete": ["FULL"]})),
            ],
        )
        .await;
        for (role, bot, who) in [
            ("editor", &active, &alice),
            ("reader", &archived, &alice),
            ("reader", &active, &bob),
            ("admin", &archived, &bob),
        ] {
            assign(app, &ids[role], Some(bot), "addUsers", &who.email).await;
        }
        Self { alice, bob, active, archived }
    }

    /// The mandated decisions: who, what, where, and what is decided.
    fn decisions(&self) -> [(Value, Value, Value, bool); 8] {
        let (alice, bob) = (subject(&self.alice), subject(&self.bob));
        let (active, archived) = (resource(&self.active), resource(&self.archived));
        let with = |part: &Value, properties: Value| {
            let mut part = part.clone();
            part["properties"] = properties;
            part
        };
        let archived = with(&archived, json!({"status": "archived"}));
        let admin = with(&bob, json!({"role": "admin"}));
        let delete = |level: &str, soft: bool| json!({"name": "delete", "properties": {"soft": soft, "level": level}});
        let action = |name: &str| json!({"name": name});
        [
            (alice.clone(), action("read"), active.clone(), true),
            (alice.clone(), action("write"), active.clone(), true),
            (bob.clone(), action("read"), active.clone(), true),
            (bob, action("write"), active.clone(), false),
            (alice.clone(), action("write"), archived.clone(), false),
            (admin, action("write"), archived, true),
            (alice.clone(), delete("VIEW", true), active.clone(), true),
            (alice, delete("FULL", false), active, false),
        ]
    }
}

fn evaluation((subject, action, resource, _): &(Value, Value, Value, bool)) -> Value {
    json!({"subject": subject, "action": action, "resource": resource})
}

each_engine! {
    async fn the_eight_decisions_are_those_of_the_scenario(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        for decision in &fixture.decisions() {
            let body = evaluation(decision);
            let answer = ask(&app, "evaluation", body.clone()).await;
            assert_eq!(answer, json!({"decision": decision.3}), "{body}");
            let again = ask(&app, "evaluation", body).await;
            assert_eq!(again, answer);
        }
        let body = json!({"evaluations": fixture.decisions().iter().map(evaluation).collect::<Vec<_>>()});
        let expected: Vec<Value> = fixture.decisions().iter().map(|decision| json!({"decision": decision.3})).collect();
        assert_eq!(ask(&app, "evaluations", body).await, json!({"evaluations": expected}));
    }

    async fn what_is_sent_beside_the_question_changes_no_decision(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let body = json!({
            "futureField": {"nested": true},
            "context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"},
            "subject": {"type": "user", "id": fixture.alice.id, "properties": {"department": "Sales", "role": "manager"}, "more": 1},
            "action": {"name": "read", "properties": {"method": "GET"}},
            "resource": {"type": "bot", "id": fixture.active.id, "properties": {"status": "active", "owner": "bob"}},
        });
        assert_eq!(ask(&app, "evaluation", body).await, json!({"decision": true}));
    }

    async fn evaluations_take_what_they_lack_from_what_they_have_in_common(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let (alice, bob) = (subject(&fixture.alice), subject(&fixture.bob));
        let (active, archived) = (resource(&fixture.active), resource(&fixture.archived));
        let decided = async |body: Value| {
            let answer = ask(&app, "evaluations", body).await;
            let list = answer["evaluations"].as_array().expect("evaluations").clone();
            list.iter().map(|one| one["decision"].as_bool().expect("a decision")).collect::<Vec<_>>()
        };
        // The subject and the resource in common.
        let body = json!({"subject": bob, "resource": active,
            "evaluations": [{"action": {"name": "read"}}, {"action": {"name": "write"}}]});
        assert_eq!(decided(body).await, [true, false]);
        // A subject of its own.
        let body = json!({"action": {"name": "write"}, "resource": archived,
            "evaluations": [{"subject": alice}, {"subject": bob}, {}]});
        assert_eq!(decided(body).await, [false, true, false]);
        // A part of its own replaces the common one as a whole, properties and all, but for its type.
        let body = json!({"subject": alice, "resource": {"type": "bot"},
            "action": {"name": "delete", "properties": {"level": "FULL"}},
            "evaluations": [{"resource": {"id": fixture.active.id}, "action": {"name": "delete"}},
                            {"resource": active}]});
        assert_eq!(decided(body).await, [true, false]);
        // Contexts stand where they like.
        let body = json!({"subject": alice, "action": {"name": "read"}, "context": {"time": "now"},
            "evaluations": [{"resource": active}, {"resource": archived, "context": {"time": "later"}}]});
        assert_eq!(decided(body).await, [true, true]);
    }

    async fn without_evaluations_the_call_for_many_answers_one(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let mut body = json!({"subject": subject(&fixture.alice), "action": {"name": "read"}, "resource": resource(&fixture.active)});
        assert_eq!(ask(&app, "evaluations", body.clone()).await, json!({"decision": true}));
        body["evaluations"] = json!([]);
        assert_eq!(ask(&app, "evaluations", body).await, json!({"decision": true}));
    }

    async fn a_list_of_evaluations_ends_where_its_semantic_says(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let of = async |semantic: Value, names: &[&str]| {
            let evaluations: Vec<Value> = names.iter().map(|name| if name.is_empty() { json!({}) } else { json!({"action": {"name": name}}) }).collect();
            let body = json!({"subject": subject(&fixture.bob), "resource": resource(&fixture.active),
                "options": {"evaluations_semantic": semantic, "else": 1}, "evaluations": evaluations});
            let answer = ask(&app, "evaluations", body).await;
            let list = answer["evaluations"].as_array().expect("evaluations").clone();
            list.iter().map(|one| one["decision"] == true).collect::<Vec<_>>()
        };
        let names = ["read", "write", "read", "", "write"];
        for semantic in [Value::Null, json!("execute_all")] {
            assert_eq!(of(semantic, &names).await, [true, false, true, false, false]);
        }
        assert_eq!(of(json!("deny_on_first_deny"), &names).await, [true, false]);
        assert_eq!(of(json!("deny_on_first_deny"), &["read", "", "read"]).await, [true, false]);
        assert_eq!(of(json!("deny_on_first_deny"), &["read", "read"]).await, [true, true]);
        assert_eq!(of(json!("permit_on_first_permit"), &["write", "", "read", "write"]).await, [false, false, true]);
        assert_eq!(of(json!("permit_on_first_permit"), &["write", "write"]).await, [false, false]);
    }

    async fn an_evaluation_that_cannot_be_read_is_denied_and_says_why(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let body = json!({"subject": subject(&fixture.alice), "action": {"name": "read"},
            "evaluations": [{"resource": resource(&fixture.active)}, {}, 7, {"resource": "record-1"}, {"resource": {"type": 1, "id": "x"}}]});
        let answer = ask(&app, "evaluations", body).await;
        let error = |message: &str| json!({"decision": false, "context": {"error": {"status": 400, "message": message}}});
        assert_eq!(answer, json!({"evaluations": [
            {"decision": true},
            error("/evaluations/1/resource: is required"),
            error("/evaluations/2: must be an object, not a number"),
            error("/evaluations/3/resource: must be an object, not a string"),
            error("/evaluations/4/resource/type: must be a string, not a number"),
        ]}));
    }

    async fn the_searches_find_what_the_scenario_wants(app: TestApp) {
        let fixture = Fixture::make(&app).await;
        let (alice, bob) = (subject(&fixture.alice), subject(&fixture.bob));
        let (active, archived) = (resource(&fixture.active), resource(&fixture.archived));
        let results = async |search: &str, body: Value| ask(&app, &format!("search/{search}"), body).await["results"].clone();
        let user = json!({"type": "user", "id": "whatever is ignored"});
        // The owner of the bots holds a role on both, but none that reads.
        let body = json!({"subject": user, "action": {"name": "read"}, "resource": active, "context": {"a": 1}});
        assert_eq!(results("subject", body).await, json!([alice, bob]));
        let body = json!({"subject": {"type": "user"}, "action": {"name": "write"}, "resource": archived});
        assert_eq!(results("subject", body).await, json!([bob]));
        let body = json!({"subject": alice, "action": {"name": "read"}, "resource": {"type": "bot", "id": "ignored"}});
        assert_eq!(results("resource", body).await, json!([active, archived]));
        let body = json!({"subject": bob, "action": {"name": "write"}, "resource": {"type": "bot"}});
        assert_eq!(results("resource", body).await, json!([archived]));
        let action = |name: &str, level: &str| json!({"name": name, "properties": {"level": level}});
        let body = json!({"subject": alice, "resource": active, "action": {"name": 7, "ignored": true}});
        assert_eq!(results("action", body).await, json!([action("delete", "VIEW"), action("read", "YES"), action("write", "YES")]));
        let body = json!({"subject": bob, "resource": archived});
        assert_eq!(results("action", body).await, json!([action("delete", "FULL"), action("read", "YES"), action("write", "YES")]));
    }
}
