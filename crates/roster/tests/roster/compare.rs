//! Asking a roster all there is to ask, and the oracle the same.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_model::{
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    page::Start,
    role::{Level, Role, RoleType},
    search::{Person, Words},
    text::fold,
    user::User,
};
use rolecall_roster::{BotRef, Fragment, Holdings, Ref, RoleRef, Roster, Target, UserRef};

use crate::oracle::{Holding, PERMISSIONS, World, rank};

/// Everything.
pub(crate) fn compare(world: &World, roster: &Roster) {
    compare_lists(world, roster, 1);
    compare_users(world, roster, 1);
    compare_access(world, roster);
    compare_searches(world, roster, &[1, 2, 3, 5, 1_000]);
}

/// What can be compared of an account with many users in a short time.
pub(crate) fn compare_large(world: &World, roster: &Roster) {
    compare_lists(world, roster, 53);
    compare_users(world, roster, 17);
    compare_searches(world, roster, &[7, 1_000]);
}

fn nos<'r>(users: impl Iterator<Item = UserRef<'r>>) -> Vec<i64> {
    users.map(|user| user.no().0).collect()
}

fn target(bot: i64) -> Target {
    if bot == 0 { Target::Account } else { Target::Bot(BotNo(bot)) }
}

fn compare_lists(world: &World, roster: &Roster, stride: usize) {
    assert_eq!(roster.revision(), world.revision);
    assert_eq!(roster.apps_revision().max(world.apps_revision), roster.apps_revision());
    assert_eq!(roster.account(), &world.account);
    assert_eq!(roster.apps(), world.apps);
    let all: Vec<i64> = world.users.keys().copied().collect();
    assert_eq!(roster.n_users(), all.len() as u64);
    for offset in (0..all.len() + 3).step_by(stride) {
        let rest = all.get(offset..).unwrap_or_default();
        assert_eq!(nos(roster.users(Start::Offset(offset as u64))), rest, "from offset {offset}");
        for skipped in [0, 1, 49, 255, 256, 700] {
            let mut users = roster.users(Start::Offset(offset as u64));
            assert_eq!(users.nth(skipped).map(|user| user.no().0), rest.get(skipped).copied());
            assert_eq!(nos(users), rest.get(skipped + 1..).unwrap_or_default());
        }
        if let Some(first) = rest.first() {
            assert_eq!(nos(roster.users(Start::After(*first))), rest[1..], "after {first}");
            assert_eq!(nos(roster.users(Start::After(first - 1))), rest, "after {}", first - 1);
        }
    }
    assert_eq!(nos(roster.users(Start::After(i64::MAX))), [0; 0]);
    assert_eq!(nos(roster.users(Start::After(i64::MIN))), all);

    for role_type in [RoleType::Admin, RoleType::Bot] {
        let of_type: Vec<&Role> = world.roles.values().filter(|role| role.role_type == role_type).collect();
        assert_eq!(roster.n_roles(role_type), of_type.len() as u64);
        for offset in 0..=of_type.len() {
            let listed: Vec<&Role> = roster.roles(role_type, Start::Offset(offset as u64)).map(Ref::get).collect();
            assert_eq!(listed, of_type[offset..]);
        }
        for (at, role) in of_type.iter().enumerate() {
            let after: Vec<&Role> = roster.roles(role_type, Start::After(role.no.0)).map(Ref::get).collect();
            assert_eq!(after, of_type[at + 1..]);
            assert_eq!(roster.role_by_id(&role.id).map(|role| role.no), Some(role.no));
            let shown = roster.role(role.no).expect("the role").fragment(Fragment::Held, |role, out| {
                out.extend_from_slice(role.name.as_bytes());
            });
            assert_eq!(shown, role.name.as_bytes());
        }
    }
    for role in world.lost_roles.values() {
        assert!(roster.role(role.no).is_none() && roster.role_by_id(&role.id).is_none());
    }
    let bots: Vec<&_> = world.bots.values().collect();
    assert_eq!(roster.n_bots(), bots.len() as u64);
    for offset in 0..=bots.len() {
        assert_eq!(roster.bots(Start::Offset(offset as u64)).map(Ref::get).collect::<Vec<_>>(), bots[offset..]);
    }
    for bot in bots {
        assert_eq!(roster.bot_by_id(&bot.id).map(|bot| bot.no), Some(bot.no));
        let found = roster.bot(bot.no).expect("the bot");
        // What is rendered of a bot may show the apps, so it must not outlive them.
        let shown = found.fragment(Fragment::Row, |bot, out| {
            out.extend_from_slice(format!("{} {}", bot.name, roster.apps().len()).as_bytes());
        });
        assert_eq!(shown, format!("{} {}", bot.name, world.apps.len()).as_bytes());
    }
    assert_eq!(roster.n_groups(), world.groups.len() as u64);
    assert_eq!(roster.groups(Start::Offset(0)).map(|group| group.no.0).collect::<Vec<_>>(), keys(&world.groups));
    for group in world.groups.values() {
        let found = roster.group(group.no).expect("the group");
        assert_eq!(found.get(), group);
        assert_eq!(roster.group_by_id(&group.id).map(|group| group.no), Some(group.no));
        let members: Vec<i64> =
            world.members.iter().filter(|(of, _)| *of == group.no.0).map(|(_, user)| *user).collect();
        assert_eq!(found.n_users(), members.len() as u64);
        assert_eq!(nos(found.users()), members);
        let inside: Vec<i64> =
            world.nested.iter().filter(|(of, _)| *of == group.no.0).map(|(_, inside)| *inside).collect();
        assert_eq!(found.groups().map(|group| group.no.0).collect::<Vec<_>>(), inside);
        let around: Vec<i64> =
            world.nested.iter().filter(|(_, inside)| *inside == group.no.0).map(|(of, _)| *of).collect();
        assert_eq!(found.around().map(|group| group.no.0).collect::<Vec<_>>(), around);
        let held: BTreeSet<(i64, i64)> = found.held().map(on_bot).collect();
        assert_eq!(held, world.held(&world.group_roles, group.no.0));
    }
}

