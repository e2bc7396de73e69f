//! The oracle: an account as sets and maps, and the naive answer to each question.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_model::{
    bot::Bot,
    delta::Delta,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    role::{Level, Permissions, Role, RoleType},
    time::Instant,
    user::{Status, User, UserRow},
};
use rolecall_roster::{Account, BoundApp, Roster, Step, Things};

/// The permissions that roles of these tests grant.
pub(crate) const PERMISSIONS: [&str; 5] = ["Alpha", "Beta", "Gamma", "Delta", "Ωmega"];

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) revision: i64,
    pub(crate) apps_revision: i64,
    pub(crate) account: Account,
    pub(crate) apps: Vec<BoundApp>,
    pub(crate) roles: BTreeMap<i64, Role>,
    pub(crate) bots: BTreeMap<i64, Bot>,
    pub(crate) groups: BTreeMap<i64, Group>,
    pub(crate) users: BTreeMap<i64, User>,
    /// Roles that were removed and may come back.
    pub(crate) lost_roles: BTreeMap<i64, Role>,
    /// Bot (0 for the account), role, user.
    pub(crate) user_roles: BTreeSet<(i64, i64, i64)>,
    /// Bot (0 for the account), role, group.
    pub(crate) group_roles: BTreeSet<(i64, i64, i64)>,
    /// Group, user.
    pub(crate) members: BTreeSet<(i64, i64)>,
    /// Group, group inside.
    pub(crate) nested: BTreeSet<(i64, i64)>,
    /// Roles that the step at hand removed. They come back in a later one only: a step tells of a
    /// role how it is in the end.
    just_lost: BTreeMap<i64, Role>,
    next_no: i64,
}

/// Something that happens; numbers pick from what there is.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    NewUser(u8),
    EditUser(usize, u8),
    RemoveUser(usize),
    NewRole(u8),
    EditRole(usize, u8),
    RemoveRole(usize),
    RestoreRole(usize),
    NewBot,
    EditBot(usize),
    RemoveBot(usize),
    NewGroup(u8),
    RenameGroup(usize, u8),
    RemoveGroup(usize),
    AssignUser { bot: usize, role: usize, user: usize, is_given: bool },
    AssignGroup { bot: usize, role: usize, group: usize, is_given: bool },
    Member { group: usize, user: usize, is_in: bool },
    Nest { group: usize, member: usize, is_in: bool },
    Apps,
    Account,
}

/// What an account's user holds, in the form that is compared: bot, role, direct, names of groups.
pub(crate) type Holding = (i64, i64, bool, Vec<String>);

fn pick<T>(map: &BTreeMap<i64, T>, index: usize) -> Option<i64> {
    map.keys().copied().nth(index.checked_rem(map.len())?)
}

