//! Why people hold what they hold: directly, or by way of which groups, one inside the other.
//!
//! What it takes to tell is gathered from the image of the account or from the store; from there on both
//! are told alike.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
};
use rolecall_roster::{BotRef, GroupRef, RoleRef, UserRef};
use rolecall_store::{
    Error as StoreError, Tx,
    assignments::{Assignment, Holder, NO_BOT},
    holdings,
    names::Thing,
    reach::{self, When},
};

use super::there;

/// A thing by its id and its name of today.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// How somebody came to hold a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    /// Whether it holds it without any group.
    pub is_direct: bool,
    /// The ways by groups, each from the group that the user is in itself to the one that holds the role;
    /// of several ways between the same two the shortest. The short ones first.
    pub ways: Vec<Vec<Named>>,
}

/// A role on a bot, or with [`NO_BOT`] on the account.
pub(super) type Fact = (BotNo, RoleNo);

/// What some users or groups hold, and all that it comes from.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    direct: HashMap<UserNo, Vec<Fact>>,
    joined: HashMap<UserNo, Vec<GroupNo>>,
    /// The groups that a group is directly in, in order of their creation.
    around: HashMap<GroupNo, Vec<GroupNo>>,
    by_group: HashMap<GroupNo, Vec<Fact>>,
    /// The ways from a group on, each to the group at its end.
    ways: HashMap<GroupNo, Vec<Vec<GroupNo>>>,
    roles: HashMap<RoleNo, Named>,
    bots: HashMap<BotNo, Named>,
    groups: HashMap<GroupNo, Named>,
}

/// The ways by groups to each of the roles that somebody holds.
pub(super) type Held = BTreeMap<Fact, Ways>;

/// How somebody came to hold a role, by numbers.
#[derive(Debug, Default)]
pub(super) struct Ways {
    is_direct: bool,
    ways: BTreeSet<(usize, Vec<GroupNo>)>,
}

impl Ways {
    /// Whether any way leads through `group`.
    pub(super) fn lead_through(&self, group: GroupNo) -> bool {
        self.ways.iter().any(|(_, way)| way.contains(&group))
    }
}

