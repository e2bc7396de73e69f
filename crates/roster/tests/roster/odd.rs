//! What is out of the ordinary: odd ids and numbers, circles, things that come back.

use rolecall_model::{
    bot::Bot,
    delta::Delta,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::Start,
    role::{BUILT_IN, Role},
    time::Instant,
    user::{User, UserRow},
};
use rolecall_roster::{Account, Roster, Step, Things, Unfit, UserRef};

fn account() -> Account {
    Account { no: AccountNo(1), id: String::new(), org_id: String::new(), name: String::new(), owner_no: UserNo(1) }
}

fn user(no: i64, id: &str, email: &str) -> User {
    User::new(UserNo(no), id.to_owned(), email.to_owned(), Instant::from_ms(0))
}

fn role(no: i64) -> Role {
    let built_in = &BUILT_IN[1];
    Role {
        no: RoleNo(no),
        id: format!("{no:024x}"),
        role_type: built_in.role_type,
        name: built_in.name.to_owned(),
        description: String::new(),
        permissions: (built_in.permissions)(),
        ref_id: String::new(),
        is_built_in: true,
        created_at: Instant::from_ms(0),
        created_by: String::new(),
        modified_at: Instant::from_ms(0),
        modified_by: String::new(),
    }
}

fn group(no: i64, name: &str) -> Group {
    let (id, name) = (format!("e-{no}"), name.to_owned());
    Group { no: GroupNo(no), id, name, description: String::new(), created_at: Instant::from_ms(0) }
}

fn bot(no: i64) -> Bot {
    Bot {
        no: BotNo(no),
        id: format!("st-{no}"),
        name: format!("Bot {no}"),
        description: String::new(),
        purpose: String::new(),
        default_language: String::new(),
        status: String::new(),
        owner_no: UserNo(1),
        created_at: Instant::from_ms(0),
    }
}

fn loaded(things: Things, users: &[User]) -> Roster {
    let mut loader = Roster::loader(account(), 1, things);
    for user in users {
        loader.user(&UserRow::from(user), &[], &[]).expect("users in order");
    }
    loader.finish()
}

#[test]
fn ids_of_any_form_are_kept_and_found() {
    let ids = ["u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7", "u-66BB4537-6a44-5127-b6e2-c97e4e66d5b7", "", "ö \"", "u-"];
    let users: Vec<User> = (1..).zip(ids).map(|(no, id)| user(no, id, &format!("{no}@example.com"))).collect();
    let roster = loaded(Things::default(), &users);
    for user in &users {
        let found = roster.user_by_id(&user.id).expect("the user");
        assert_eq!((found.no(), found.id().to_string()), (user.no, user.id.clone()));
    }
    assert_eq!(roster.users(Start::Offset(0)).filter(|user| user.is_plain()).count(), 4);
}

#[test]
fn addresses_of_more_domains_than_are_kept_apart_are_whole() {
    let users: Vec<User> = (1..400).map(|no| user(no, &format!("u-{no}"), &format!("A{no}@d{no}.example"))).collect();
    let roster = loaded(Things::default(), &users);
    for user in &users {
        let found = roster.user_by_email(&user.email.to_lowercase()).expect("the user");
        assert_eq!(found.email().to_string(), user.email);
    }
    assert!(roster.user_by_email("a1@d2.example").is_none());
}

#[test]
fn numbers_far_apart_are_kept_and_those_without_room_refused() {
    let most = i64::from(u32::MAX);
    let users = [user(1, "a", "a@x"), user(70_000, "b", "b@x"), user(20_000_000, "c", "c@x"), user(most, "d", "d@x")];
    let roster = loaded(Things::default(), &users);
    assert_eq!(
        roster.users(Start::Offset(0)).map(|user| user.no().0).collect::<Vec<_>>(),
        [1, 70_000, 20_000_000, most]
    );
    assert_eq!(roster.users(Start::After(70_000)).map(|user| user.no().0).collect::<Vec<_>>(), [20_000_000, most]);
    assert_eq!(roster.users(Start::After(most)).count(), 0);
    assert_eq!(roster.user_by_id("c").map(|user| user.no().0), Some(20_000_000));

    let mut loader = Roster::loader(account(), 1, Things::default());
    let beyond = user(most + 1, "e", "e@x");
    assert_eq!(loader.user(&UserRow::from(&beyond), &[], &[]), Err(Unfit::Number(beyond.no)));
    assert_eq!(loader.user(&UserRow::from(&users[1]), &[], &[]), Ok(()));
    assert_eq!(loader.user(&UserRow::from(&users[0]), &[], &[]), Err(Unfit::Order(users[0].no)));
    let step = Step { revision: 2, users: vec![(beyond.no, Some(beyond.clone()))], ..Step::default() };
    assert_eq!(roster.apply(&step).err(), Some(Unfit::Number(beyond.no)));
}