fn set<T: Ord>(set: &mut BTreeSet<T>, what: T, is_in: bool) {
    if is_in {
        set.insert(what);
    } else {
        set.remove(&what);
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let account = Account {
            no: AccountNo(1),
            id: "5bf13238000000000000aaaa".to_owned(),
            org_id: "o-1".to_owned(),
            name: "Acme".to_owned(),
            owner_no: UserNo(1),
        };
        Self {
            revision: 1,
            apps_revision: 1,
            account,
            apps: Vec::new(),
            roles: BTreeMap::new(),
            bots: BTreeMap::new(),
            groups: BTreeMap::new(),
            users: BTreeMap::new(),
            lost_roles: BTreeMap::new(),
            user_roles: BTreeSet::new(),
            group_roles: BTreeSet::new(),
            members: BTreeSet::new(),
            nested: BTreeSet::new(),
            just_lost: BTreeMap::new(),
            next_no: 1,
        }
    }

    fn no(&mut self) -> i64 {
        self.next_no += 1;
        self.next_no
    }

    fn user(no: i64, kind: u8) -> User {
        let id = match kind % 5 {
            0 => format!("odd \"{no}\""),
            _ => format!("u-{:08x}-6a44-5127-b6e2-{:012x}", no.wrapping_mul(2_654_435_761) & 0xffff_ffff, no),
        };
        let email = match kind % 7 {
            0 => format!("Person{no}@EXAMPLE.com"),
            1 => format!("perSön{no}@example.org"),
            2 => format!("no-at-sign-{no}"),
            3 => format!("a@b@domain{no}.example"),
            4 => format!("back\\slash{no}@example.com"),
            _ => format!("person{no}@example.com"),
        };
        let mut user = User::new(UserNo(no), id, email, Instant::from_ms(0));
        user.org_user_id = if kind.is_multiple_of(3) { String::new() } else { format!("E{no}") };
        user.first_name = "F".repeat(usize::from(kind % 4));
        user.last_name = if kind == 255 { "L".repeat(300) } else { format!("Last {kind}") };
        user.is_developer = kind.is_multiple_of(2);
        user.can_create_bot = kind.is_multiple_of(4);
        user.status = if kind.is_multiple_of(6) { Status::NotActive } else { Status::Active };
        user
    }

    fn role(no: i64, kind: u8) -> Role {
        let levels = [Level::No, Level::View, Level::Full, Level::Yes];
        let granted = PERMISSIONS.iter().zip(0..).filter(|(_, at)| kind >> at & 1 == 1);
        let permissions = granted.map(|(name, at)| (*name, levels[(usize::from(kind) + at) % 4]));
        Role {
            no: RoleNo(no),
            id: format!("{no:024x}"),
            role_type: if kind.is_multiple_of(3) { RoleType::Admin } else { RoleType::Bot },
            name: format!("Role {no} {kind}"),
            description: String::new(),
            permissions: Permissions::of(permissions),
            ref_id: String::new(),
            is_built_in: false,
            created_at: Instant::from_ms(0),
            created_by: String::new(),
            modified_at: Instant::from_ms(0),
            modified_by: String::new(),
        }
    }

    fn bot(&self, no: i64) -> Bot {
        Bot {
            no: BotNo(no),
            id: format!("st-{no}"),
            name: format!("Bot {no} at {}", self.revision),
            description: String::new(),
            purpose: "customer".to_owned(),
            default_language: "en".to_owned(),
            status: "configured".to_owned(),
            owner_no: UserNo(1),
            created_at: Instant::from_ms(0),
        }
    }

    fn group(no: i64, kind: u8) -> Group {
        Group {
            no: GroupNo(no),
            id: format!("e-{no}"),
            // Names in another order than numbers.
            name: format!("{} {no}", kind % 16),
            description: String::new(),
            created_at: Instant::from_ms(0),
        }
    }

    /// Lets one more thing happen.
    pub(crate) fn act(&mut self, action: &Action, deltas: &mut Vec<Delta>) {
        match *action {
            Action::NewUser(kind) => {
                let no = self.no();
                self.users.insert(no, Self::user(no, kind));
                deltas.push(Delta::User(UserNo(no)));
            }
            Action::EditUser(index, kind) => {
                let Some(no) = pick(&self.users, index) else { return };
                // An id stays as long as the user does.
                let id = self.users[&no].id.clone();
                self.users.insert(no, User { id, ..Self::user(no, kind) });
                deltas.push(Delta::User(UserNo(no)));
            }
            Action::RemoveUser(index) => {
                let Some(no) = pick(&self.users, index) else { return };
                self.users.remove(&no);
                self.user_roles.retain(|(_, _, user)| *user != no);
                self.members.retain(|(_, user)| *user != no);
                deltas.push(Delta::User(UserNo(no)));
            }
            Action::NewRole(kind) => {
                let no = self.no();
                self.roles.insert(no, Self::role(no, kind));
                deltas.push(Delta::Role(RoleNo(no)));
            }
            Action::EditRole(index, kind) => {
                let Some(no) = pick(&self.roles, index) else { return };
                let role_type = self.roles[&no].role_type;
                self.roles.insert(no, Role { role_type, ..Self::role(no, kind) });
                deltas.push(Delta::Role(RoleNo(no)));
            }
            Action::RemoveRole(index) => {
                let Some(no) = pick(&self.roles, index) else { return };
                self.just_lost.extend(self.roles.remove(&no).map(|role| (no, role)));
                self.user_roles.retain(|(_, role, _)| *role != no);
                self.group_roles.retain(|(_, role, _)| *role != no);
                deltas.push(Delta::Role(RoleNo(no)));
            }
            Action::RestoreRole(index) => {
                let Some(no) = pick(&self.lost_roles, index) else { return };
                self.roles.extend(self.lost_roles.remove(&no).map(|role| (no, role)));
                deltas.push(Delta::Role(RoleNo(no)));
            }
            Action::NewBot => {
                let no = self.no();
                self.bots.insert(no, self.bot(no));
                deltas.push(Delta::Bot(BotNo(no)));
            }
            Action::EditBot(index) => {
                let Some(no) = pick(&self.bots, index) else { return };
                self.bots.insert(no, self.bot(no));
                deltas.push(Delta::Bot(BotNo(no)));
            }
            Action::RemoveBot(index) => {
                let Some(no) = pick(&self.bots, index) else { return };
                self.bots.remove(&no);
                self.user_roles.retain(|(bot, ..)| *bot != no);
                self.group_roles.retain(|(bot, ..)| *bot != no);
                deltas.push(Delta::Bot(BotNo(no)));
            }
            Action::NewGroup(kind) => {
                let no = self.no();
                self.groups.insert(no, Self::group(no, kind));
                deltas.push(Delta::Group(GroupNo(no)));
            }
            Action::RenameGroup(index, kind) => {
                let Some(no) = pick(&self.groups, index) else { return };
                self.groups.insert(no, Self::group(no, kind));
                deltas.push(Delta::Group(GroupNo(no)));
            }
            Action::RemoveGroup(index) => {
                let Some(no) = pick(&self.groups, index) else { return };
                self.groups.remove(&no);
                self.group_roles.retain(|(_, _, group)| *group != no);
                self.members.retain(|(group, _)| *group != no);
                self.nested.retain(|(group, member)| *group != no && *member != no);
                deltas.push(Delta::Group(GroupNo(no)));
            }
            Action::AssignUser { bot, role, user, is_given } => {
                let (Some((bot, role)), Some(user)) = (self.role_somewhere(bot, role), pick(&self.users, user)) else {
                    return;
                };
                set(&mut self.user_roles, (bot, role, user), is_given);
                let (bot, role, user) = (BotNo(bot), RoleNo(role), UserNo(user));
                deltas.push(if is_given {
                    Delta::UserAssigned { bot, role, user }
                } else {
                    Delta::UserUnassigned { bot, role, user }
                });
            }
            Action::AssignGroup { bot, role, group, is_given } => {
                let (Some((bot, role)), Some(group)) = (self.role_somewhere(bot, role), pick(&self.groups, group))
                else {
                    return;
                };
                set(&mut self.group_roles, (bot, role, group), is_given);
                let (bot, role, group) = (BotNo(bot), RoleNo(role), GroupNo(group));
                deltas.push(if is_given {
                    Delta::GroupAssigned { bot, role, group }
                } else {
                    Delta::GroupUnassigned { bot, role, group }
                });
            }
            Action::Member { group, user, is_in } => {
                let (Some(group), Some(user)) = (pick(&self.groups, group), pick(&self.users, user)) else { return };
                set(&mut self.members, (group, user), is_in);
                let (group, user) = (GroupNo(group), UserNo(user));
                deltas.push(if is_in { Delta::Joined { group, user } } else { Delta::Left { group, user } });
            }
            Action::Nest { group, member, is_in } => {
                let (Some(group), Some(member)) = (pick(&self.groups, group), pick(&self.groups, member)) else {
                    return;
                };
                set(&mut self.nested, (group, member), is_in);
                let (group, member) = (GroupNo(group), GroupNo(member));
                deltas.push(if is_in { Delta::Nested { group, member } } else { Delta::Unnested { group, member } });
            }
            Action::Apps => {
                let bots = self.bots.values().take(1).map(|bot| bot.id.clone()).collect();
                let client_id = format!("cs-{}", self.revision);
                self.apps.push(BoundApp { client_id, enforces_jti: false, created_at: Instant::from_ms(0), bots });
                deltas.push(Delta::Apps);
            }
            Action::Account => {
                self.account.name = format!("Acme at {}", self.revision);
                deltas.push(Delta::Account);
            }
        }
    }

    fn role_somewhere(&self, bot: usize, role: usize) -> Option<(i64, i64)> {
        let role = pick(&self.roles, role)?;
        match self.roles[&role].role_type {
            RoleType::Admin => Some((0, role)),
            RoleType::Bot => Some((pick(&self.bots, bot)?, role)),
        }
    }

    /// Lets all of `actions` happen; the step that tells of it.
    pub(crate) fn step(&mut self, actions: &[Action]) -> Step {
        self.revision += 1;
        let mut step = Step { revision: self.revision, ..Step::default() };
        for action in actions {
            self.act(action, &mut step.deltas);
        }
        self.lost_roles.append(&mut self.just_lost);
        let named: BTreeSet<Delta> = step.deltas.iter().copied().collect();
        for delta in named {
            match delta {
                Delta::Account => step.account = Some(self.account.clone()),
                Delta::Apps => {
                    step.apps = Some(self.apps.clone());
                    self.apps_revision = self.revision;
                }
                Delta::Role(no) => step.roles.push((no, self.roles.get(&no.0).cloned())),
                Delta::Bot(no) => step.bots.push((no, self.bots.get(&no.0).cloned())),
                Delta::Group(no) => step.groups.push((no, self.groups.get(&no.0).cloned())),
                Delta::User(no) => step.users.push((no, self.users.get(&no.0).cloned())),
                _ => {}
            }
        }
        step
    }

    /// The account, loaded.
    pub(crate) fn load(&self) -> Roster {
        let things = Things {
            apps: self.apps.clone(),
            roles: self.roles.values().rev().cloned().collect(),
            bots: self.bots.values().rev().cloned().collect(),
            groups: self.groups.values().rev().cloned().collect(),
        };
        let mut loader = Roster::loader(self.account.clone(), self.revision, things);
        for (group, member) in &self.nested {
            loader.nested(GroupNo(*group), GroupNo(*member));
        }
        for (bot, role, group) in &self.group_roles {
            loader.group_assigned(BotNo(*bot), RoleNo(*role), GroupNo(*group));
        }
        let mut held: BTreeMap<i64, Vec<(BotNo, RoleNo)>> = BTreeMap::new();
        for (bot, role, user) in self.user_roles.iter().rev() {
            held.entry(*user).or_default().push((BotNo(*bot), RoleNo(*role)));
        }
        let mut joined: BTreeMap<i64, Vec<GroupNo>> = BTreeMap::new();
        for (group, user) in self.members.iter().rev() {
            joined.entry(*user).or_default().push(GroupNo(*group));
        }
        for (no, user) in &self.users {
            let held = held.remove(no).unwrap_or_default();
            let joined = joined.remove(no).unwrap_or_default();
            loader.user(&UserRow::from(user), &held, &joined).expect("users in order");
        }
        loader.finish()
    }

    /// The groups that contain `group`, itself among them.
    pub(crate) fn around(&self, group: i64) -> BTreeSet<i64> {
        let mut around = BTreeSet::from([group]);
        loop {
            let outer = self.nested.iter().filter(|(_, member)| around.contains(member)).map(|(group, _)| *group);
            let before = around.len();
            let outer: Vec<i64> = outer.collect();
            around.extend(outer);
            if around.len() == before {
                return around;
            }
        }
    }

    /// The bots (0 for the account) and roles that `holder` has in `facts`, as far as they are there.
    pub(crate) fn held(&self, facts: &BTreeSet<(i64, i64, i64)>, holder: i64) -> BTreeSet<(i64, i64)> {
        let there = facts.iter().filter(|(bot, role, own)| {
            *own == holder && self.roles.contains_key(role) && (*bot == 0 || self.bots.contains_key(bot))
        });
        there.map(|(bot, role, _)| (*bot, *role)).collect()
    }

    /// What a user holds.
    pub(crate) fn holdings(&self, user: i64) -> Vec<Holding> {
        let own = self.members.iter().filter(|(_, member)| *member == user);
        let groups: BTreeSet<i64> = own.flat_map(|(group, _)| self.around(*group)).collect();
        let mut held: BTreeMap<(i64, i64), (bool, BTreeSet<String>)> = BTreeMap::new();
        for (bot, role, _) in self.user_roles.iter().filter(|(_, _, holder)| *holder == user) {
            held.entry((*bot, *role)).or_default().0 = true;
        }
        for (bot, role, group) in self.group_roles.iter().filter(|(_, _, group)| groups.contains(group)) {
            held.entry((*bot, *role)).or_default().1.insert(self.groups[group].name.clone());
        }
        held.into_iter()
            .map(|((bot, role), (direct, names))| (bot, role, direct, names.into_iter().collect()))
            .collect()
    }

    /// How far a user may do something; the account is bot 0.
    pub(crate) fn rank(&self, user: i64, bot: i64, permission: &str) -> u8 {
        let held = self.holdings(user).into_iter().filter(|(on, ..)| *on == bot);
        held.map(|(_, role, ..)| rank(self.roles[&role].permissions.level(permission))).max().unwrap_or(0)
    }
}

/// The order of levels.
pub(crate) fn rank(level: Level) -> u8 {
    match level {
        Level::No => 0,
        Level::View => 1,
        Level::Yes => 2,
        Level::Full => 3,
    }
}
