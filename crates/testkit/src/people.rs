//! Users, groups and bots for tests that are about something else, and what was noted of them.

use rolecall_control::{
    Change, Error,
    bots::{self, NewBot},
    groups::{self, NewGroup},
    memberships,
    users::{self, Particulars, Wish},
};
use rolecall_model::{bot::Bot, group::Group, text::fold, user::User};
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
