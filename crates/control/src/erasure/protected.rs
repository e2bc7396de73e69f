//! Whose data is not erased on request: whoever belongs to the account, or owns or develops a bot.
//!
//! They sign in here and answer for what they did; they are removed from the account first.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    erasure::Subject,
    ids::{BotNo, Kind, UserNo},
    text::fold,
    user::User,
};
use rolecall_store::{
    assignments::Holder,
    bots, holdings,
    users::{self, Key},
};

use crate::{Change, Error};

/// The rule that protects each of `subjects`, in a word, or none.
pub(super) async fn rules(change: &mut Change<'_>, subjects: &[&Subject]) -> Result<Vec<Option<&'static str>>, Error> {
    let members = Members::read(change, subjects).await?;
    let nos: Vec<UserNo> = members.users.keys().copied().collect();
    let owners = bots::owners_among(change.tx, change.account.no, &nos).await?;
    let developers = developers(change, &nos).await?;
    let account_owner = change.account.owner_no;
    // The most telling rule of all whom the identifier can mean.
    let rule = |no: &UserNo| match no {
        no if *no == account_owner => (0, "account_owner"),
        no if owners.contains(no) => (1, "bot_owner"),
        no if developers.contains(no) => (2, "bot_co_developer"),
        _ => (3, "account_member"),
    };
    let told = subjects.iter().map(|subject| members.of(subject).iter().map(rule).min().map(|(_, word)| word));
    Ok(told.collect())
}

/// The members of the account that somebody may be, by what they can be named by.
#[derive(Default)]
struct Members {
    users: HashMap<UserNo, User>,
    by_identifier: HashMap<String, Vec<UserNo>>,
}

impl Members {
    async fn read(change: &mut Change<'_>, subjects: &[&Subject]) -> Result<Self, Error> {
        let (mut emails, mut ids, mut org_user_ids) = (Vec::new(), Vec::new(), Vec::new());
        for subject in subjects {
            // An id on a channel is nobody's of the account: its members do not come over one.
            let Subject::Plain(text) = subject else { continue };
            let folded = fold(text);
            if folded.contains('@') {
                emails.push(folded.clone());
            }
            if folded.starts_with(Kind::User.prefix()) {
                ids.push(folded.clone());
            }
            // The organisation's ids are kept as they were given, and a store may not care about case.
            org_user_ids.extend([text.trim().to_owned(), folded]);
        }
        let mut members = Self::default();
        for (key, mut values) in [(Key::Email, emails), (Key::Id, ids), (Key::OrgUserIdAnyCase, org_user_ids)] {
            values.sort_unstable();
            values.dedup();
            for user in users::find_many(change.tx, change.account.no, key, &values).await? {
                members.add(user);
            }
        }
        Ok(members)
    }

    fn add(&mut self, user: User) {
        for identifier in [&user.email, &user.id, &user.org_user_id] {
            if !identifier.is_empty() {
                self.by_identifier.entry(fold(identifier)).or_default().push(user.no);
            }
        }
        self.users.insert(user.no, user);
    }

    fn of(&self, subject: &Subject) -> &[UserNo] {
        match subject {
            Subject::Plain(text) => self.by_identifier.get(&fold(text)).map(Vec::as_slice).unwrap_or_default(),
            Subject::Channel { .. } => &[],
        }
    }
}

/// Those of `users` who hold a role on a bot, themselves or through a group.
async fn developers(change: &mut Change<'_>, users: &[UserNo]) -> Result<HashSet<UserNo>, Error> {
    let account = change.account.no;
    let is_on_bot = |bot: BotNo| bot != BotNo(0);
    let held = holdings::roles_of_users(change.tx, account, users, None).await?;
    let mut developers: HashSet<UserNo> = HashSet::new();
    for assignment in held {
        if let Holder::User(user) = assignment.holder
            && is_on_bot(assignment.bot)
        {
            developers.insert(user);
        }
    }
    let inside = holdings::groups_of_users(change.tx, account, users, None).await?;
    let mut groups: Vec<_> = inside.iter().map(|(_, group)| *group).collect();
    groups.sort_unstable();
    groups.dedup();
    let around = holdings::groups_around(change.tx, account, &groups, None).await?;
    let mut all = groups.clone();
    all.extend(around.iter().map(|(_, outer)| *outer));
    all.sort_unstable();
    all.dedup();
    let held = holdings::roles_of_groups(change.tx, account, &all, None).await?;
    let developing: HashSet<_> = held
        .into_iter()
        .filter(|assignment| is_on_bot(assignment.bot))
        .filter_map(|assignment| match assignment.holder {
            Holder::Group(group) => Some(group),
            Holder::User(_) => None,
        })
        .collect();
    let outer = around.iter().filter(|(_, outer)| developing.contains(outer)).map(|(inner, _)| *inner);
    let inner: HashSet<_> = outer.chain(developing.iter().copied()).collect();
    developers.extend(inside.iter().filter(|(_, group)| inner.contains(group)).map(|(user, _)| *user));
    Ok(developers)
}
