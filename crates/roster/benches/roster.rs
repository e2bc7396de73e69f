//! What an image costs: to load, to keep, to read, to bring forward; from 1,000 to 1,000,000 users
//! and from 10 to 10,000 roles.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be made is not run")]

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use divan::{Bencher, black_box, counter::ItemsCount};
use rolecall_model::{
    bot::Bot,
    delta::Delta,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, Kind, RoleNo, UserNo, prefixed},
    page::Start,
    role::{ADMIN_PERMISSIONS, Level, Permissions, Role, RoleType},
    time::Instant,
    user::{User, UserRow},
};
use rolecall_roster::{Account, Fragment, Holdings, Roster, Step, Target, Things};

fn main() {
    divan::main();
    // Only when cargo asks for measurements, not when it looks whether they run.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("memory per user, with 2 roles held and 1 group joined:");
        for size in SIZES {
            let (n_bytes, n_users) = (size.roster().memory_bytes(), u64::from(size.n_users));
            println!("  {size}: {} bytes of {} MB", n_bytes as u64 / n_users, n_bytes / 1_000_000);
        }
    }
}

/// A size of account. It has a bot for each 10 roles up to 50, and a group for each 500 users.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Size {
    n_users: u32,
    n_roles: u32,
}

const SIZES: [Size; 5] = [
    Size { n_users: 1_000, n_roles: 300 },
    Size { n_users: 30_000, n_roles: 300 },
    Size { n_users: 1_000_000, n_roles: 10 },
    Size { n_users: 1_000_000, n_roles: 300 },
    Size { n_users: 1_000_000, n_roles: 10_000 },
];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} users, {} roles", self.n_users, self.n_roles)
    }
}

/// The permission that only the first role grants, and one that every second role does.
const RARE: &str = "Once in a blue moon";
const COMMON: &str = ADMIN_PERMISSIONS[0];

/// Numbers without order, the same each time.
fn scattered(number: u32) -> u32 {
    let mixed = (number ^ number >> 15).wrapping_mul(0x2c1b_3c6d);
    (mixed ^ mixed >> 12).wrapping_mul(0x297a_2d39) >> 3
}

/// A user as it comes out of a database, with what it holds.
type Prepared = (User, [(BotNo, RoleNo); 2], [GroupNo; 1]);

impl Size {
    fn n_bots(self) -> u32 {
        (self.n_roles / 10).clamp(1, 50)
    }

    fn n_groups(self) -> u32 {
        (self.n_users / 500).max(2)
    }

    fn bot(self, index: u32) -> BotNo {
        BotNo(i64::from(self.n_roles + 1 + index % self.n_bots()))
    }

    fn group(self, index: u32) -> GroupNo {
        GroupNo(i64::from(self.n_roles + 1 + self.n_bots() + index % self.n_groups()))
    }

    fn user(self, index: u32) -> UserNo {
        UserNo(i64::from(self.n_roles + 1 + self.n_bots() + self.n_groups() + index % self.n_users))
    }

    /// Role 1 is kept for a few.
    fn role(self, index: u32) -> RoleNo {
        RoleNo(i64::from(index % (self.n_roles - 1)) + 2)
    }

    fn things(self) -> Things {
        let at = Instant::from_ms(0);
        let role = |no: u32| {
            let granted = ADMIN_PERMISSIONS.iter().take(20).skip(usize::from(!no.is_multiple_of(2)));
            let own = if no == 1 { RARE } else { "Channels" };
            Role {
                no: RoleNo(i64::from(no)),
                id: format!("{no:024x}"),
                role_type: RoleType::Bot,
                name: format!("Role {no} of the benchmark"),
                description: String::new(),
                permissions: Permissions::of(granted.copied().chain([own]).map(|name| (name, Level::Yes))),
                ref_id: format!("{no:024x}"),
                is_built_in: false,
                created_at: at,
                created_by: String::new(),
                modified_at: at,
                modified_by: String::new(),
            }
        };
        let bot = |index: u32| Bot {
            no: self.bot(index),
            id: prefixed(Kind::Bot, uuid(index)),
            name: format!("Bot {index}"),
            description: String::new(),
            purpose: "customer".to_owned(),
            default_language: "en".to_owned(),
            status: "configured".to_owned(),
            owner_no: self.user(0),
            created_at: at,
        };
        let group = |index: u32| Group {
            no: self.group(index),
            id: prefixed(Kind::Group, uuid(index)),
            name: format!("Group {index}"),
            description: String::new(),
            created_at: at,
        };
        Things {
            apps: Vec::new(),
            roles: (1..=self.n_roles).map(role).collect(),
            bots: (0..self.n_bots()).map(bot).collect(),
            groups: (0..self.n_groups()).map(group).collect(),
        }
    }

