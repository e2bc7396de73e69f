//! Removing what the manifest does not list: first who is in which group and who holds which role,
//! then the bots, groups and users themselves. Roles went when the roles of the manifest came.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    audit::Event,
    delta::Delta,
    group::Group,
    ids::{BotNo, GroupNo, UserNo},
    page::{Page, Start},
    role::{BOT_OWNER, MASTER_ADMIN, RoleType},
    text::fold,
    user::User,
};
use rolecall_store::{
    Error as StoreError,
    assignments::{self as stored_assignments, Assignment, Holder, Of},
    bots, groups, memberships as stored_memberships,
    users::{self, Key},
};
use serde_json::Value;

use super::{Kind, Outcome, Work, catalogue::Catalogue, distinct};
use crate::{
    Change, Error, Record,
    assignments::{self, Known},
    memberships, sign_in,
    users::shown,
};

/// How many things are looked at at once.
const CHUNK: i64 = 1_024;

impl Work<'_> {
    /// Removes what the manifest does not list.
    ///
    /// Errors: a user who would go owns a bot that stays.
    pub(super) async fn prune(&mut self, change: &mut Change<'_>, catalogue: &Catalogue) -> Result<(), Error> {
        for bot in &catalogue.lost_bots {
            self.end_all(change, Of::Bot(bot.no)).await?;
        }
        self.prune_assignments(change, catalogue, Holder::User(UserNo(0))).await?;
        self.prune_assignments(change, catalogue, Holder::Group(GroupNo(0))).await?;
        self.prune_members(change, catalogue).await?;
        self.remove_bots(change, catalogue).await?;
        self.remove_groups(change, catalogue).await?;
        self.remove_users(change, catalogue).await
    }

    /// Ends all assignments that have `of` in common.
    pub(super) async fn end_all(&mut self, change: &mut Change<'_>, of: Of) -> Result<(), Error> {
        let account = change.account_no();
        loop {
            let held = stored_assignments::list(change.tx, account, of, CHUNK).await?;
            if held.is_empty() {
                return Ok(());
            }
            self.end(change, &held).await?;
        }
    }

    async fn end(&mut self, change: &mut Change<'_>, held: &[Assignment]) -> Result<(), Error> {
        let mut known = Known::default();
        assignments::end(change, &mut known, held).await?;
        for assignment in held {
            self.report.add(Kind::Assignment, Outcome::Removed, || {
                let holder = match assignment.holder {
                    Holder::User(user) => known.users.get(&user).map(|name| name.name.clone()),
                    Holder::Group(group) => known.groups.get(&group).map(|name| format!("group {}", name.name)),
                };
                let role = known.roles.get(&assignment.role).map_or("", |name| &name.name);
                let bot = known.bots.get(&assignment.bot).map_or(String::new(), |name| format!(" on {}", name.name));
                format!("{role}{bot} to {}", holder.unwrap_or_default())
            });
        }
        Ok(())
    }

    /// Ends what users or groups hold and the manifest does not list, from the first such holder on.
    async fn prune_assignments(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &Catalogue,
        first: Holder,
    ) -> Result<(), Error> {
        let account = change.account_no();
        let role = |role_type, name| catalogue.roles.get(&(role_type, fold(name))).map(|role| role.no);
        let (bot_owner, master_admin) = (role(RoleType::Bot, BOT_OWNER), role(RoleType::Admin, MASTER_ADMIN));
        let mut after = Assignment { bot: BotNo(-1), role: rolecall_model::ids::RoleNo(0), holder: first };
        loop {
            let page = stored_assignments::list_after(change.tx, account, after, CHUNK).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let mut gone = Vec::new();
            for assignment in page {
                let of = (assignment.bot, assignment.role);
                let role = Some(assignment.role);
                let is_kept = role == bot_owner
                    || (role == master_admin && assignment.holder == Holder::User(self.owner))
                    || match assignment.holder {
                        Holder::User(user) => self.held_by_users.contains(&of, user.0),
                        Holder::Group(group) => self.held_by_groups.contains(&of, group.0),
                    };
                if !is_kept {
                    gone.push(assignment);
                }
            }
            self.end(change, &gone).await?;
        }
    }

    async fn prune_members(&mut self, change: &mut Change<'_>, catalogue: &Catalogue) -> Result<(), Error> {
        let account = change.account_no();
        let groups = by_no(catalogue);
        let mut after = (GroupNo(0), UserNo(0));
        loop {
            let page = stored_memberships::users_after(change.tx, account, after, CHUNK).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let gone: Vec<(GroupNo, UserNo)> =
                page.into_iter().filter(|(group, user)| !self.memberships.contains(group, user.0)).collect();
            let numbers = distinct(gone.iter().map(|(_, user)| user.0.to_string()).collect());
            let users = users::find_many(change.tx, account, Key::No, &numbers).await?;
            let users: HashMap<UserNo, User> = users.into_iter().map(|user| (user.no, user)).collect();
            let pairs = gone.iter().filter_map(|(group, user)| Some((*groups.get(group)?, users.get(user)?)));
            let pairs: Vec<(&Group, &User)> = pairs.collect();
            memberships::remove_users(change, &pairs).await?;
            for (group, user) in pairs {
                let name = || format!("{} in {}", user.email, group.name);
                self.report.add(Kind::Membership, Outcome::Removed, name);
            }
        }
    }

    /// Takes groups out of groups, but for those the manifest lists as `kept`.
    pub(super) async fn prune_nested(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &Catalogue,
        kept: &[(GroupNo, GroupNo)],
    ) -> Result<(), Error> {
        let account = change.account_no();
        let groups = by_no(catalogue);
        let kept: HashSet<&(GroupNo, GroupNo)> = kept.iter().collect();
        let nested = stored_memberships::nested(change.tx, account).await?;
        let lost = nested.iter().filter(|pair| !kept.contains(pair));
        let pairs = lost.filter_map(|(group, member)| Some((*groups.get(group)?, *groups.get(member)?)));
        let pairs: Vec<(&Group, &Group)> = pairs.collect();
        memberships::remove_groups(change, &pairs).await?;
        for (group, member) in pairs {
            let name = || format!("group {} in {}", member.name, group.name);
            self.report.add(Kind::Membership, Outcome::Removed, name);
        }
        Ok(())
    }

    async fn remove_bots(&mut self, change: &mut Change<'_>, catalogue: &Catalogue) -> Result<(), Error> {
        let owners: Vec<String> = catalogue.lost_bots.iter().map(|bot| bot.owner_no.0.to_string()).collect();
        let account = change.account_no();
        let owners = users::find_many(change.tx, account, Key::No, &distinct(owners)).await?;
        let owners: HashMap<UserNo, User> = owners.into_iter().map(|user| (user.no, user)).collect();
        for bot in &catalogue.lost_bots {
            let owner =
                owners.get(&bot.owner_no).ok_or_else(|| StoreError::Failed { code: "a bot of nobody".to_owned() })?;
            change.record(Record {
                event: Event::BotDeleted,
                target: bot.id.clone(),
                description: format!("Bot {} deleted", bot.name),
                before: crate::bots::shown(bot, owner),
                after: Value::Null,
            });
            change.flush_if_full().await?;
            self.report.add(Kind::Bot, Outcome::Removed, || bot.name.clone());
        }
        let lost: Vec<BotNo> = catalogue.lost_bots.iter().map(|bot| bot.no).collect();
        change.note(lost.iter().copied().map(Delta::Bot));
        Ok(bots::remove(change.tx, account, change.at, &lost).await?)
    }

    async fn remove_groups(&mut self, change: &mut Change<'_>, catalogue: &Catalogue) -> Result<(), Error> {
        for group in &catalogue.lost_groups {
            change.record(Record {
                event: Event::GroupDeleted,
                target: group.id.clone(),
                description: format!("Group {} deleted", group.name),
                before: crate::groups::shown(group),
                after: Value::Null,
            });
            change.flush_if_full().await?;
            self.report.add(Kind::Group, Outcome::Removed, || group.name.clone());
        }
        let lost: Vec<GroupNo> = catalogue.lost_groups.iter().map(|group| group.no).collect();
        let account = change.account_no();
        change.note(lost.iter().copied().map(Delta::Group));
        Ok(groups::remove(change.tx, account, change.at, &lost).await?)
    }

    /// Whatever these users held or were in was not listed either, and has ended by now.
    async fn remove_users(&mut self, change: &mut Change<'_>, catalogue: &Catalogue) -> Result<(), Error> {
        let account = change.account_no();
        let owners: HashMap<UserNo, &str> =
            catalogue.bots.values().map(|bot| (bot.owner_no, bot.name.as_str())).collect();
        let mut after = 0;
        loop {
            let page = Page { limit: CHUNK.try_into().unwrap_or(1), start: Start::After(after) };
            let page = users::list(change.tx, account, page, None).await?;
            let Some(last) = page.last() else { return self.so_far_so_good() };
            after = last.no.0;
            let gone: Vec<User> = page.into_iter().filter(|user| !self.is_kept(user.no)).collect();
            for user in &gone {
                if let Some(bot) = owners.get(&user.no) {
                    let detail = format!(
                        "{} would be removed and owns the bot {bot}: list the user, or give the bot another owner",
                        user.email
                    );
                    self.problems.add_in_english("", detail);
                }
                change.record(Record {
                    event: Event::UserDeleted,
                    target: user.id.clone(),
                    description: format!("User {} deleted", user.email),
                    before: Value::Object(shown(user)),
                    after: Value::Null,
                });
                self.report.add(Kind::User, Outcome::Removed, || user.email.clone());
            }
            let nos: Vec<UserNo> = gone.iter().map(|user| user.no).collect();
            users::remove(change.tx, account, change.account.revision, &nos, change.at).await?;
            sign_in::forget_people(change, &nos).await?;
            change.note(nos.iter().copied().map(Delta::User));
            change.account.n_users -= i64::try_from(nos.len()).unwrap_or_default();
            change.flush_if_full().await?;
        }
    }
}

fn by_no(catalogue: &Catalogue) -> HashMap<GroupNo, &Group> {
    catalogue.groups.values().chain(&catalogue.lost_groups).map(|group| (group.no, group)).collect()
}
