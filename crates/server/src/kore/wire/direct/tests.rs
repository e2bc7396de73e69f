//! Whatever texts an account has, what is written directly is what the types beside it give.

use proptest::prelude::*;
use rolecall_control::list::List;
use rolecall_model::{
    bot::Bot,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::Start,
    role::{Level, Permissions},
    time::Instant,
    user::{Status, UserRow as Row},
};
use rolecall_roster::{Account, BoundApp, Things};

use super::*;
use crate::kore::wire::{
    bots::BotPage,
    groups::{GroupPage, GroupRow, GroupUser},
    roles::RolePage,
    user_roles::{AdminRoleRow, BotRoleRow, UserPage, UserRow},
};

/// Texts of every kind, and often of the kinds that JSON writes otherwise than they are.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,9}", "[\"\\\\/\u{0}-\u{1f}\u{7f}\u{2028}é😀]{0,5}", "\\PC{0,6}"]
}

/// A user: its texts, whether it is a developer, active, and what it holds and is in, by index.
type Person = ([String; 4], bool, bool, Vec<(i64, i64)>, Vec<i64>);

fn person() -> impl Strategy<Value = Person> {
    let held = proptest::collection::vec((0i64..4, 0i64..4), 0..4);
    let texts = [text().boxed(), text().boxed(), text().boxed(), text().boxed()];
    (texts, any::<bool>(), any::<bool>(), held, proptest::collection::vec(0i64..4, 0..3))
}

#[derive(Debug)]
struct Drawn {
    names: Vec<String>,
    people: Vec<Person>,
    page: Page,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let page = (1u32..6, prop_oneof![(0u64..8).prop_map(Start::Offset), (0i64..60).prop_map(Start::After)]);
    (proptest::collection::vec(text(), 24), proptest::collection::vec(person(), 0..7), page)
        .prop_map(|(names, people, (limit, start))| Drawn { names, people, page: Page { limit, start } })
}

/// Roles have the numbers 1 to 4, bots 11 to 14 (10 stands for the account), groups 21 to 24, users
/// those from 31 on.
fn roster(drawn: &Drawn) -> Roster {
    let name = |nth: i64| drawn.names[usize::try_from(nth).expect("an index") % drawn.names.len()].clone();
    let role = |no: i64| Role {
        no: RoleNo(no),
        id: format!("r{no}{}", name(no)),
        role_type: if no == 1 { RoleType::Admin } else { RoleType::Bot },
        name: name(no + 1),
        description: name(no + 2),
        ref_id: String::new(),
        permissions: Permissions::of([(name(no + 3).as_str(), Level::Full), ("Tasks", Level::No)]),
        is_built_in: false,
        created_at: Instant::from_ms(no),
        created_by: String::new(),
        modified_at: Instant::from_ms(no),
        modified_by: String::new(),
    };
    let bot = |no: i64| Bot {
        no: BotNo(no),
        id: format!("st-{no}{}", name(no)),
        name: name(no + 1),
        description: name(no + 2),
        purpose: name(no + 3),
        default_language: "en".to_owned(),
        status: name(no + 4),
        owner_no: UserNo(31),
        created_at: Instant::from_ms(no),
    };
    let group = |no: i64| Group {
        no: GroupNo(no),
        id: format!("e-{no}{}", name(no)),
        name: name(no + 1),
        description: name(no + 2),
        created_at: Instant::from_ms(no),
    };
    let bots: Vec<Bot> = (11..15).map(bot).collect();
    let app = BoundApp {
        client_id: name(3),
        enforces_jti: true,
        created_at: Instant::from_ms(5),
        bots: vec![bots[0].id.clone()],
    };
    let things =
        Things { apps: vec![app], roles: (1..5).map(role).collect(), bots, groups: (21..25).map(group).collect() };
    let account = Account { no: AccountNo(1), id: name(5), org_id: name(6), name: String::new(), owner_no: UserNo(31) };
    let mut loader = Roster::loader(account, 7, things);
    loader.nested(GroupNo(21), GroupNo(22));
    loader.nested(GroupNo(22), GroupNo(23));
    loader.group_assigned(BotNo(0), RoleNo(1), GroupNo(21));
    loader.group_assigned(BotNo(12), RoleNo(2), GroupNo(22));
    loader.group_assigned(BotNo(12), RoleNo(2), GroupNo(23));
    for (no, (texts, is_developer, is_active, held, groups)) in (31..).zip(&drawn.people) {
        let id = if texts[0].is_empty() { "u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7" } else { &texts[0] };
        let row = Row {
            no: UserNo(no),
            id,
            email: &format!("{}@{}", texts[1], name(7)),
            org_user_id: &texts[2],
            first_name: &texts[3],
            last_name: &name(no),
            is_developer: *is_developer,
            can_create_bot: !*is_active,
            status: if *is_active { Status::Active } else { Status::NotActive },
        };
        let bot = |bot: i64| BotNo(if bot == 0 { 0 } else { bot + 10 });
        let held: Vec<_> = held.iter().map(|(on, role)| (bot(*on), RoleNo(role + 1))).collect();
        let groups: Vec<_> = groups.iter().map(|group| GroupNo(group + 21)).collect();
        loader.user(&row, &held, &groups).expect("users in order");
    }
    loader.finish()
}

