//! Random histories: the roster that was brought forward step by step, and the one loaded afresh,
//! both answer what the oracle does.

use proptest::{collection::vec, prelude::*};
use rolecall_model::{ids::UserNo, page::Start};
use rolecall_roster::{Roster, Target, UserRef};

use crate::{
    compare::{compare, compare_large},
    oracle::{Action, PERMISSIONS, World, rank},
};

fn action() -> impl Strategy<Value = Action> {
    let index = 0_usize..64;
    let (i, j, k) = (index.clone(), index.clone(), index);
    prop_oneof![
        4 => any::<u8>().prop_map(Action::NewUser),
        1 => (i.clone(), any::<u8>()).prop_map(|(user, kind)| Action::EditUser(user, kind)),
        1 => i.clone().prop_map(Action::RemoveUser),
        2 => any::<u8>().prop_map(Action::NewRole),
        1 => (i.clone(), any::<u8>()).prop_map(|(role, kind)| Action::EditRole(role, kind)),
        1 => i.clone().prop_map(Action::RemoveRole),
        1 => i.clone().prop_map(Action::RestoreRole),
        1 => Just(Action::NewBot),
        1 => i.clone().prop_map(Action::EditBot),
        1 => i.clone().prop_map(Action::RemoveBot),
        2 => any::<u8>().prop_map(Action::NewGroup),
        1 => (i.clone(), any::<u8>()).prop_map(|(group, kind)| Action::RenameGroup(group, kind)),
        1 => i.clone().prop_map(Action::RemoveGroup),
        8 => (i.clone(), j.clone(), k.clone(), prop::bool::weighted(0.7))
            .prop_map(|(bot, role, user, is_given)| Action::AssignUser { bot, role, user, is_given }),
        5 => (i.clone(), j.clone(), k, prop::bool::weighted(0.7))
            .prop_map(|(bot, role, group, is_given)| Action::AssignGroup { bot, role, group, is_given }),
        6 => (i.clone(), j.clone(), prop::bool::weighted(0.7))
            .prop_map(|(group, user, is_in)| Action::Member { group, user, is_in }),
        3 => (i, j, prop::bool::weighted(0.7))
            .prop_map(|(group, member, is_in)| Action::Nest { group, member, is_in }),
        1 => Just(Action::Apps),
        1 => Just(Action::Account),
    ]
}

