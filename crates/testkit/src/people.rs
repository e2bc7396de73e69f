//! Users, groups and bots for tests that are about something else, and what was noted of them.

use std::sync::Arc;

use rolecall_control::{
    Change, Ctx, Error,
    assignments::{self, Action, Element, Principal},
    authority::Person,
    bots::{self, NewBot},
    files,
    groups::{self, NewGroup},
    memberships,
    role_import::{self, Order},
    roles,
    users::{self, Particulars, Wish},
};
use rolecall_model::{
    bot::Bot,
    group::Group,
    role::{Role, RoleType},
    role_import::Mode,
    text::fold,
    user::User,
};
use rolecall_store::{
    accounts,
    audit::{self, Entry},
    users as stored,
};

use crate::TestApp;

impl TestApp {
    /// Makes users with these addresses, in their order; the organisation knows each by `emp-` and what stands
    /// before the `@`.
    pub async fn users(&self, emails: impl IntoIterator<Item = impl Into<String>>) -> Vec<User> {
        let ctx = self.operator();
        let emails: Vec<String> = emails.into_iter().map(Into::into).collect();
        let wish = |email: &String| {
            let org_user_id = format!("emp-{}", email.split('@').next().unwrap_or_default());
            let particulars = Particulars { org_user_id: Some(org_user_id), ..Particulars::default() };
            Wish { who: email.clone(), particulars, grants: Vec::new() }
        };
        let wishes: Vec<_> = emails.iter().map(wish).collect();
        assert_eq!(users::create(&ctx, &wishes).await.expect("they can be made"), []);
        let mut tx = ctx.read().await.expect("a transaction");
        let folded: Vec<String> = emails.iter().map(|email| fold(email)).collect();
        let made = stored::find_many(&mut tx, ctx.account, stored::Key::Email, &folded).await;
        let mut made = made.expect("they are found");
        made.sort_unstable_by_key(|user| user.no);
        made
    }

    /// Makes a group with these users in it.
    pub async fn group(&self, name: &str, members: &[&User]) -> Group {
        let new = NewGroup { name: name.to_owned(), description: String::new() };
        let group = groups::create(&self.operator(), &new).await.expect("the name is free");
        let pairs: Vec<_> = members.iter().map(|member| (&group, *member)).collect();
        self.change(async |change| memberships::add_users(change, &pairs).await).await;
        group
    }

    /// Makes a bot.
    pub async fn bot(&self, name: &str) -> Bot {
        bots::create(&self.operator(), &NewBot::named(name)).await.expect("the name is free")
    }

    /// Makes an admin role of the account's own that grants these permissions.
    pub async fn admin_role(&self, name: &str, permissions: &[&str]) -> Role {
        let permissions: serde_json::Map<_, _> =
            permissions.iter().map(|name| ((*name).into(), "YES".into())).collect();
        self.import_role(RoleType::Admin, name, permissions.into()).await
    }

    /// Makes a bot role that grants these permissions.
    pub async fn bot_role(&self, name: &str, permissions: serde_json::Value) -> Role {
        self.import_role(RoleType::Bot, name, permissions).await
    }

    async fn import_role(&self, role_type: RoleType, name: &str, permissions: serde_json::Value) -> Role {
        let file = serde_json::json!([{"role": name, "rDesc": "", "permissions": permissions}]);
        let ctx = self.operator();
        let uploaded = files::upload(&ctx, file.to_string().as_bytes()).await.expect("a file can be stored");
        let order = Order { role_type, file_id: uploaded.id, mode: Mode::Incremental };
        let imported = role_import::import(&ctx, &order).await.expect("a role can be made");
        imported.roles.into_iter().next().expect("one role")
    }

    /// The account's role of this name.
    pub async fn role(&self, role_type: RoleType, name: &str) -> Role {
        let all = roles::export(&self.operator(), role_type).await.expect("roles");
        all.into_iter().find(|role| role.name == name).expect("a role of that name")
    }

    /// Gives an admin role to somebody.
    pub async fn assign(&self, role: &Role, principal: Principal) {
        let element = assigned(role, None, Action::Add, principal);
        assignments::apply(&self.operator(), RoleType::Admin, &[element]).await.expect("it can be assigned");
    }

    /// The context of what a user does who signed in, as far as the user may do things now.
    pub async fn person(&self, user: &User) -> Ctx {
        let operator = self.operator();
        let mut tx = operator.read().await.expect("a transaction");
        let person = Person::read(&mut tx, operator.account, user.no).await.expect("it can be read");
        Ctx::of_person(&operator.core, Arc::new(person.expect("a user who may sign in")), operator.meter)
    }

    /// A user who holds one admin role of its own, which grants these permissions; and its context.
    pub async fn admin(&self, email: &str, permissions: &[&str]) -> (User, Ctx) {
        let user = self.users([email]).await.pop().expect("a user");
        let role = self.admin_role(&format!("Role of {email}"), permissions).await;
        self.assign(&role, Principal::Email(email.to_owned())).await;
        let ctx = self.person(&user).await;
        (user, ctx)
    }

    /// Makes one change, whole, of what has no door yet.
    pub async fn change(&self, work: impl AsyncFnOnce(&mut Change<'_>) -> Result<(), Error>) {
        let ctx = self.operator();
        let mut tx = ctx.attempts().begin().await.expect("a transaction");
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        work(&mut change).await.expect("it can be done");
        change.finish().await.expect("it is whole");
        tx.commit().await.expect("it is kept");
    }

    /// All audit entries of the account, oldest first.
    pub async fn entries(&self) -> Vec<Entry> {
        let ctx = self.operator();
        let mut tx = ctx.read().await.expect("a transaction");
        audit::list_after(&mut tx, ctx.account, 0, i64::MAX).await.expect("the entries")
    }

    /// The account's revision.
    pub async fn revision(&self) -> i64 {
        let ctx = self.operator();
        let mut tx = ctx.read().await.expect("a transaction");
        accounts::get(&mut tx, ctx.account).await.expect("the account").revision
    }
}

/// One role given to somebody, or taken from somebody.
pub fn assigned(role: &Role, bot: Option<&Bot>, action: Action, principal: Principal) -> Element {
    let wish = assignments::Wish { action, principal, list: "list", index: 0 };
    Element { role_id: role.id.clone(), bot_id: bot.map(|bot| bot.id.clone()), wishes: vec![wish] }
}