fn on_bot((role, bot): (RoleRef<'_>, Option<BotRef<'_>>)) -> (i64, i64) {
    (bot.map_or(0, |bot| bot.no.0), role.no.0)
}

fn keys<T>(map: &BTreeMap<i64, T>) -> Vec<i64> {
    map.keys().copied().collect()
}

fn compare_users(world: &World, roster: &Roster, stride: usize) {
    let mut holdings = Holdings::default();
    for user in world.users.values().step_by(stride) {
        let found = roster.user(user.no).expect("the user");
        assert_eq!(found.no(), user.no);
        assert_eq!(found.id().to_string(), user.id);
        assert_eq!(found.email().to_string(), user.email);
        assert!(found.email().is(&user.email));
        assert_eq!(found.org_user_id(), user.org_user_id);
        assert_eq!(found.first_name(), user.first_name);
        assert_eq!(found.last_name(), user.last_name);
        assert_eq!(found.is_developer(), user.is_developer);
        assert_eq!(found.can_create_bot(), user.can_create_bot);
        assert_eq!(found.status(), user.status);
        assert_eq!(found.is_plain(), !format!("{}{}", user.id, user.email).contains(['"', '\\']));
        assert_eq!(roster.user_by_id(&user.id).map(UserRef::no), Some(user.no));
        assert_eq!(roster.user_by_email(&fold(&user.email)).map(UserRef::no), Some(user.no));
        holdings.read(found);
        assert_eq!(shown(&holdings), world.holdings(user.no.0), "what {} holds", user.no.0);
        let held: BTreeSet<(i64, i64)> = found.held_directly().map(on_bot).collect();
        assert_eq!(held, world.held(&world.user_roles, user.no.0));
        let groups: BTreeSet<i64> = found.groups().map(|group| group.no.0).collect();
        let own = world.members.iter().filter(|(_, member)| *member == user.no.0);
        assert_eq!(groups, own.map(|(group, _)| *group).collect());
    }
    assert!(roster.user(UserNo(-1)).is_none() && roster.user(UserNo(i64::MAX)).is_none());
    assert!(roster.user_by_id("u-1").is_none() && roster.user_by_email("nobody@example.com").is_none());
}

