//! Whatever happened to an account: the list of who holds what, checks one by one, checks in a batch, and
//! the searches say the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::{collection::vec, prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use rolecall_control::{
    Ctx,
    access::{self, Kind, Page, Permission, Question, Slice, Target, Who},
    holdings, memberships, roles as all_roles,
};
use rolecall_model::{
    bot::Bot,
    group::Group,
    page::Page as Rows,
    role::{Level, RoleType},
    user::User,
};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::json;

use super::{assign, roles};

const N_USERS: usize = 5;
const N_GROUPS: usize = 4;
const N_BOTS: usize = 3;
const ROLES: [&str; 4] = ["One", "Two", "Three", "Four"];
const NAMES: [&str; 4] = ["Tasks", "Publish bot", "Seal", "Nothing"];
const LEVELS: [Level; 3] = [Level::View, Level::Full, Level::Yes];

/// Something that happens to the account.
#[derive(Clone, Copy, Debug)]
enum Step {
    Assign { adds: bool, role: usize, place: usize, holder: usize },
    Join { adds: bool, group: usize, user: usize },
    Nest { adds: bool, inner: usize, outer: usize },
    Remove { user: usize },
}

fn step() -> impl Strategy<Value = Step> {
    // More is given than taken, so that there is something to find.
    let adds = || prop::bool::weighted(0.7);
    prop_oneof![
        8 => (adds(), 0..ROLES.len(), 0..=N_BOTS, 0..N_USERS + N_GROUPS)
            .prop_map(|(adds, role, place, holder)| Step::Assign { adds, role, place, holder }),
        4 => (adds(), 0..N_GROUPS, 0..N_USERS).prop_map(|(adds, group, user)| Step::Join { adds, group, user }),
        3 => (adds(), 0..N_GROUPS - 1, 1..N_GROUPS).prop_map(|(adds, inner, step)| Step::Nest { adds, inner, outer: (inner + step).min(N_GROUPS - 1) }),
        1 => (0..N_USERS).prop_map(|user| Step::Remove { user }),
    ]
}

struct World {
    users: Vec<User>,
    gone: BTreeSet<usize>,
    groups: Vec<Group>,
    bots: Vec<Bot>,
    role_ids: HashMap<String, String>,
    admin_role_ids: HashMap<String, String>,
}

impl World {
    async fn make(app: &TestApp) -> Self {
        let users = app.users((0..N_USERS).map(|n| format!("user{n}@acme.example"))).await;
        let (mut groups, mut bots) = (Vec::new(), Vec::new());
        for n in 0..N_GROUPS {
            groups.push(app.group(&format!("Group {n}"), &[]).await);
        }
        for n in 0..N_BOTS {
            bots.push(app.bot(&format!("Bot {n}")).await);
        }
        let on_bots = [
            json!({"Tasks": ["VIEW"], "Seal": ["VIEW"]}),
            json!({"Tasks": ["FULL"], "Publish bot": ["NO"]}),
            json!({"Publish bot": ["YES"], "Seal": ["FULL"]}),
            json!({"Seal": ["YES"], "Tasks": ["NO"]}),
        ];
        let on_account =
            [json!({"Tasks": "YES"}), json!({"Seal": "YES"}), json!({"Seal": "NO"}), json!({"Publish bot": "YES"})];
        let named =
            |permissions: &[serde_json::Value; 4]| ROLES.into_iter().zip(permissions.clone()).collect::<Vec<_>>();
        let role_ids = roles(app, "bot", &named(&on_bots)).await;
        let admin_role_ids = roles(app, "admin", &named(&on_account)).await;
        Self { users, gone: BTreeSet::new(), groups, bots, role_ids, admin_role_ids }
    }

    async fn take(&mut self, app: &TestApp, step: Step) {
        match step {
            Step::Assign { adds, role, place, holder } => {
                let (list, name) = match holder.checked_sub(N_USERS) {
                    None if self.gone.contains(&holder) => return,
                    None => ("Users", &self.users[holder].email),
                    Some(group) => ("Groups", &self.groups[group].name),
                };
                let list = format!("{}{list}", if adds { "add" } else { "remove" });
                let bot = self.bots.get(place);
                let ids = if bot.is_some() { &self.role_ids } else { &self.admin_role_ids };
                assign(app, &ids[ROLES[role]], bot, &list, name).await;
            }
            Step::Join { adds, group, user } => {
                if self.gone.contains(&user) {
                    return;
                }
                let pair = [(&self.groups[group], &self.users[user])];
                app.change(async |change| {
                    if adds {
                        memberships::add_users(change, &pair).await
                    } else {
                        memberships::remove_users(change, &pair).await
                    }
                })
                .await;
            }
            // The lower in the higher, so that no circle comes about.
            Step::Nest { adds, inner, outer } => {
                let pair = [(&self.groups[outer], &self.groups[inner])];
                app.change(async |change| {
                    if adds {
                        memberships::add_groups(change, &pair).await
                    } else {
                        memberships::remove_groups(change, &pair).await
                    }
                })
                .await;
            }
            Step::Remove { user } => {
                self.gone.insert(user);
                app.delete("/api/public/users", json!({"deleteEmailIds": [self.users[user].email]})).await;
            }
        }
    }

    /// Everywhere that there is, each with what kind of thing it is.
    fn targets(&self, app: &TestApp) -> Vec<(Kind, Target)> {
        let account = (Kind::Account, Target::Account(app.tenant.account.account_id.clone()));
        let bots = self.bots.iter().map(|bot| (Kind::Bot, Target::Bot(bot.id.clone())));
        std::iter::once(account).chain(bots).collect()
    }
}

/// The most of each permission that each user has anywhere.
type May = BTreeMap<(String, Target, String), Level>;