/// A world with `n_users` users and a few of all else, each user with something.
fn peopled(n_users: usize) -> World {
    let mut world = World::new();
    let mut actions: Vec<Action> = Vec::new();
    actions.extend((1..8).map(|kind| Action::NewRole(kind * 29)));
    actions.extend([Action::NewBot, Action::NewBot, Action::NewBot]);
    actions.extend((0..6).map(Action::NewGroup));
    actions.extend((0..3).map(|group| Action::Nest { group, member: group + 2, is_in: true }));
    actions.extend((0..6).map(|at| Action::AssignGroup { bot: at, role: at * 5, group: at, is_given: true }));
    for user in 0..n_users {
        actions.push(Action::NewUser(u8::try_from(user % 251).expect("small")));
    }
    world.step(&actions);
    let facts: Vec<Action> = (0..n_users)
        .flat_map(|user| {
            let first = Action::AssignUser { bot: user, role: user / 3, user, is_given: user % 10 != 0 };
            let second = Action::AssignUser { bot: user / 2, role: user + 1, user, is_given: true };
            [first, second, Action::Member { group: user / 7, user, is_in: user % 4 != 0 }]
        })
        .collect();
    world.step(&facts);
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_roster_brought_forward_answers_as_the_oracle_and_as_one_loaded_afresh(
        before in vec(action(), 0..40),
        steps in vec(vec(action(), 1..12), 1..8),
    ) {
        let mut world = World::new();
        world.step(&before);
        let mut roster = world.load();
        compare(&world, &roster);
        for actions in &steps {
            // So that what is remembered about the image before must be seen to be forgotten.
            for user in roster.users(Start::Offset(0)) {
                prop_assert!(user.holdings().all().count() < 1_000);
            }
            let step = world.step(actions);
            let next = roster.apply(&step).expect("small numbers");
            compare(&world, &next);
            roster = next;
        }
        compare(&world, &world.load());
    }

    #[test]
    fn adding_an_assignment_takes_nothing_from_anybody(
        before in vec(action(), 20..60),
        added in vec(action(), 1..12),
    ) {
        let mut world = World::new();
        world.step(&before);
        let roster = world.load();
        let is_gift = |action: &Action| matches!(
            action,
            Action::AssignUser { is_given: true, .. }
                | Action::AssignGroup { is_given: true, .. }
                | Action::Member { is_in: true, .. }
                | Action::Nest { is_in: true, .. }
        );
        let added: Vec<Action> = added.into_iter().filter(is_gift).collect();
        let after = roster.apply(&world.step(&added)).expect("small numbers");
        for user in roster.users(Start::Offset(0)) {
            let same = after.user(user.no()).expect("still there");
            for target in std::iter::once(Target::Account).chain(roster.bots(Start::Offset(0)).map(|bot| Target::Bot(bot.no))) {
                for permission in PERMISSIONS {
                    let levels = (roster.level(user, target, permission), after.level(same, target, permission));
                    prop_assert!(rank(levels.0) <= rank(levels.1));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn many_chunks_are_brought_forward_like_one(
        n_users in prop_oneof![Just(256_usize), Just(257), 500..1_500_usize],
        steps in vec(vec((action(), 0_usize..20), 1..40), 1..6),
    ) {
        let mut world = peopled(n_users);
        let mut roster = world.load();
        compare_large(&world, &roster);
        for actions in steps {
            // Each index far from the others, so that most chunks are met.
            let spread = actions.into_iter().map(|(action, far)| spread(action, far * 83)).collect::<Vec<_>>();
            roster = roster.apply(&world.step(&spread)).expect("small numbers");
            compare_large(&world, &roster);
        }
        compare_large(&world, &world.load());
    }
}

fn spread(action: Action, far: usize) -> Action {
    match action {
        Action::EditUser(user, kind) => Action::EditUser(user + far, kind),
        Action::RemoveUser(user) => Action::RemoveUser(user + far),
        Action::AssignUser { bot, role, user, is_given } => {
            Action::AssignUser { bot, role, user: user + far, is_given }
        }
        Action::Member { group, user, is_in } => Action::Member { group, user: user + far, is_in },
        other => other,
    }
}

fn nos(roster: &Roster, start: Start) -> Vec<UserNo> {
    roster.users(start).map(UserRef::no).collect()
}

#[test]
fn offsets_count_right_when_users_leave_and_chunks_empty() {
    let mut world = peopled(1_100);
    let mut roster = world.load();
    // The whole second chunk, then every third of the rest, then all.
    let second: Vec<Action> = (0..256).map(|_| Action::RemoveUser(256)).collect();
    let thirds: Vec<Action> = (0..200).map(|at| Action::RemoveUser(at * 2)).collect();
    let all: Vec<Action> = (0..1_100).map(|_| Action::RemoveUser(0)).collect();
    for actions in [second, thirds, all] {
        roster = roster.apply(&world.step(&actions)).expect("small numbers");
        let all: Vec<UserNo> = world.users.keys().map(|no| UserNo(*no)).collect();
        assert_eq!(roster.n_users(), all.len() as u64);
        for offset in (0..all.len() + 2).step_by(37) {
            assert_eq!(nos(&roster, Start::Offset(offset as u64)), all.get(offset..).unwrap_or_default());
        }
    }
    assert_eq!(roster.n_users(), 0);
    let roster = roster.apply(&world.step(&[Action::NewUser(1)])).expect("small numbers");
    assert_eq!(roster.n_users(), 1);
}

#[test]
fn an_image_is_as_it_was_after_others_were_made_of_it() {
    let mut world = peopled(600);
    let before = world.clone();
    let roster = world.load();
    let actions: Vec<Action> = (0..300).map(Action::RemoveUser).chain([Action::RemoveRole(1), Action::Apps]).collect();
    let after = roster.apply(&world.step(&actions)).expect("small numbers");
    compare_large(&before, &roster);
    compare_large(&world, &after);
}

#[test]
fn thousands_of_users_made_after_the_load_are_found_by_their_keys() {
    let mut world = World::new();
    let mut roster = world.load();
    for _ in 0..4 {
        let actions: Vec<Action> =
            (0..1_000).map(|at| Action::NewUser(u8::try_from(at % 250).expect("small"))).collect();
        roster = roster.apply(&world.step(&actions)).expect("small numbers");
    }
    compare_large(&world, &roster);
}
