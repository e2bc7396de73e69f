//! Giving roles and taking them: to oneself, to others, to groups, on bots.

use rolecall_control::{
    Ctx, Error,
    assignments::{self, Action, Element, Principal, Queue},
    bots::{self, NewBot},
    version::Expected,
};
use rolecall_model::{
    authority::AdminPermission,
    role::{MASTER_ADMIN, Role, RoleType},
};
use rolecall_testkit::{TestApp, assigned, each_engine};

use super::is_not_permitted;

fn email(email: &str) -> Principal {
    Principal::Email(email.to_owned())
}

fn group(name: &str) -> Principal {
    Principal::GroupName(name.to_owned())
}

async fn apply(ctx: &Ctx, role: &Role, action: Action, principal: Principal) -> Result<(), Error> {
    assignments::apply(ctx, RoleType::Admin, &[assigned(role, None, action, principal)]).await
}

each_engine! {
    async fn nobody_gives_a_role_that_grants_what_they_do_not_hold(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Custom Admin Roles", "Manage Users"]).await;
        app.users(["bob@acme.example"]).await;
        app.group("Eves", &[&eve]).await;
        let within = app.admin_role("Within", &["Manage Users"]).await;
        let beyond = app.admin_role("Beyond", &["Manage Users", "API Scopes"]).await;
        let unheard_of = app.admin_role("Unheard of", &["Brand New"]).await;
        let revision = app.revision().await;
        for role in [&beyond, &unheard_of] {
            for principal in [email("eve@acme.example"), email("bob@acme.example"), group("Eves")] {
                assert!(is_not_permitted(apply(&ctx, role, Action::Add, principal.clone()).await), "{principal:?}");
            }
        }
        assert_eq!(app.revision().await, revision);
        for principal in [email("eve@acme.example"), email("bob@acme.example"), group("Eves")] {
            apply(&ctx, &within, Action::Add, principal).await.expect("she holds it herself");
        }
    }

    async fn one_role_too_many_refuses_the_whole_call_wherever_it_stands(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Custom Admin Roles"]).await;
        let within = app.admin_role("Within", &["Manage Custom Admin Roles"]).await;
        let beyond = app.admin_role("Beyond", &["API Scopes"]).await;
        let element = |role: &Role| assigned(role, None, Action::Add, email("eve@acme.example"));
        let revision = app.revision().await;
        for elements in [[element(&within), element(&beyond)], [element(&beyond), element(&within)]] {
            assert!(is_not_permitted(assignments::apply(&ctx, RoleType::Admin, &elements).await));
        }
        assert_eq!(app.revision().await, revision);
    }

    async fn nobody_takes_a_role_that_grants_what_they_do_not_hold(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Custom Admin Roles"]).await;
        app.admin("bob@acme.example", &["API Scopes"]).await;
        let role = app.role(RoleType::Admin, "Role of bob@acme.example").await;
        assert!(is_not_permitted(apply(&ctx, &role, Action::Remove, email("bob@acme.example")).await));
    }

    async fn the_built_in_admin_role_is_given_by_who_holds_it_and_by_nobody_who_holds_all_else(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &AdminPermission::NAMES).await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        assert!(is_not_permitted(apply(&ctx, &admin, Action::Add, email("eve@acme.example")).await));
        assert!(is_not_permitted(apply(&ctx, &admin, Action::Remove, email("owner@acme.example")).await));
        app.assign(&admin, email("eve@acme.example")).await;
        app.users(["bob@acme.example"]).await;
        let ctx = app.person(&eve).await;
        apply(&ctx, &admin, Action::Add, email("bob@acme.example")).await.expect("she holds it now");
    }

    async fn the_last_who_holds_the_built_in_admin_role_keeps_it_whoever_asks(app: TestApp) {
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let owner = app.users(["owner@acme.example"]).await.remove(0);
        for ctx in [app.operator(), app.person(&owner).await] {
            assert!(apply(&ctx, &admin, Action::Remove, email("owner@acme.example")).await.is_err());
        }
        assert!(app.person(&owner).await.may(AdminPermission::ApiScopes));
    }

    async fn bot_roles_take_the_authority_over_them_and_nothing_else(app: TestApp) {
        let others = AdminPermission::NAMES.into_iter().filter(|name| *name != "Manage Bot Roles");
        let (_, eve) = app.admin("eve@acme.example", &others.collect::<Vec<_>>()).await;
        let (_, bob) = app.admin("bob@acme.example", &["Manage Bot Roles"]).await;
        let bot = app.bot("One").await;
        let role = app.role(RoleType::Bot, "Bot Developer").await;
        for action in [Action::Add, Action::Remove] {
            let element = assigned(&role, Some(&bot), action, email("eve@acme.example"));
            let elements = [element];
            assert!(is_not_permitted(assignments::apply(&eve, RoleType::Bot, &elements).await));
            assignments::apply(&bob, RoleType::Bot, &elements).await.expect("bob may");
        }
    }

    async fn a_bot_that_is_there_changes_hands_by_who_may_give_bot_roles(app: TestApp) {
        let (_, eve) = app.admin("eve@acme.example", &["Enterprise Bots", "Consumer Bots", "Smart Bots"]).await;
        let (_, bob) = app.admin("bob@acme.example", &["Enterprise Bots", "Manage Bot Roles"]).await;
        let bot = app.bot("One").await;
        let to_eve = bots::Edit { owner: Some("eve@acme.example".to_owned()), ..bots::Edit::default() };
        assert!(is_not_permitted(bots::update(&eve, &bot.id, &Expected::Any, &to_eve).await));
        let own = NewBot { owner: Some("eve@acme.example".to_owned()), ..NewBot::named("Two") };
        bots::create(&eve, &own).await.expect("a new bot is nobody's yet");
        bots::update(&bob, &bot.id, &Expected::Any, &to_eve).await.expect("bob may give bot roles");
    }

    async fn in_the_queue_each_call_is_checked_by_who_makes_it(app: TestApp) {
        let (_, eve) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (_, bob) = app.admin("bob@acme.example", &["Manage Bot Roles"]).await;
        let bot = app.bot("One").await;
        let role = app.role(RoleType::Bot, "Bot Tester").await;
        let queue = Queue::default();
        let call = |to: &str| vec![assigned(&role, Some(&bot), Action::Add, email(to))];
        let outcomes = futures_util::future::join_all([
            queue.apply(&eve, RoleType::Bot, call("eve@acme.example")),
            queue.apply(&bob, RoleType::Bot, call("bob@acme.example")),
            queue.apply(&eve, RoleType::Bot, call("bob@acme.example")),
            queue.apply(&app.operator(), RoleType::Bot, call("owner@acme.example")),
        ]).await;
        let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
        assert_eq!(done, [false, true, false, true]);
        assert!(outcomes.into_iter().filter(Result::is_err).all(is_not_permitted));
    }

    async fn of_two_who_take_the_role_from_each_other_the_second_is_refused(app: TestApp) {
        let roles: [&str; 1] = ["Manage Custom Admin Roles"];
        let (_, eve) = app.admin("eve@acme.example", &roles).await;
        let (_, bob) = app.admin("bob@acme.example", &roles).await;
        let take = |from: &Role, who: &str| -> Vec<Element> { vec![assigned(from, None, Action::Remove, email(who))] };
        let of_eve = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let of_bob = app.role(RoleType::Admin, "Role of bob@acme.example").await;
        let queue = Queue::default();
        // Both had the permission when their requests came, and both wait in one queue.
        let (first, second) = tokio::join!(
            queue.apply(&eve, RoleType::Admin, take(&of_bob, "bob@acme.example")),
            queue.apply(&bob, RoleType::Admin, take(&of_eve, "eve@acme.example")),
        );
        first.expect("eve may");
        assert!(is_not_permitted(second));
    }
}