/// What each user may, by the list of who holds what.
async fn by_the_list(ctx: &Ctx) -> May {
    let mut permissions = HashMap::new();
    for role_type in [RoleType::Admin, RoleType::Bot] {
        for role in all_roles::export(ctx, role_type).await.expect("the roles") {
            permissions.insert(role.id, role.permissions);
        }
    }
    let list = holdings::list(ctx, Rows::first(1_000), None).await.expect("the list");
    let mut may = May::new();
    for (user, held) in list.users.items {
        let on_account = held.on_account.into_iter().map(|role| (Target::Account(list.account_id.clone()), role));
        let on_bots = held.on_bots.into_iter().map(|(bot, role)| (Target::Bot(bot.id), role));
        for (target, role) in on_account.chain(on_bots) {
            for (name, level) in permissions[&role.role.id].iter().filter(|(_, level)| *level != Level::No) {
                let most = may.entry((user.id.clone(), target.clone(), name.to_owned())).or_insert(level);
                if !most.covers(level) {
                    *most = level;
                }
            }
        }
    }
    may
}

async fn ids(ctx: &Ctx, search: impl AsyncFn(Page) -> Slice<String>) -> Vec<String> {
    let page = Page::open(ctx, "a search".to_owned(), None, Some(1_000)).expect("the first page");
    search(page).await.items
}

async fn agree(app: &TestApp, world: &World) {
    let store = app.operator();
    let may = by_the_list(&store).await;
    let everybody = everybody(&store).await;
    let core = &app.server.core;
    app.server.rosters.load(core, store.account).await;
    let roster = app.server.rosters.fresh(core, store.account).await;
    assert!(roster.is_some(), "there is no image");
    for ctx in [Ctx { roster, ..store.clone() }, store] {
        agree_with(app, world, &ctx, &may, &everybody).await;
    }
}

async fn agree_with(app: &TestApp, world: &World, ctx: &Ctx, may: &May, everybody: &[String]) {
    let mut questions = Vec::new();
    for user in &world.users {
        for (_, target) in world.targets(app) {
            for (name, level) in NAMES.iter().flat_map(|name| LEVELS.map(|level| ((*name).to_owned(), level))) {
                let who = if level == Level::Full { Who::of(&user.email) } else { Who::of(&user.id) };
                let expected =
                    may.get(&(user.id.clone(), target.clone(), name.clone())).is_some_and(|most| most.covers(level));
                let permission = Permission { name, level };
                questions.push((Question { who, permission, target: target.clone() }, expected, user));
            }
        }
    }
    let batch: Vec<Question> = questions.iter().map(|(question, ..)| question.clone()).collect();
    let answers = access::decide_all(ctx, &batch).await.expect("answers");
    for ((question, expected, _), answer) in questions.iter().zip(&answers) {
        assert_eq!(answer, expected, "in a batch: {question:?}");
    }
    // One in seven by itself too: alone, each costs a few statements.
    for (question, expected, _) in questions.iter().step_by(7) {
        assert_eq!(access::decide(ctx, question).await.expect("an answer"), *expected, "alone: {question:?}");
    }
    for (kind, target) in world.targets(app) {
        for permission in
            NAMES.iter().flat_map(|name| LEVELS.map(|level| Permission { name: (*name).to_owned(), level }))
        {
            let is_granted = |id: &str| {
                may.get(&(id.to_owned(), target.clone(), permission.name.clone()))
                    .is_some_and(|most| most.covers(permission.level))
            };
            let found =
                ids(ctx, async |page| access::users(ctx, &permission, &target, &page).await.expect("users")).await;
            let expected: Vec<String> = everybody.iter().filter(|id| is_granted(id)).cloned().collect();
            assert_eq!(found, expected, "who has {permission:?} on {target:?}");
        }
        for user in &world.users {
            let who = Who::of(&user.id);
            let page = Page::open(ctx, String::new(), None, None).expect("the first page");
            let found = access::permissions(ctx, &who, &target, &page).await.expect("permissions").items;
            let expected = may.iter().filter(|((id, place, _), _)| *id == user.id && *place == target);
            let expected: Vec<Permission> =
                expected.map(|((.., name), level)| Permission { name: name.clone(), level: *level }).collect();
            assert_eq!(found, expected, "what {} may on {target:?}", user.email);
            for permission in NAMES.map(|name| Permission { name: name.to_owned(), level: Level::Full }) {
                let found =
                    ids(ctx, async |page| access::targets(ctx, &who, &permission, kind, &page).await.expect("targets"))
                        .await;
                let id = match &target {
                    Target::Account(id) | Target::Bot(id) => id,
                };
                let is_granted = may
                    .get(&(user.id.clone(), target.clone(), permission.name.clone()))
                    .is_some_and(|most| most.covers(Level::Full));
                assert_eq!(found.contains(id), is_granted, "where {} has {permission:?}: {target:?}", user.email);
            }
        }
    }
}

/// The ids of all users, in order of their creation.
async fn everybody(ctx: &Ctx) -> Vec<String> {
    let list = holdings::list(ctx, Rows::first(1_000), None).await.expect("the list");
    list.users.items.into_iter().map(|(user, _)| user.id).collect()
}

each_engine! {
    async fn lists_checks_batches_and_searches_agree_whatever_happened(app: TestApp) {
        let mut world = World::make(&app).await;
        let mut runner = TestRunner::deterministic();
        let steps = vec(step(), 60).new_tree(&mut runner).expect("steps").current();
        agree(&app, &world).await;
        for chunk in steps.chunks(10) {
            for step in chunk {
                world.take(&app, *step).await;
            }
            agree(&app, &world).await;
        }
        assert!(!by_the_list(&app.operator()).await.is_empty(), "nobody may anything: {steps:#?}");
    }
}
