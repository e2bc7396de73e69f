//! Who is in which group and who holds which role: the second time through the records, when all
//! they name is there.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    bot::Bot,
    group::{self, Group},
    ids::{GroupNo, UserNo},
    manifest::{self, Record},
    role::{Role, RoleType},
    text::fold,
    user::User,
};
use rolecall_store::{
    assignments::{Assignment, Holder, NO_BOT},
    memberships::{self as stored, Member, Membership},
    names::{self, Name},
    users::{self, Key},
};

use super::{Kind, NO_USER, NOT_LISTED, Outcome, Source, Work, catalogue::Catalogue, distinct};
use crate::{
    Change, Error,
    assignments::{self, Action, Known},
    memberships,
};

/// Facts are written as many at a time.
const CHUNK: usize = 1_024;

/// Facts that wait to be written together, and what is gathered until the end.
struct Pending<'c> {
    catalogue: &'c Catalogue,
    members: Vec<UserInGroup<'c>>,
    nested: Vec<GroupInGroup<'c>>,
    held: Vec<Held<'c>>,
    known: Known,
}

struct UserInGroup<'c> {
    line: u64,
    index: usize,
    group: &'c Group,
    email: String,
}

struct GroupInGroup<'c> {
    line: u64,
    index: usize,
    group: &'c Group,
    member: &'c Group,
}

struct Held<'c> {
    line: u64,
    index: usize,
    role: &'c Role,
    bot: Option<&'c Bot>,
    holder: HeldBy<'c>,
}

enum HeldBy<'c> {
    /// A user, by the folded address.
    User(String),
    Group(&'c Group),
}

