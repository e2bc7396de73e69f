//! Coming to roles by way of groups: joining, nesting, and through the calls about users.

use rolecall_control::{
    Change, Ctx, Error, Rule,
    assignments::{Action, Principal},
    groups, memberships,
    users::{self, Grant, Key, Particulars, What, Wish},
    version::Expected,
};
use rolecall_model::{group::Group, user::User};
use rolecall_testkit::{TestApp, each_engine};

use super::is_not_permitted;

/// Puts a user into a group, or a group into a group, as `ctx`.
async fn put(ctx: &Ctx, group: &Group, user: Option<&User>, inner: Option<&Group>) -> Result<(), Error> {
    let mut tx = ctx.attempts().begin().await.expect("a transaction");
    let mut change = Change::begin(ctx, &mut tx).await?;
    if let Some(user) = user {
        memberships::add_users(&mut change, &[(group, user)]).await?;
    }
    if let Some(inner) = inner {
        memberships::add_groups(&mut change, &[(group, inner)]).await?;
    }
    change.finish().await
}

fn joins(group: &Group, action: Action) -> Vec<Grant> {
    vec![Grant { what: What::Group(group.id.clone()), action, list: "groups", index: 0 }]
}

/// The rule for which a wish about a user was not done.
async fn refused(ctx: &Ctx, email: &str, grants: Vec<Grant>) -> Option<Rule> {
    let wish = Wish { who: Key::Email(email.to_owned()), particulars: Particulars::default(), grants };
    let failures = users::update(ctx, &[wish]).await.expect("it is looked at");
    failures.into_iter().next().map(|failure| failure.fault.rule)
}

each_engine! {
    async fn nobody_joins_a_group_that_holds_more_than_they_do(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let bob = app.users(["bob@acme.example"]).await.remove(0);
        let keys = app.group("Keys", &[]).await;
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        let revision = app.revision().await;
        for user in [&eve, &bob] {
            assert!(is_not_permitted(put(&ctx, &keys, Some(user), None).await));
            assert_eq!(refused(&ctx, &user.email, joins(&keys, Action::Add)).await, Some(Rule::NotPermitted));
        }
        assert_eq!(app.revision().await, revision);
    }

    async fn nobody_joins_a_group_inside_one_that_holds_more_however_deep(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (keys, ring, chain) = (
            app.group("Keys", &[]).await,
            app.group("Ring", &[]).await,
            app.group("Chain", &[]).await,
        );
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        app.change(async |change| memberships::add_groups(change, &[(&keys, &ring), (&ring, &chain)]).await).await;
        for group in [&ring, &chain] {
            assert!(is_not_permitted(put(&ctx, group, Some(&eve), None).await), "{}", group.name);
        }
    }

    async fn nobody_puts_a_group_where_those_in_it_gain_more_than_they_hold(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (keys, ring, eves, others) = (
            app.group("Keys", &[]).await,
            app.group("Ring", &[]).await,
            app.group("Eves", &[&eve]).await,
            app.group("Others", &[]).await,
        );
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        app.change(async |change| memberships::add_groups(change, &[(&keys, &ring)]).await).await;
        for outer in [&keys, &ring] {
            for inner in [&eves, &others] {
                assert!(is_not_permitted(put(&ctx, outer, None, Some(inner)).await), "{} {}", outer.name, inner.name);
            }
        }
        put(&ctx, &others, None, Some(&eves)).await.expect("nothing comes with it");
    }

    async fn a_group_with_a_bot_role_takes_the_authority_over_bot_roles(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (_, bob) = app.admin("bob@acme.example", &["Manage Groups", "Manage Bot Roles"]).await;
        let (team, bot) = (app.group("Team", &[]).await, app.bot("One").await);
        let role = app.role(rolecall_model::role::RoleType::Bot, "Bot Developer").await;
        let element = rolecall_testkit::assigned(&role, Some(&bot), Action::Add, Principal::GroupName("Team".to_owned()));
        rolecall_control::assignments::apply(&app.operator(), role.role_type, &[element]).await.expect("assigned");
        assert!(is_not_permitted(put(&ctx, &team, Some(&eve), None).await));
        put(&bob, &team, Some(&eve), None).await.expect("bob may");
    }

    async fn who_holds_what_a_group_holds_may_put_people_into_it(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups", "API Scopes"]).await;
        let keys = app.group("Keys", &[]).await;
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        put(&ctx, &keys, Some(&eve), None).await.expect("nothing is gained");
        assert_eq!(refused(&ctx, &eve.email, joins(&keys, Action::Remove)).await, None);
    }

    async fn nobody_takes_people_out_of_a_group_that_holds_more_than_they_do(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let bob = app.users(["bob@acme.example"]).await.remove(0);
        let keys = app.group("Keys", &[&bob]).await;
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        assert_eq!(refused(&ctx, &bob.email, joins(&keys, Action::Remove)).await, Some(Rule::NotPermitted));
    }

    async fn nobody_takes_the_name_of_a_group_that_holds_more_than_they_do_nor_removes_it(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (keys, plain) = (app.group("Keys", &[]).await, app.group("Plain", &[]).await);
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        let renamed = groups::Edit { name: Some("Old keys".to_owned()), description: None };
        assert!(is_not_permitted(groups::update(&ctx, &keys.id, &Expected::Any, &renamed).await));
        assert!(is_not_permitted(groups::remove(&ctx, &keys.id, &Expected::Any).await));
        let described = groups::Edit { name: None, description: Some("For the keys".to_owned()) };
        groups::update(&ctx, &keys.id, &Expected::Any, &described).await.expect("it stays what it is");
        groups::update(&ctx, &plain.id, &Expected::Any, &renamed).await.expect("it holds nothing");
        groups::remove(&ctx, &plain.id, &Expected::Any).await.expect("it holds nothing");
    }

    async fn members_come_and_go_by_leave_of_who_holds_what_comes_with_it(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups"]).await;
        let (keys, eves) = (app.group("Keys", &[]).await, app.group("Eves", &[&eve]).await);
        app.assign(&app.admin_role("Keys", &["API Scopes"]).await, Principal::GroupName("Keys".to_owned())).await;
        let wish = |who: groups::Who| groups::Wish { who, is_added: true, path: String::new() };
        for who in [groups::Who::UserId(eve.id.clone()), groups::Who::Email(eve.email.clone()), groups::Who::GroupId(eves.id.clone())] {
            assert!(is_not_permitted(groups::change_members(&ctx, &keys.id, &[wish(who)]).await));
        }
    }

    async fn a_group_that_one_is_in_is_given_no_more_than_one_holds(app: TestApp) {
        let (eve, ctx) = app.admin("eve@acme.example", &["Manage Groups", "Manage Custom Admin Roles"]).await;
        let (inner, outer) = (app.group("Inner", &[&eve]).await, app.group("Outer", &[]).await);
        put(&ctx, &outer, None, Some(&inner)).await.expect("nothing comes with it yet");
        let role = app.admin_role("Keys", &["API Scopes"]).await;
        for name in ["Inner", "Outer"] {
            let element = rolecall_testkit::assigned(&role, None, Action::Add, Principal::GroupName(name.to_owned()));
            assert!(is_not_permitted(rolecall_control::assignments::apply(&ctx, role.role_type, &[element]).await));
        }
    }
}