fn shown(holdings: &Holdings<'_>) -> Vec<Holding> {
    assert!(holdings.on_account().all(|held| held.bot.is_none()) && holdings.on_bots().all(|held| held.bot.is_some()));
    let shown = holdings.on_account().chain(holdings.on_bots()).map(|held| {
        let groups: Vec<String> = held.groups().map(|group| group.name.clone()).collect();
        assert_eq!(held.has_groups(), !groups.is_empty());
        (held.bot.map_or(0, |bot| bot.no.0), held.role.no.0, held.is_direct, groups)
    });
    shown.collect()
}

fn compare_access(world: &World, roster: &Roster) {
    for user in world.users.values() {
        let found = roster.user(user.no).expect("the user");
        let held = world.holdings(user.no.0);
        for bot in std::iter::once(0).chain(keys(&world.bots)) {
            let mut all: Vec<(&str, u8)> = Vec::new();
            for permission in PERMISSIONS {
                let wanted = world.rank(user.no.0, bot, permission);
                assert_eq!(rank(roster.level(found, target(bot), permission)), wanted);
                assert_eq!(roster.permits(found, target(bot), permission), wanted > 0);
                if wanted > 0 {
                    all.push((permission, wanted));
                }
            }
            all.sort_unstable();
            for after in std::iter::once(None).chain(PERMISSIONS.map(Some)) {
                let rest: Vec<_> =
                    all.iter().copied().filter(|(name, _)| after.is_none_or(|after| *name > after)).collect();
                let permissions = roster.permissions(found, target(bot), after).into_iter();
                assert_eq!(permissions.map(|(name, level)| (name, rank(level))).collect::<Vec<_>>(), rest);
            }
            for role in world.roles.keys() {
                let why = roster.why(found, RoleNo(*role), target(bot));
                let wanted = held.iter().find(|(on, of, ..)| (*on, *of) == (bot, *role));
                assert_eq!(why.is_some(), wanted.is_some());
                let (Some(why), Some((_, _, is_direct, names))) = (why, wanted) else { continue };
                assert_eq!(why.is_direct, *is_direct);
                let ways: BTreeSet<(i64, i64)> =
                    why.ways.iter().map(|way| (way.holder.no.0, way.through.no.0)).collect();
                let joined = world.members.iter().filter(|(_, member)| *member == user.no.0).map(|(group, _)| *group);
                let wanted: BTreeSet<(i64, i64)> = joined
                    .flat_map(|through| world.around(through).into_iter().map(move |holder| (holder, through)))
                    .filter(|(holder, _)| world.group_roles.contains(&(bot, *role, *holder)))
                    .collect();
                assert_eq!(ways, wanted);
                let mut holders: Vec<String> = why.ways.iter().map(|way| way.holder.name.clone()).collect();
                holders.dedup();
                assert_eq!(&holders, names);
            }
        }
        for permission in PERMISSIONS {
            for level in [Level::View, Level::Full] {
                let bots = keys(&world.bots).into_iter();
                let may: Vec<i64> = bots.filter(|bot| world.rank(user.no.0, *bot, permission) >= rank(level)).collect();
                let found_bots = |after| roster.bots_for(found, permission, level, after).map(|bot| bot.no.0);
                assert_eq!(found_bots(None).collect::<Vec<_>>(), may);
                for (at, bot) in may.iter().enumerate() {
                    assert_eq!(found_bots(Some(BotNo(*bot))).collect::<Vec<_>>(), may[at + 1..]);
                }
            }
        }
    }
    let stranger = World::new().load();
    assert_eq!(stranger.n_users(), 0);
    if let Some(user) = world.users.keys().next().and_then(|no| roster.user(UserNo(*no))) {
        assert!(!roster.permits(user, Target::Bot(BotNo(-5)), PERMISSIONS[0]));
        assert!(!roster.permits(user, Target::Account, "Unheard of"));
    }
}