impl Work<'_> {
    /// Puts users and groups into groups, and gives roles to users and groups.
    ///
    /// Errors: the problems there were on the way.
    pub(super) async fn put_facts(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &Catalogue,
        source: &Source,
    ) -> Result<(), Error> {
        let mut pending =
            Pending { catalogue, members: Vec::new(), nested: Vec::new(), held: Vec::new(), known: Known::default() };
        let mut pass = source.pass();
        while let Some(chunk) = pass.next().await {
            self.tell(chunk.problems);
            for (line, record) in chunk.records {
                match record {
                    Record::Group(group) => self.take_group(change, &mut pending, line, group).await?,
                    Record::Assignment(assignment) => {
                        self.take_assignment(change, &mut pending, line, assignment).await?;
                    }
                    Record::Bot(_) | Record::User(_) | Record::Role(_) => {}
                }
            }
            if self.problems.is_full() {
                break;
            }
        }
        self.write_members(change, &mut pending).await?;
        self.write_held(change, &mut pending).await?;
        self.write_nested(change, &pending).await?;
        self.so_far_so_good()
    }

    async fn take_group(
        &mut self,
        change: &mut Change<'_>,
        pending: &mut Pending<'_>,
        line: u64,
        wanted: manifest::Group,
    ) -> Result<(), Error> {
        let Some(group) = pending.catalogue.groups.get(&fold(&wanted.name)) else { return Ok(()) };
        for (index, name) in wanted.groups.iter().enumerate() {
            match pending.catalogue.groups.get(&fold(name)) {
                Some(member) => pending.nested.push(GroupInGroup { line, index, group, member }),
                None => self.problem(line, &format!("groups/{index}"), NO_GROUP),
            }
        }
        for (index, email) in wanted.members.iter().enumerate() {
            pending.members.push(UserInGroup { line, index, group, email: fold(email) });
            if pending.members.len() == CHUNK {
                self.write_members(change, pending).await?;
            }
        }
        Ok(())
    }

    async fn take_assignment(
        &mut self,
        change: &mut Change<'_>,
        pending: &mut Pending<'_>,
        line: u64,
        wanted: manifest::Assignment,
    ) -> Result<(), Error> {
        let catalogue = pending.catalogue;
        let role = catalogue.roles.get(&(wanted.role_type, fold(&wanted.role)));
        if role.is_none() {
            let detail = format!("is the name of no role of type {} of the account or the manifest", wanted.role_type);
            self.problem(line, "role", detail);
        }
        let bot = match &wanted.bot {
            Some(name) => catalogue.bots.get(&fold(name)).map(Some),
            None => Some(None),
        };
        if bot.is_none() {
            self.problem(line, "bot", "is the name of no bot of the account or the manifest");
        }
        let (Some(role), Some(bot)) = (role, bot) else { return Ok(()) };
        for (index, name) in wanted.groups.iter().enumerate() {
            match catalogue.groups.get(&fold(name)) {
                Some(group) => pending.held.push(Held { line, index, role, bot, holder: HeldBy::Group(group) }),
                None => self.problem(line, &format!("groups/{index}"), NO_GROUP),
            }
        }
        for (index, email) in wanted.users.iter().enumerate() {
            pending.held.push(Held { line, index, role, bot, holder: HeldBy::User(fold(email)) });
            if pending.held.len() >= CHUNK {
                self.write_held(change, pending).await?;
            }
        }
        Ok(())
    }

    async fn write_members(&mut self, change: &mut Change<'_>, pending: &mut Pending<'_>) -> Result<(), Error> {
        let members = std::mem::take(&mut pending.members);
        let emails = distinct(members.iter().map(|fact| fact.email.clone()).collect());
        let account = change.account_no();
        let found = users::find_many(change.tx, account, Key::Email, &emails).await?;
        let found: HashMap<String, User> = found.into_iter().map(|user| (fold(&user.email), user)).collect();
        let mut pairs = Vec::with_capacity(members.len());
        for fact in &members {
            match found.get(&fact.email) {
                Some(user) if self.is_kept(user.no) => pairs.push((fact.group, user)),
                user => {
                    let detail = if user.is_some() { NOT_LISTED } else { NO_USER };
                    self.problem(fact.line, &format!("members/{}", fact.index), detail);
                }
            }
        }
        if !self.problems.is_empty() {
            return Ok(());
        }
        let mut new: HashSet<Membership> = memberships::add_new_users(change, &pairs).await?.into_iter().collect();
        for (group, user) in pairs {
            if self.options.prune {
                self.memberships.insert(group.no, user.no.0);
            }
            let is_new = new.remove(&Membership { group: group.no, member: Member::User(user.no) });
            self.count(Kind::Membership, is_new, || format!("{} in {}", user.email, group.name));
        }
        Ok(())
    }

    async fn write_held(&mut self, change: &mut Change<'_>, pending: &mut Pending<'_>) -> Result<(), Error> {
        let held = std::mem::take(&mut pending.held);
        let emails = held.iter().filter_map(|fact| match &fact.holder {
            HeldBy::User(email) => Some(email.clone()),
            HeldBy::Group(_) => None,
        });
        let emails = distinct(emails.collect());
        let account = change.account_no();
        let users = names::find(change.tx, account, names::Key::Email, &emails).await?;
        let mut wanted = Vec::with_capacity(held.len());
        for fact in &held {
            match self.assignment(fact, &users) {
                Ok(assignment) => wanted.push(assignment),
                Err(detail) => {
                    let list = if matches!(fact.holder, HeldBy::User(_)) { "users" } else { "groups" };
                    self.problem(fact.line, &format!("{list}/{}", fact.index), detail);
                }
            }
        }
        if !self.problems.is_empty() {
            return Ok(());
        }
        // The users of one chunk are most likely not those of the next.
        pending.known.users = users.into_values().map(|user| (UserNo(user.no), user)).collect();
        let new = assignments::add_new(change, &mut pending.known, &wanted).await?;
        let mut new: HashSet<Assignment> = new.into_iter().collect();
        for (fact, assignment) in held.iter().zip(wanted) {
            if self.options.prune {
                let of = (assignment.bot, assignment.role);
                match assignment.holder {
                    Holder::User(user) => self.held_by_users.insert(of, user.0),
                    Holder::Group(group) => self.held_by_groups.insert(of, group.0),
                }
            }
            let is_new = new.remove(&assignment);
            self.count(Kind::Assignment, is_new, || fact.shown());
        }
        Ok(())
    }

    /// The assignment, or why there cannot be such a one.
    fn assignment(&self, fact: &Held<'_>, users: &HashMap<String, Name>) -> Result<Assignment, String> {
        let holder = match &fact.holder {
            HeldBy::Group(group) => Holder::Group(group.no),
            HeldBy::User(email) => {
                let no = UserNo(users.get(email).ok_or(NO_USER)?.no);
                if !self.is_kept(no) {
                    return Err(NOT_LISTED.to_owned());
                }
                Holder::User(no)
            }
        };
        match assignments::why_not(fact.role, holder, Action::Add, self.owner) {
            Some(why_not) => Err(why_not.to_string()),
            None => Ok(Assignment { bot: fact.bot.map_or(NO_BOT, |bot| bot.no), role: fact.role.no, holder }),
        }
    }

    /// Groups inside groups come last and all at once, so that a circle is seen however it is closed;
    /// those that are to go have gone by then.
    async fn write_nested(&mut self, change: &mut Change<'_>, pending: &Pending<'_>) -> Result<(), Error> {
        if !self.problems.is_empty() {
            return Ok(());
        }
        let account = change.account_no();
        let added: Vec<(GroupNo, GroupNo)> =
            pending.nested.iter().map(|fact| (fact.group.no, fact.member.no)).collect();
        if self.options.prune {
            self.prune_nested(change, pending.catalogue, &added).await?;
        }
        let nested = stored::nested(change.tx, account).await?;
        if let Some(fact) = group::closes_a_circle(&nested, &added).and_then(|index| pending.nested.get(index)) {
            let detail = format!("would put the group {} into itself", fact.group.name);
            self.problem(fact.line, &format!("groups/{}", fact.index), detail);
            return Ok(());
        }
        let pairs: Vec<_> = pending.nested.iter().map(|fact| (fact.group, fact.member)).collect();
        let mut new: HashSet<Membership> = memberships::add_new_groups(change, &pairs).await?.into_iter().collect();
        for (group, member) in pairs {
            let is_new = new.remove(&Membership { group: group.no, member: Member::Group(member.no) });
            self.count(Kind::Membership, is_new, || format!("group {} in {}", member.name, group.name));
        }
        Ok(())
    }

    fn count(&mut self, kind: Kind, is_new: bool, name: impl FnOnce() -> String) {
        self.report.add(kind, if is_new { Outcome::Created } else { Outcome::Unchanged }, name);
    }
}

const NO_GROUP: &str = "is the name of no group of the account or the manifest";

impl Held<'_> {
    fn shown(&self) -> String {
        let holder = match &self.holder {
            HeldBy::User(email) => email.clone(),
            HeldBy::Group(group) => format!("group {}", group.name),
        };
        match (self.role.role_type, self.bot) {
            (RoleType::Bot, Some(bot)) => format!("{} on {} to {holder}", self.role.name, bot.name),
            _ => format!("{} to {holder}", self.role.name),
        }
    }
}