#[test]
fn a_user_who_is_made_again_has_nothing_of_before() {
    let things = Things { roles: vec![role(2)], bots: vec![bot(3)], ..Things::default() };
    let (old, again) = (user(4, "u-4", "ada@example.com"), user(5, "u-5", "Ada@Example.com"));
    let mut loader = Roster::loader(account(), 1, things);
    loader.user(&UserRow::from(&old), &[(BotNo(3), RoleNo(2))], &[]).expect("users in order");
    let roster = loader.finish();
    assert_eq!(roster.user(old.no).map(|user| user.holdings().on_bots().len()), Some(1));
    let users = vec![(old.no, None), (again.no, Some(again.clone()))];
    let deltas = vec![Delta::User(old.no), Delta::User(again.no)];
    let roster = roster.apply(&Step { revision: 2, deltas, users, ..Step::default() }).expect("small numbers");
    assert!(roster.user(old.no).is_none() && roster.user_by_id("u-4").is_none());
    let found = roster.user_by_email("ada@example.com").expect("the user");
    assert_eq!((found.no(), found.holdings().all().len()), (again.no, 0));
}

#[test]
fn a_role_that_comes_back_is_held_by_those_it_is_given_to_again() {
    let things = Things { roles: vec![role(2), role(6)], bots: vec![bot(3)], ..Things::default() };
    let mut loader = Roster::loader(account(), 1, things);
    for no in [4, 5] {
        let user = user(no, &format!("u-{no}"), &format!("{no}@example.com"));
        loader.user(&UserRow::from(&user), &[(BotNo(3), RoleNo(6)), (BotNo(3), RoleNo(2))], &[]).expect("in order");
    }
    let roster = loader.finish();
    let gone =
        Step { revision: 2, deltas: vec![Delta::Role(RoleNo(2))], roles: vec![(RoleNo(2), None)], ..Step::default() };
    let roster = roster.apply(&gone).expect("small numbers");
    let held = |roster: &Roster, no: i64| {
        let holdings = roster.user(UserNo(no)).map(UserRef::holdings);
        holdings.map(|held| held.on_bots().map(|held| held.role.no.0).collect::<Vec<_>>())
    };
    assert_eq!((held(&roster, 4), held(&roster, 5)), (Some(vec![6]), Some(vec![6])));
    let deltas = vec![Delta::Role(RoleNo(2)), Delta::UserAssigned { bot: BotNo(3), role: RoleNo(2), user: UserNo(5) }];
    let back = Step { revision: 3, deltas, roles: vec![(RoleNo(2), Some(role(2)))], ..Step::default() };
    let roster = roster.apply(&back).expect("small numbers");
    assert_eq!((held(&roster, 4), held(&roster, 5)), (Some(vec![6]), Some(vec![2, 6])));
}

#[test]
fn a_role_that_comes_back_by_a_group_reaches_who_held_it_alone_before() {
    let things = Things { roles: vec![role(2)], bots: vec![bot(3)], groups: vec![group(4, "A")], ..Things::default() };
    let mut loader = Roster::loader(account(), 1, things);
    let user = user(5, "u-5", "5@example.com");
    loader.user(&UserRow::from(&user), &[(BotNo(3), RoleNo(2))], &[GroupNo(4)]).expect("in order");
    let gone =
        Step { revision: 2, deltas: vec![Delta::Role(RoleNo(2))], roles: vec![(RoleNo(2), None)], ..Step::default() };
    let roster = loader.finish().apply(&gone).expect("small numbers");
    let given = Delta::GroupAssigned { bot: BotNo(3), role: RoleNo(2), group: GroupNo(4) };
    let back = Step { revision: 3, deltas: vec![given], roles: vec![(RoleNo(2), Some(role(2)))], ..Step::default() };
    let roster = roster.apply(&back).expect("small numbers");
    let holdings = roster.user(user.no).expect("the user").holdings();
    assert_eq!(
        holdings.on_bots().map(|held| (held.is_direct, held.groups().count())).collect::<Vec<_>>(),
        [(false, 1)]
    );
}

#[test]
fn groups_in_a_circle_give_each_member_what_any_of_them_holds_once() {
    let groups = vec![group(2, "C"), group(3, "A"), group(4, "B")];
    let things = Things { roles: vec![role(5), role(6)], bots: vec![bot(7)], groups, ..Things::default() };
    let mut loader = Roster::loader(account(), 1, things);
    for (outer, inner) in [(2, 3), (3, 4), (4, 2), (2, 2)] {
        loader.nested(GroupNo(outer), GroupNo(inner));
    }
    for (role, group) in [(5, 2), (5, 3), (6, 4), (5, 99), (98, 2)] {
        loader.group_assigned(BotNo(7), RoleNo(role), GroupNo(group));
    }
    let user = user(8, "u-8", "8@example.com");
    loader
        .user(&UserRow::from(&user), &[(BotNo(7), RoleNo(98))], &[GroupNo(2), GroupNo(4), GroupNo(99)])
        .expect("in order");
    let roster = loader.finish();
    let holdings = roster.user(user.no).expect("the user").holdings();
    let shown = holdings.on_bots().map(|held| {
        let groups: Vec<&str> = held.groups().map(|group| group.get().name.as_str()).collect();
        (held.role.no.0, held.is_direct, groups)
    });
    assert_eq!(shown.collect::<Vec<_>>(), [(5, false, vec!["A", "C"]), (6, false, vec!["B"])]);
}