    fn prepared(self) -> Vec<Prepared> {
        let user = |index: u32| {
            let id = prefixed(Kind::User, uuid(index));
            let email = format!("user{:07}@example.com", u64::from(index) * 7_919 % u64::from(self.n_users));
            let mut user = User::new(self.user(index), id, email, Instant::from_ms(0));
            user.org_user_id = format!("E{index}");
            user.first_name = format!("First{}", index % 5_000);
            user.last_name = format!("Last{}", index % 40_000);
            let held = [1, 2].map(|n| (self.bot(scattered(index * 4 + n)), self.role(scattered(index * 4 + n + 2))));
            (user, held, [self.group(scattered(index))])
        };
        (0..self.n_users).map(user).collect()
    }

    fn load(self, things: Things, users: &[Prepared]) -> Roster {
        let account = Account {
            no: AccountNo(1),
            id: String::new(),
            org_id: String::new(),
            name: String::new(),
            owner_no: self.user(0),
        };
        let mut loader = Roster::loader(account, 1, things);
        for index in 0..self.n_groups() {
            loader.group_assigned(self.bot(index), self.role(scattered(index)), self.group(index));
            if index % 4 == 0 {
                loader.nested(self.group(index), self.group(index + 1));
            }
        }
        for (user, held, groups) in users {
            loader.user(&UserRow::from(user), held, groups).expect("users in order");
        }
        loader.finish()
    }

    /// The image, made once. Ten users, spread evenly, hold the role that few do.
    fn roster(self) -> Roster {
        static MADE: Mutex<Option<HashMap<Size, Roster>>> = Mutex::new(None);
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let made = made.get_or_insert_default();
        let new = || {
            let roster = self.load(self.things(), &self.prepared());
            let few = (0..10).map(|n| self.user(self.n_users / 10 * n + self.n_users / 20));
            let deltas = few.map(|user| Delta::UserAssigned { bot: self.bot(0), role: RoleNo(1), user }).collect();
            roster.apply(&Step { revision: 2, deltas, ..Step::default() }).expect("small numbers")
        };
        made.entry(self).or_insert_with(new).clone()
    }
}

fn uuid(number: u32) -> [u8; 16] {
    let words = [1, 2, 3, 4].map(|n| scattered(number.wrapping_mul(n)).wrapping_add(number).to_le_bytes());
    let mut bytes = [0; 16];
    for (byte, own) in bytes.iter_mut().zip(words.iter().flatten()) {
        *byte = *own;
    }
    bytes
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn load(bencher: Bencher<'_, '_>, size: Size) {
    let users = size.prepared();
    bencher
        .counter(ItemsCount::new(users.len()))
        .with_inputs(|| size.things())
        .bench_values(|things| size.load(things, black_box(&users)));
}

/// Where a page begins, as a share of all users in thousandths.
fn page_at(bencher: Bencher<'_, '_>, size: Size, thousandths: impl Fn(u32) -> u64) {
    let roster = size.roster();
    let last = u64::from(size.n_users) - 50;
    let mut out = Vec::with_capacity(64 * 1024);
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        out.clear();
        write_page(&roster, Start::Offset(last * thousandths(number) / 1_000), &mut out);
        out.len()
    });
}

/// Visits all that a page of users shows, and copies the texts: what rendering does without its
/// punctuation.
fn write_page(roster: &Roster, start: Start, out: &mut Vec<u8>) {
    let mut holdings = Holdings::default();
    for user in roster.users(start).take(50) {
        user.id().write(out);
        let email = user.email();
        out.extend_from_slice(email.local.as_bytes());
        out.extend_from_slice(email.domain.as_bytes());
        out.extend_from_slice(user.org_user_id().as_bytes());
        holdings.read(user);
        for held in holdings.on_bots() {
            out.extend_from_slice(held.role.fragment(Fragment::Held, |role, out| {
                out.extend_from_slice(role.id.as_bytes());
                out.extend_from_slice(role.name.as_bytes());
            }));
            for group in held.groups() {
                out.extend_from_slice(
                    group.fragment(Fragment::Held, |group, out| out.extend_from_slice(group.name.as_bytes())),
                );
            }
            if let Some(bot) = held.bot {
                out.extend_from_slice(bot.fragment(Fragment::Held, |bot, out| {
                    out.extend_from_slice(bot.id.as_bytes());
                    out.extend_from_slice(bot.name.as_bytes());
                }));
            }
        }
    }
}