fn compare_searches(world: &World, roster: &Roster, sizes: &[usize]) {
    let held: BTreeMap<i64, Vec<Holding>> = world.users.keys().map(|no| (*no, world.holdings(*no))).collect();
    let who = |wanted: &dyn Fn(i64, &Role) -> bool| -> Vec<i64> {
        let any = |held: &Vec<Holding>| held.iter().any(|(bot, role, ..)| wanted(*bot, &world.roles[role]));
        held.iter().filter(|(_, held)| any(held)).map(|(no, _)| *no).collect()
    };
    for bot in std::iter::once(0).chain(keys(&world.bots)) {
        for permission in PERMISSIONS {
            for level in [Level::View, Level::Full] {
                let may = who(&|on, role| on == bot && rank(role.permissions.level(permission)) >= rank(level));
                for size in sizes {
                    let page = |after| nos(roster.users_who_may(target(bot), permission, level, after).take(*size));
                    assert_eq!(paged(page), may, "who may do {permission} on {bot}, {size} a page");
                }
            }
        }
        for role in world.roles.keys() {
            let with = who(&|on, of| on == bot && of.no.0 == *role);
            for size in sizes {
                let page = |after| nos(roster.users_with(RoleNo(*role), target(bot), after).take(*size));
                assert_eq!(paged(page), with, "who has role {role} on {bot}, {size} a page");
            }
        }
    }
    for role in world.roles.keys() {
        let anywhere = who(&|_, of| of.no.0 == *role);
        for size in sizes {
            let page = |after| nos(roster.holders(None, |own| own.no.0 == *role, after).take(*size));
            assert_eq!(paged(page), anywhere, "who has role {role} anywhere, {size} a page");
        }
    }
    for bot in std::iter::once(0).chain(keys(&world.bots)) {
        let on_it = who(&|on, _| on == bot);
        assert_eq!(nos(roster.holders(Some(target(bot)), |_| true, None)), on_it, "who has anything on {bot}");
    }
    assert_eq!(nos(roster.holders(Some(Target::Bot(BotNo(-5))), |_| true, None)), [0; 0]);
    for group in world.groups.keys() {
        let is_inside = |user: i64| {
            let own = world.members.iter().filter(|(_, member)| *member == user);
            own.into_iter().any(|(joined, _)| world.around(*joined).contains(group))
        };
        let inside: Vec<i64> = world.users.keys().copied().filter(|user| is_inside(*user)).collect();
        for size in sizes {
            let page = |after| nos(roster.users_inside(GroupNo(*group), after).take(*size));
            assert_eq!(paged(page), inside, "who is inside group {group}, {size} a page");
        }
    }
    assert_eq!(nos(roster.users_inside(GroupNo(-5), None)), [0; 0]);
    for text in ["person", "PERSÖN", "last 25", "no-at", "e1", "back\\slash", "fff", "nobody"] {
        let words = Words::parse("q", text).expect("few words").expect("a word");
        let fits = |user: &&User| {
            let person = Person {
                email: [&user.email, ""],
                org_user_id: &user.org_user_id,
                first_name: &user.first_name,
                last_name: &user.last_name,
            };
            words.fit(&person)
        };
        let found: Vec<i64> = world.users.values().filter(fits).map(|user| user.no.0).collect();
        for size in sizes {
            let page = |after: Option<UserNo>| nos(roster.users_like(&words, after.map_or(0, |no| no.0)).take(*size));
            assert_eq!(paged(page), found, "who is like {text}, {size} a page");
        }
    }
    assert_eq!(nos(roster.users_who_may(Target::Bot(BotNo(-5)), PERMISSIONS[0], Level::View, None)), [0; 0]);
    assert_eq!(nos(roster.users_with(RoleNo(-5), Target::Account, None)), [0; 0]);
    assert!(roster.group(GroupNo(-5)).is_none());
}

/// All pages, each begun behind the last user of the one before.
fn paged(page: impl Fn(Option<UserNo>) -> Vec<i64>) -> Vec<i64> {
    let mut all: Vec<i64> = Vec::new();
    loop {
        let next = page(all.last().map(|no| UserNo(*no)));
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}
