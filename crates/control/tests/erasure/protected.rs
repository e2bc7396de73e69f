use rolecall_control::{
    bots::{self, NewBot},
    erasure,
    users::{self, Key},
};
use rolecall_model::{
    erasure::{Outcome, Subject},
    user::User,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{about, channel, outcomes, plain, reported, requested};

/// The three texts that name one of the account.
fn names(user: &User) -> [Subject; 3] {
    [plain(&user.email.to_uppercase()), plain(&user.id.to_uppercase()), plain(&format!(" {} ", user.org_user_id))]
}

async fn rules(app: &TestApp, subjects: &[Subject]) -> Vec<String> {
    let report = reported(app, &requested(app, subjects).await.id).await;
    let told = outcomes(&report).into_iter().map(|(outcome, cause)| format!("{} {cause}", outcome.as_str()));
    told.collect()
}

each_engine! {
    async fn one_of_the_account_is_refused_by_each_name(app: TestApp) {
        let users = app.users(["ann@acme.example", "ben@acme.example"]).await;
        let subjects = [names(&users[0]), names(&users[1])].concat();
        assert_eq!(rules(&app, &subjects).await, vec!["refused account_member"; 6]);
        assert_eq!(erasure::suppressed(&app.operator(), &subjects).await.expect("an answer"), [const { None }; 6]);
    }

    async fn an_id_of_the_organisation_protects_in_any_case_of_letters(app: TestApp) {
        let ids = ["Emp-One", "ÉMP-Two", "emp-one"];
        let users = ids.iter().enumerate().map(|(n, id)| serde_json::json!({"userInfo": {"emailId": format!("p{n}@acme.example"), "orgUserId": id}}));
        let body = serde_json::json!({"users": users.collect::<Vec<_>>()});
        assert_eq!(app.post("/api/public/users", body).await.status.as_u16(), 200);
        let subjects = ["EMP-ONE", "ÉMP-TWO", "emp-three"].map(plain);
        assert_eq!(rules(&app, &subjects).await, ["refused account_member", "refused account_member", "pending "]);
    }

    async fn the_most_telling_rule_is_told(app: TestApp) {
        let ctx = app.operator();
        let people = ["lead@acme.example", "direct@acme.example", "grouped@acme.example", "nested@acme.example", "admin@acme.example"];
        let users = app.users(people).await;
        let bot = bots::create(&ctx, &NewBot { owner: Some(users[0].email.clone()), ..NewBot::named("Travel") }).await.expect("a bot");
        let inner = app.group("Inner", &[&users[3]]).await;
        let outer = app.group("Outer", &[&users[2]]).await;
        app.change(async |change| rolecall_control::memberships::add_groups(change, &[(&outer, &inner)]).await).await;
        let roles = app.get("/api/public/roles?roleType=bot").await.json();
        let admin = app.get("/api/public/roles?roleType=admin").await.json();
        let role = &roles["roles"][1]["_id"];
        for (path, assign) in [
            ("btroles", serde_json::json!([{"roleId": role, "botId": bot.id, "addUsers": ["direct@acme.example"], "addGroups": ["Outer"]}])),
            ("adminroles", serde_json::json!([{"roleId": admin["roles"][0]["_id"], "addUsers": ["admin@acme.example"]}])),
        ] {
            let reply = app.post(&format!("/api/public/{path}/assignments"), assign).await;
            assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
        }
        let subjects: Vec<Subject> = ["owner@acme.example"].iter().chain(people.iter()).map(|email| plain(email)).collect();
        assert_eq!(rules(&app, &subjects).await, [
            "refused account_owner", "refused bot_owner", "refused bot_co_developer", "refused bot_co_developer",
            "refused bot_co_developer", "refused account_member",
        ]);
    }

    async fn who_left_the_account_or_comes_over_a_channel_or_is_of_another_account_is_erased(app: TestApp) {
        let ctx = app.operator();
        let users = app.users(["ann@acme.example"]).await;
        users::remove(&ctx, &[Key::Email("ann@acme.example".to_owned())]).await.expect("she leaves");
        app.another_tenant().await;
        let subjects = [names(&users[0]).to_vec(), vec![channel("mail", "owner@acme.example"), plain("owner@other.example")]].concat();
        assert_eq!(rules(&app, &subjects).await, vec!["pending "; 5]);
    }

    async fn a_request_about_nobody_but_the_protected_is_accepted(app: TestApp) {
        let report = reported(&app, &requested(&app, &[plain("owner@acme.example")]).await.id).await;
        assert_eq!(outcomes(&report), [(Outcome::Refused, "account_owner")]);
        assert_eq!(report.next_attempt_at, Some(report.requested_at), "a worker will end it with a receipt");
    }

    async fn a_thousand_people_take_as_few_statements_as_any_crowd(app: TestApp) {
        app.users((0..300).map(|n| format!("p{n}@acme.example"))).await;
        let ctx = app.operator();
        let crowd: Vec<Subject> = (0..1_000).map(|n| plain(&format!("p{n}@acme.example"))).collect();
        let before = ctx.meter.reading().n_statements;
        let accepted = erasure::request(&ctx, &about(&crowd)).await.expect("it is accepted");
        let n_statements = ctx.meter.reading().n_statements - before;
        assert!(n_statements <= 60, "{n_statements} statements to ask");
        let ctx = app.operator();
        let report = erasure::report(&ctx, &accepted.id).await.expect("it is known");
        let n_statements = ctx.meter.reading().n_statements;
        assert!(n_statements <= 12, "{n_statements} statements to tell");
        assert_eq!(report.subjects.iter().filter(|subject| subject.outcome == Outcome::Refused).count(), 300);
    }
}