fn cursor(no: i64) -> String {
    format!("after-{no}")
}

/// The rows of a page out of all that come from its beginning on, and the number of the last if more
/// follow.
fn paged<T>(page: Page, rows: impl Iterator<Item = T>) -> (Vec<T>, bool) {
    let mut rows: Vec<T> = rows.collect();
    let has_more = rows.len() > size(page.limit);
    rows.truncate(size(page.limit));
    (rows, has_more)
}

fn bytes(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

fn written(body: Body) -> String {
    String::from_utf8(body.into()).expect("text")
}

fn user_row(roster: &Roster, user: UserRef<'_>) -> UserRow {
    let holdings = user.holdings();
    let names = |held: Held<'_, '_>| held.groups().map(|group| group.name.clone()).collect();
    UserRow {
        username: user.email().to_string(),
        org_user_id: user.org_user_id().to_owned(),
        account_id: roster.account().id.clone(),
        is_developer: user.is_developer(),
        can_create_bot: user.can_create_bot(),
        user_id: user.id().to_string(),
        bt_roles: holdings
            .on_bots()
            .map(|held| {
                let bot = held.bot.expect("a bot");
                BotRoleRow {
                    role_id: held.role.id.clone(),
                    role_name: held.role.name.clone(),
                    groups: names(held),
                    bot_id: bot.id.clone(),
                    bot_name: bot.name.clone(),
                    direct: held.is_direct,
                }
            })
            .collect(),
        admin_roles: holdings
            .on_account()
            .map(|held| AdminRoleRow {
                role_id: held.role.id.clone(),
                role_name: held.role.name.clone(),
                groups: names(held),
                direct: held.is_direct,
            })
            .collect(),
    }
}

fn group_row(roster: &Roster, group: GroupRef<'_>) -> GroupRow {
    let users: Vec<GroupUser> = group
        .users()
        .map(|user| GroupUser {
            id: user.id().to_string(),
            email_id: user.email().to_string(),
            last_name: user.last_name().to_owned(),
            first_name: user.first_name().to_owned(),
            prof_image: "no-avatar",
            prof_colour: "",
            activation_status: user.status().as_str().to_owned(),
            j_title: "",
            org_id: roster.account().org_id.clone(),
        })
        .collect();
    GroupRow {
        id: group.id.clone(),
        name: group.name.clone(),
        description: group.description.clone(),
        groups: group.groups().map(|inside| NestedGroup { id: inside.id.clone(), name: inside.name.clone() }).collect(),
        user_count: users.len() as u64,
        users,
        more_users: false,
    }
}

proptest! {
    #[test]
    fn what_is_written_directly_is_what_the_types_give(drawn in drawn()) {
        let (roster, page) = (roster(&drawn), drawn.page);

        for role_type in [RoleType::Admin, RoleType::Bot] {
            let (rows, has_more) = paged(page, roster.roles(role_type, page.start));
            let next_cursor = rows.last().filter(|_| has_more).map(|role| cursor(role.no.0));
            let items = rows.iter().map(|role| role.get().clone()).collect();
            let told = RolePage::from(List { total: roster.n_roles(role_type), items, next_cursor });
            // Twice: what was written first is kept.
            for _ in 0..2 {
                prop_assert_eq!(written(roles(&roster, role_type, page, cursor)), bytes(&told));
            }
        }

        let (rows, has_more) = paged(page, roster.users(page.start));
        let next_cursor = rows.last().filter(|_| has_more).map(|user| cursor(user.no().0));
        let told = UserPage {
            total: roster.n_users(),
            available_more: has_more,
            users: rows.iter().map(|user| user_row(&roster, *user)).collect(),
            next_cursor,
        };
        for _ in 0..2 {
            prop_assert_eq!(written(users(&roster, page, cursor)), bytes(&told));
        }

        let (rows, has_more) = paged(page, roster.groups(page.start));
        let told = GroupPage {
            total: 4,
            available_more: has_more,
            groups: rows.iter().map(|group| group_row(&roster, *group)).collect(),
        };
        for _ in 0..2 {
            prop_assert_eq!(written(groups(&roster, page)), bytes(&told));
        }

        let (rows, has_more) = paged(page, roster.bots(page.start));
        let owner_id = roster.user(UserNo(31)).map_or_else(String::new, |owner| owner.id().to_string());
        let row = |bot: &BotRef<'_>| {
            let bound = roster.apps().iter().filter(|app| app.bots.contains(&bot.id)).map(|app| JwtApp {
                client_id: app.client_id.clone(),
                jti_claim_enforced: true,
                jwe_encryption_enforced: false,
                created_on: app.created_at,
            });
            BotRow::new(bot.get().clone(), owner_id.clone(), roster.account().id.clone(), bound.collect())
        };
        let told = BotPage { total: 4, available_more: has_more, bots: rows.iter().map(row).collect() };
        for _ in 0..2 {
            prop_assert_eq!(written(bots(&roster, page)), bytes(&told));
        }
    }
}
