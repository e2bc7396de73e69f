//! Users, groups and bots for tests that are about something else, and what was noted of them.

use rolecall_control::{
    Change, Error,
    bots::{self, NewBot},
    groups::{self, NewGroup},
    memberships,
};
use rolecall_model::{
    bot::Bot,
    group::Group,
    ids::{Kind, UserNo, prefixed},
    user::User,
};
use rolecall_store::{
    accounts,
    audit::{self, Entry},
    users,
};

use crate::TestApp;

impl TestApp {
    /// Makes users with these addresses; the organisation knows each by `emp-` and what stands
    /// before the `@`.
    pub async fn users(&self, emails: impl IntoIterator<Item = impl Into<String>>) -> Vec<User> {
        let ctx = self.operator();
        let mut tx = ctx.attempts().begin().await.expect("a transaction");
        let mut change = Change::begin(&ctx, &mut tx).await.expect("a change");
        let mut made = Vec::new();
        for email in emails {
            let email: String = email.into();
            let (no, id) = (UserNo(change.next_no()), prefixed(Kind::User, ctx.core.random.bytes()));
            let org_user_id = format!("emp-{}", email.split('@').next().unwrap_or_default());
            made.push(User { org_user_id, ..User::new(no, id, email, change.at) });
        }
        change.account.n_users += i64::try_from(made.len()).expect("a number");
        users::insert(change.tx, ctx.account, change.account.revision, &made).await.expect("they are new");
        accounts::save(change.tx, &change.account).await.expect("the numbers are kept");
        tx.commit().await.expect("they are kept");
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
