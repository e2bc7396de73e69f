//! Where a person's permissions come from, and when they go.

use rolecall_control::{
    Change, Ctx, Error,
    assignments::{self, Action, Principal},
    authority::acts,
    groups::{self, NewGroup},
    memberships, users,
};
use rolecall_model::{audit::Actor, authority::AdminPermission, role::RoleType};
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, assigned, each_engine};

use super::is_not_permitted;

/// Whether a change of `ctx` finds the permission, under the lock.
async fn finds(ctx: &Ctx, permission: AdminPermission) -> Result<(), Error> {
    let mut tx = ctx.attempts().begin().await.expect("a transaction");
    Change::begin(ctx, &mut tx).await?.need(permission)
}

each_engine! {
    async fn a_person_may_what_it_holds_directly_by_a_group_and_by_a_group_around_it(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["Manage Users"]).await;
        let (inner, outer) = (app.group("Inner", &[&ann]).await, app.group("Outer", &[]).await);
        app.change(async |change| memberships::add_groups(change, &[(&outer, &inner)]).await).await;
        let of_inner = app.admin_role("Of inner", &["Manage Groups"]).await;
        app.assign(&of_inner, Principal::GroupName("Inner".to_owned())).await;
        let of_outer = app.admin_role("Of outer", &["API Scopes", "Brand New"]).await;
        app.assign(&of_outer, Principal::GroupName("Outer".to_owned())).await;

        let ctx = app.person(&ann).await;
        for permission in AdminPermission::ALL {
            let holds = ["Manage Users", "Manage Groups", "API Scopes"].contains(&permission.name());
            assert_eq!(ctx.may(permission), holds, "{permission:?}");
            assert_eq!(ctx.need(permission).is_ok(), holds, "{permission:?}");
            assert_eq!(finds(&ctx, permission).await.is_ok(), holds, "{permission:?}");
        }
        assert!(ctx.may_do(&acts::LOOK) && !ctx.may_do(&acts::READ_AUDIT));
    }

    async fn a_role_on_a_bot_gives_nothing_on_the_account(app: TestApp) {
        let ann = app.users(["ann@acme.example"]).await.remove(0);
        let bot = app.bot("One").await;
        let role = app.bot_role("Named alike", serde_json::json!({"Manage Users": ["FULL"]})).await;
        let element = assigned(&role, Some(&bot), Action::Add, Principal::Email(ann.email.clone()));
        assignments::apply(&app.operator(), RoleType::Bot, &[element]).await.expect("assigned");
        assert!(!app.person(&ann).await.may(AdminPermission::ManageUsers));
    }

    async fn the_owner_may_everything(app: TestApp) {
        let ctx = app.operator();
        let infos = users::info(&ctx, &["owner@acme.example".to_owned().into()], None).await.expect("users");
        let owner = infos.into_iter().flatten().next().expect("the owner").user;
        let owner = app.person(&owner).await;
        for permission in AdminPermission::ALL {
            assert!(owner.may(permission) && finds(&owner, permission).await.is_ok());
        }
    }

    async fn what_was_taken_away_is_gone_at_the_next_change_whatever_the_request_read(app: TestApp) {
        let (ann, ctx) = app.admin("ann@acme.example", &["Manage Groups"]).await;
        finds(&ctx, AdminPermission::ManageGroups).await.expect("it is there");
        let role = app.role(RoleType::Admin, "Role of ann@acme.example").await;
        let element = assigned(&role, None, Action::Remove, Principal::Email(ann.email));
        assignments::apply(&app.operator(), RoleType::Admin, &[element]).await.expect("taken away");
        assert!(ctx.may(AdminPermission::ManageGroups), "the request read it before");
        assert!(is_not_permitted(finds(&ctx, AdminPermission::ManageGroups).await));
    }

    async fn who_was_removed_can_change_nothing(app: TestApp) {
        let (ann, ctx) = app.admin("ann@acme.example", &["Manage Groups"]).await;
        users::remove(&app.operator(), &[ann.email.into()]).await.expect("removed");
        let mut tx = ctx.attempts().begin().await.expect("a transaction");
        assert!(is_not_permitted(Change::begin(&ctx, &mut tx).await));
    }

    async fn of_a_person_whose_permissions_nobody_read_nothing_is_believed(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["Manage Groups"]).await;
        let ctx = Ctx::new(&app.server.core, app.tenant.account.no, Actor::Person(ann.id), Meter::default());
        assert!(!ctx.may(AdminPermission::ManageGroups));
        assert!(is_not_permitted(finds(&ctx, AdminPermission::ManageGroups).await));
    }

    async fn a_person_is_nobody_in_another_account_though_numbers_are_the_same_there(app: TestApp) {
        let infos = users::info(&app.operator(), &["owner@acme.example".to_owned().into()], None).await.expect("users");
        let owner = infos.into_iter().flatten().next().expect("the owner").user;
        let ctx = app.person(&owner).await;
        let other = app.another_tenant().await;
        let there = Ctx { account: other.account.no, ..ctx };
        assert!(is_not_permitted(finds(&there, AdminPermission::ManageGroups).await));
    }

    async fn entries_name_the_person(app: TestApp) {
        let (ann, ctx) = app.admin("ann@acme.example", &["Manage Groups"]).await;
        let new = NewGroup { name: "Staff".to_owned(), description: String::new() };
        groups::create(&ctx, &new).await.expect("a group");
        let last = app.entries().await.pop().expect("an entry");
        assert_eq!((last.event.as_str(), last.actor), ("Group Created", format!("user:{}", ann.id)));
    }
}