#[divan::bench(args = SIZES)]
fn page_first(bencher: Bencher<'_, '_>, size: Size) {
    page_at(bencher, size, |_| 0);
}

#[divan::bench(args = SIZES)]
fn page_last(bencher: Bencher<'_, '_>, size: Size) {
    page_at(bencher, size, |_| 1_000);
}

#[divan::bench(args = SIZES, sample_count = 1_000)]
fn page_anywhere(bencher: Bencher<'_, '_>, size: Size) {
    page_at(bencher, size, |number| u64::from(scattered(number) % 1_001));
}

/// Assignments given, or taken back, of users anywhere.
fn apply_many(bencher: Bencher<'_, '_>, size: Size, n: u32) {
    let mut roster = size.roster();
    let mut number = 0;
    let mut steps = (1..).map(|revision| {
        let deltas = (0..n).map(|_| {
            number += 1;
            let (bot, role) = (size.bot(scattered(number * 3)), size.role(scattered(number * 5)));
            Delta::UserAssigned { bot, role, user: size.user(scattered(number)) }
        });
        Step { revision, deltas: deltas.collect(), ..Step::default() }
    });
    bencher.with_inputs(|| steps.next().expect("as many as are asked for")).bench_local_values(|step| {
        // As in the server: the image before goes when nobody reads it any more.
        roster = roster.apply(&step).expect("small numbers");
    });
}

#[divan::bench(args = SIZES, sample_count = 2_000, sample_size = 1)]
fn apply_1(bencher: Bencher<'_, '_>, size: Size) {
    apply_many(bencher, size, 1);
}

#[divan::bench(args = SIZES, sample_count = 500, sample_size = 1)]
fn apply_10(bencher: Bencher<'_, '_>, size: Size) {
    apply_many(bencher, size, 10);
}

#[divan::bench(args = SIZES, sample_count = 100, sample_size = 1)]
fn apply_100(bencher: Bencher<'_, '_>, size: Size) {
    apply_many(bencher, size, 100);
}

#[divan::bench(args = SIZES)]
fn who_may_common(bencher: Bencher<'_, '_>, size: Size) {
    let roster = size.roster();
    let target = Target::Bot(size.bot(0));
    bencher.bench(|| roster.users_who_may(target, black_box(COMMON), Level::View, None).take(50).count());
}

#[divan::bench(args = SIZES)]
fn who_may_rare(bencher: Bencher<'_, '_>, size: Size) {
    let roster = size.roster();
    let target = Target::Bot(size.bot(0));
    bencher.bench(|| roster.users_who_may(target, black_box(RARE), Level::View, None).take(50).count());
}

#[divan::bench(args = SIZES)]
fn users_of_a_group(bencher: Bencher<'_, '_>, size: Size) {
    let roster = size.roster();
    let group = roster.group(size.group(1)).expect("the group");
    bencher.bench(|| group.users().count());
}

#[divan::bench(args = SIZES, sample_count = 1_000)]
fn permits_by_id(bencher: Bencher<'_, '_>, size: Size) {
    let roster = size.roster();
    let mut number = 0;
    let id = || {
        number += 1;
        prefixed(Kind::User, uuid(scattered(number) % size.n_users))
    };
    bencher.with_inputs(id).bench_local_values(|id| {
        let user = roster.user_by_id(&id).expect("the user");
        roster.permits(user, Target::Bot(size.bot(3)), COMMON)
    });
}

#[divan::bench(args = SIZES, sample_count = 1_000)]
fn user_by_email(bencher: Bencher<'_, '_>, size: Size) {
    let roster = size.roster();
    let mut number = 0;
    let email = || {
        number += 1;
        let user = roster.user(size.user(scattered(number))).expect("the user");
        user.email().to_string()
    };
    bencher.with_inputs(email).bench_local_refs(|email| roster.user_by_email(email).is_some());
}
