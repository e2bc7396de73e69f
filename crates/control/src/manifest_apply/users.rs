//! The users of a manifest, a chunk at a time.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    delta::Delta,
    ids::{self, UserNo, prefixed},
    manifest,
    text::fold,
    user::User,
};
use rolecall_store::users::{self, Key};

use super::{Kind, Outcome, Work, distinct};
use crate::{Change, Error};

impl Work<'_> {
    /// Makes and changes users so that they are as the manifest has them.
    pub(super) async fn put_users(
        &mut self,
        change: &mut Change<'_>,
        wanted: &[(u64, manifest::User)],
    ) -> Result<(), Error> {
        let mut existing = by_email(change, wanted).await?;
        let holders = holders_of_org_user_ids(change, wanted).await?;
        let (mut made, mut updated) = (Vec::new(), Vec::new());
        let (mut emails, mut org_user_ids) = (HashSet::with_capacity(wanted.len()), HashSet::new());
        for (line, wanted) in wanted {
            let folded = fold(&wanted.email);
            let before = existing.remove(&folded);
            let is_listed = before.as_ref().is_some_and(|user| self.users.contains(user.no.0));
            if !emails.insert(folded) || is_listed {
                self.problem(*line, "email", "is the address of a user that the manifest lists already");
                continue;
            }
            if let Some(id) = wanted.org_user_id.as_deref().filter(|id| !id.is_empty()) {
                let is_anothers = holders.get(id).is_some_and(|no| before.as_ref().is_none_or(|user| user.no != *no));
                if !org_user_ids.insert(id) || is_anothers {
                    self.problem(*line, "orgUserId", "is that of another user");
                    continue;
                }
            }
            let base = if let Some(user) = &before {
                user.clone()
            } else {
                let id = prefixed(ids::Kind::User, self.ctx.core.random.bytes());
                User::new(UserNo(change.next_no()), id, wanted.email.clone(), change.at)
            };
            self.users.insert(base.no.0);
            let Some(after) = merged(base, wanted) else {
                self.problem(*line, "canCreateBot", "needs isDeveloper: who makes bots enters the builder");
                continue;
            };
            let outcome = match &before {
                None => Outcome::Created,
                Some(before) if *before == after => Outcome::Unchanged,
                Some(_) => Outcome::Updated,
            };
            self.report.add(Kind::User, outcome, || after.email.clone());
            match (outcome, before) {
                (Outcome::Unchanged, _) => {}
                (_, None) => made.push(after),
                (_, Some(before)) => updated.push((before, after)),
            }
        }
        // Whatever was written would be undone, so nothing more is.
        if self.problems.is_empty() { write(change, &made, &updated).await } else { Ok(()) }
    }
}

/// Writes what a chunk comes to.
async fn write(change: &mut Change<'_>, made: &[User], updated: &[(User, User)]) -> Result<(), Error> {
    crate::users::write(change, made).await?;
    for (before, after) in updated {
        crate::users::record_update(change, before, after);
    }
    let (account, revision) = (change.account_no(), change.account.revision);
    let updated: Vec<User> = updated.iter().map(|(_, after)| after.clone()).collect();
    users::update(change.tx, account, revision, &updated).await?;
    change.note(updated.iter().map(|user| Delta::User(user.no)));
    change.flush_if_full().await
}

async fn by_email(change: &mut Change<'_>, wanted: &[(u64, manifest::User)]) -> Result<HashMap<String, User>, Error> {
    let emails = distinct(wanted.iter().map(|(_, user)| fold(&user.email)).collect());
    let account = change.account_no();
    let found = users::find_many(change.tx, account, Key::Email, &emails).await?;
    Ok(found.into_iter().map(|user| (fold(&user.email), user)).collect())
}

/// Who has the organisation ids that the manifest gives.
async fn holders_of_org_user_ids(
    change: &mut Change<'_>,
    wanted: &[(u64, manifest::User)],
) -> Result<HashMap<String, UserNo>, Error> {
    let given = wanted.iter().filter_map(|(_, user)| user.org_user_id.clone());
    let ids = distinct(given.filter(|id| !id.is_empty()).collect());
    let account = change.account_no();
    let found = users::find_many(change.tx, account, Key::OrgUserId, &ids).await?;
    Ok(found.into_iter().map(|user| (user.org_user_id, user.no)).collect())
}

/// The user with all that the manifest says of it; nothing if it could then make bots without being
/// a developer. Who is said to be no developer any more makes no bots either.
fn merged(mut user: User, wanted: &manifest::User) -> Option<User> {
    let set = |field: &mut String, value: &Option<String>| {
        if let Some(value) = value {
            field.clone_from(value);
        }
    };
    set(&mut user.org_user_id, &wanted.org_user_id);
    set(&mut user.first_name, &wanted.first_name);
    set(&mut user.last_name, &wanted.last_name);
    user.is_developer = wanted.is_developer.unwrap_or(user.is_developer);
    let could_create = user.can_create_bot && wanted.is_developer != Some(false);
    user.can_create_bot = wanted.can_create_bot.unwrap_or(could_create);
    for (key, value) in &wanted.profile {
        if value.is_empty() {
            user.profile.shift_remove(*key);
        } else {
            user.profile.insert((*key).to_owned(), value.as_str().into());
        }
    }
    (user.is_developer || !user.can_create_bot).then_some(user)
}