impl Gathered {
    /// What `users` hold by an image, and `group` too.
    pub(super) fn from_image<'r>(users: impl IntoIterator<Item = UserRef<'r>>, group: Option<GroupRef<'r>>) -> Self {
        let mut all = Self::default();
        let mut open: Vec<GroupRef<'r>> = group.into_iter().collect();
        for user in users {
            let direct = user.held_directly().map(|held| all.fact(held)).collect();
            all.direct.insert(user.no(), direct);
            let mut joined: Vec<GroupNo> = Vec::new();
            for group in user.groups() {
                joined.push(group.no);
                open.push(group);
            }
            joined.sort_unstable();
            all.joined.insert(user.no(), joined);
        }
        while let Some(group) = open.pop() {
            if all.groups.contains_key(&group.no) {
                continue;
            }
            all.groups.insert(group.no, Named { id: group.id.clone(), name: group.name.clone() });
            let held = group.held().map(|held| all.fact(held)).collect();
            all.by_group.insert(group.no, held);
            let around: Vec<GroupRef<'r>> = group.around().collect();
            all.around.insert(group.no, around.iter().map(|group| group.no).collect());
            open.extend(around);
        }
        all.work_ways_out();
        all
    }

    /// Notes the names of a role and its bot; both by number.
    fn fact(&mut self, (role, bot): (RoleRef<'_>, Option<BotRef<'_>>)) -> Fact {
        self.roles.entry(role.no).or_insert_with(|| Named { id: role.id.clone(), name: role.name.clone() });
        if let Some(bot) = bot {
            self.bots.entry(bot.no).or_insert_with(|| Named { id: bot.id.clone(), name: bot.name.clone() });
        }
        (bot.map_or(NO_BOT, |bot| bot.no), role.no)
    }

    /// What `users` hold by the store, and `group` too: now, or as it was `at` then.
    pub(super) async fn from_store(
        tx: &mut Tx,
        account: AccountNo,
        users: &[UserNo],
        group: Option<GroupNo>,
        at: Option<Instant>,
    ) -> Result<Self, StoreError> {
        let mut all = Self::default();
        for Assignment { bot, role, holder } in holdings::roles_of_users(tx, account, users, at).await? {
            if let Holder::User(user) = holder {
                all.direct.entry(user).or_default().push((bot, role));
            }
        }
        let joined = holdings::groups_of_users(tx, account, users, at).await?;
        let mut reached: BTreeSet<GroupNo> = joined.iter().map(|(_, group)| *group).chain(group).collect();
        if !reached.is_empty() {
            let when = When::find(tx, account, at).await?;
            for (outer, inner) in reach::nested(tx, account, when).await? {
                all.around.entry(inner).or_default().push(outer);
            }
        }
        let mut open: Vec<GroupNo> = reached.iter().copied().collect();
        while let Some(group) = open.pop() {
            open.extend(all.around.get(&group).into_iter().flatten().filter(|outer| reached.insert(**outer)));
        }
        let nos: Vec<i64> = reached.iter().map(|group| group.0).collect();
        let names = there(tx, account, Thing::Group, nos.into_iter(), at).await?;
        all.groups = names.into_iter().map(|(no, name)| (GroupNo(no), name.into())).collect();
        // A group that is gone leads nowhere and gives nothing.
        for around in all.around.values_mut() {
            around.retain(|group| all.groups.contains_key(group));
            around.sort_unstable();
        }
        let groups: Vec<GroupNo> = all.groups.keys().copied().collect();
        for Assignment { bot, role, holder } in holdings::roles_of_groups(tx, account, &groups, at).await? {
            if let Holder::Group(group) = holder {
                all.by_group.entry(group).or_default().push((bot, role));
            }
        }
        for (user, group) in joined {
            if all.groups.contains_key(&group) {
                all.joined.entry(user).or_default().push(group);
            }
        }
        let (mut bots, mut roles) = (BTreeSet::new(), BTreeSet::new());
        for (bot, role) in all.direct.values().chain(all.by_group.values()).flatten() {
            bots.insert(bot.0);
            roles.insert(role.0);
        }
        let roles = there(tx, account, Thing::Role, roles.into_iter(), at).await?;
        let bots = there(tx, account, Thing::Bot, bots.into_iter(), at).await?;
        all.roles = roles.into_iter().map(|(no, name)| (RoleNo(no), name.into())).collect();
        all.bots = bots.into_iter().map(|(no, name)| (BotNo(no), name.into())).collect();
        all.work_ways_out();
        Ok(all)
    }

    /// From each group, breadth first, the shortest way to each group around it.
    fn work_ways_out(&mut self) {
        for from in self.groups.keys() {
            let mut came_from: HashMap<GroupNo, Option<GroupNo>> = HashMap::from([(*from, None)]);
            let mut open = VecDeque::from([*from]);
            let mut ways = Vec::new();
            while let Some(group) = open.pop_front() {
                let mut way = vec![group];
                let mut at = group;
                while let Some(before) = came_from.get(&at).copied().flatten() {
                    way.push(before);
                    at = before;
                }
                way.reverse();
                ways.push(way);
                for outer in self.around.get(&group).into_iter().flatten() {
                    if !came_from.contains_key(outer) {
                        came_from.insert(*outer, Some(group));
                        open.push_back(*outer);
                    }
                }
            }
            self.ways.insert(*from, ways);
        }
    }

    /// What `user` holds, of what is there, by bot and role in order of their creation.
    pub(super) fn of_user(&self, user: UserNo) -> Held {
        let mut held = Held::new();
        for fact in self.direct.get(&user).into_iter().flatten().filter(|fact| self.is_there(**fact)) {
            held.entry(*fact).or_default().is_direct = true;
        }
        for group in self.joined.get(&user).into_iter().flatten() {
            self.by_ways(*group, &mut held);
        }
        held
    }

    /// What `group` gives to whoever is in it.
    pub(super) fn of_group(&self, group: GroupNo) -> Held {
        let mut held = Held::new();
        self.by_ways(group, &mut held);
        held
    }

    fn by_ways(&self, from: GroupNo, held: &mut Held) {
        for way in self.ways.get(&from).into_iter().flatten() {
            let facts = way.last().and_then(|holder| self.by_group.get(holder));
            for fact in facts.into_iter().flatten().filter(|fact| self.is_there(**fact)) {
                held.entry(*fact).or_default().ways.insert((way.len(), way.clone()));
            }
        }
    }

    fn is_there(&self, (bot, role): Fact) -> bool {
        self.roles.contains_key(&role) && (bot == NO_BOT || self.bots.contains_key(&bot))
    }

    /// The role, and the bot if it acts on one.
    pub(super) fn names(&self, (bot, role): Fact) -> Option<(Named, Option<Named>)> {
        let role = self.roles.get(&role)?.clone();
        let bot = if bot == NO_BOT { None } else { Some(self.bots.get(&bot)?.clone()) };
        Some((role, bot))
    }

    /// The ways by the names of their groups.
    pub(super) fn why(&self, ways: &Ways) -> Why {
        let named = |way: &Vec<GroupNo>| way.iter().filter_map(|group| self.groups.get(group).cloned()).collect();
        Why { is_direct: ways.is_direct, ways: ways.ways.iter().map(|(_, way)| named(way)).collect() }
    }
}
