//! Random histories of an account, by all the ways in which it can change: after each of them its
//! image shows what the store's lists do, on any page, and so does an image that is loaded anew.

use std::sync::Arc;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rolecall_control::{
    accounts,
    apps::{self, NewApp},
    assignments::{self, Action, Element, Principal, Wish},
    bots, files,
    groups::{self, Who},
    manifest_apply::{self, Options, Source},
    role_import::{self, Order},
    roles,
    rosters::Rosters,
    users::{self, Access, Key, Particulars},
    version::Expected,
};
use rolecall_model::{
    app::{Algorithm, Kind},
    manifest::parse_document,
    page::{Page, Start},
    role::{Level, Permissions, RoleType},
    role_import::Mode,
};
use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

use super::{ENOUGH, fresh, loaded, shown};

/// How many changes a history has.
const N_CHANGES: usize = 60;

/// An account that changes at random. Some of what it is told to do is refused or has been done
/// already, as it draws from few names.
struct History<'a> {
    app: &'a TestApp,
    rng: StdRng,
    imports: Vec<String>,
}

impl History<'_> {
    fn one_of(&mut self, what: &str, n: u32) -> String {
        let nth = self.rng.random_range(0..n);
        match what {
            "user" => format!("user{nth}@acme.example"),
            _ => format!("{what} {nth}"),
        }
    }

    fn some(&mut self, what: &str, n: u32) -> Vec<String> {
        let mut some: Vec<String> = (0..self.rng.random_range(0..4.min(n + 1))).map(|_| self.one_of(what, n)).collect();
        some.sort();
        some.dedup();
        some
    }

    fn flip(&mut self) -> bool {
        self.rng.random_range(0..2) == 0
    }

    async fn change(&mut self) {
        match self.rng.random_range(0..16) {
            0..5 => self.apply_a_manifest().await,
            5 | 6 => self.assign().await,
            7 => self.make_and_change_users().await,
            8 => self.remove_users().await,
            9 => self.import_roles().await,
            10 => self.revert_an_import().await,
            11 | 12 => self.edit_groups_and_bots().await,
            13 | 14 => self.edit_roles().await,
            _ => self.change_apps().await,
        }
    }

    async fn apply_a_manifest(&mut self) {
        let (mut bots, mut groups, mut roles, mut given) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let n_users = self.rng.random_range(0..9);
        let mut people: Vec<String> = (0..n_users).map(|_| self.one_of("user", 30)).collect();
        people.sort();
        people.dedup();
        let mut users = Vec::new();
        for email in &people {
            let nth = self.rng.random_range(0..3);
            users.push(json!({"email": email, "firstName": format!("F{nth}"), "isDeveloper": nth > 0}));
        }
        for nth in 0..self.rng.random_range(0..3) {
            let description = self.one_of("for", 3);
            bots.push(json!({"name": format!("Bot {nth}"), "description": description}));
        }
        let n_groups = self.rng.random_range(0..5);
        for nth in 0..n_groups {
            let later = (nth + 1..n_groups).filter(|_| self.rng.random_range(0..3) == 0);
            let inside: Vec<String> = later.map(|inner| format!("Group {inner}")).collect();
            let members: Vec<&String> = people.iter().filter(|_| self.rng.random_range(0..3) == 0).collect();
            groups.push(json!({"name": format!("Group {nth}"), "members": members, "groups": inside}));
        }
        for nth in 0..self.rng.random_range(0..3) {
            let level = if self.flip() { "FULL" } else { "VIEW" };
            let permissions = json!({"Tasks": [level]});
            roles.push(json!({"roleType": "bot", "role": format!("Role {nth}"), "permissions": permissions}));
            roles.push(json!({"roleType": "admin", "role": format!("Duty {nth}"), "permissions": {"Invite": "YES"}}));
            if !bots.is_empty() {
                let holders = self.some("Group", n_groups);
                given.push(json!({"role": format!("Role {nth}"), "roleType": "bot", "bot": "Bot 0", "users": people,
                    "groups": holders}));
            }
            let holders = self.some("Group", n_groups);
            given.push(json!({"role": format!("Duty {nth}"), "roleType": "admin", "groups": holders}));
        }
        let document =
            json!({"bots": bots, "users": users, "groups": groups, "roles": roles, "assignments": given}).to_string();
        let records = parse_document(&document).expect("it is a manifest");
        let prune = self.rng.random_range(0..4) == 0;
        let options = Options { prune, ..Options::default() };
        let source = Source::document(records);
        // Now and then a group would come into itself by what is there already.
        let _ = manifest_apply::apply(&self.app.operator(), &source, options).await;
    }

    async fn assign(&mut self) {
        let ctx = self.app.operator();
        let role_type = if self.flip() { RoleType::Admin } else { RoleType::Bot };
        let page = Page::first(50);
        let roles = roles::list(&ctx, role_type, page).await.expect("a list").items;
        let bots = bots::list(&ctx, page).await.expect("a list").items;
        let role = &roles[self.rng.random_range(0..roles.len())];
        let bot_id = match role_type {
            RoleType::Admin => None,
            RoleType::Bot if bots.is_empty() => return,
            RoleType::Bot => Some(bots[self.rng.random_range(0..bots.len())].bot.id.clone()),
        };
        let mut principals: Vec<Principal> = self.some("user", 30).into_iter().map(Principal::Email).collect();
        if principals.is_empty() {
            principals.push(Principal::GroupName(self.one_of("Group", 5)));
        }
        for (index, principal) in principals.into_iter().enumerate() {
            let action = if self.rng.random_range(0..3) == 0 { Action::Remove } else { Action::Add };
            let wishes = vec![Wish { action, principal, list: "users", index }];
            let element = Element { role_id: role.id.clone(), bot_id: bot_id.clone(), wishes };
            let _ = assignments::apply(&ctx, role_type, &[element]).await;
        }
    }

    async fn make_and_change_users(&mut self) {
        let ctx = self.app.operator();
        let org_user_id = self.flip().then(|| self.one_of("emp", 40));
        let particulars = Particulars { last_name: Some(self.one_of("L", 3)), org_user_id, ..Particulars::default() };
        for who in self.some("user", 30) {
            let wish = users::Wish { who: who.clone(), particulars: particulars.clone(), grants: Vec::new() };
            users::create(&ctx, &[wish]).await.expect("the database answers");
            let wish = users::Wish { who: Key::Email(who), particulars: particulars.clone(), grants: Vec::new() };
            users::update(&ctx, &[wish]).await.expect("the database answers");
        }
        let is_developer = self.flip();
        let access = Access { is_developer, can_create_bot: is_developer, has_data_access: None };
        let who = self.one_of("user", 30);
        let _ = users::set_access(&ctx, &[(Key::Email(who), String::new())], access).await;
    }

    async fn remove_users(&mut self) {
        let keys: Vec<Key> = self.some("user", 30).into_iter().map(Key::Email).collect();
        users::remove(&self.app.operator(), &keys).await.expect("the database answers");
    }

    async fn import_roles(&mut self) {
        let ctx = self.app.operator();
        let role_type = if self.flip() { RoleType::Admin } else { RoleType::Bot };
        let (what, permission) = match role_type {
            RoleType::Admin => ("Duty", json!({"Invite": "YES"})),
            RoleType::Bot => ("Role", json!({"Tasks": ["VIEW"]})),
        };
        let names = self.some(what, 5);
        let roles: Vec<Value> = names.iter().map(|name| json!({"role": name, "permissions": permission})).collect();
        let uploaded = files::upload(&ctx, json!(roles).to_string().as_bytes()).await.expect("it is stored");
        let mode = if self.flip() { Mode::Full } else { Mode::Incremental };
        if let Ok(done) = role_import::import(&ctx, &Order { role_type, file_id: uploaded.id, mode }).await {
            self.imports.extend(done.import_id);
        }
    }

    async fn revert_an_import(&mut self) {
        if let Some(import) = self.imports.pop()
            && let Ok(reversal) = role_import::revert(&self.app.operator(), &import).await
        {
            self.imports.push(reversal);
        }
    }

    async fn edit_groups_and_bots(&mut self) {
        let ctx = self.app.operator();
        let name = self.one_of("Group", 5);
        if let Some(found) = groups::search(&ctx, &name, Page::first(1)).await.expect("a list").items.pop() {
            let edit = groups::Edit { name: Some(self.one_of("Group", 5)), description: Some(self.one_of("for", 3)) };
            let _ = groups::update(&ctx, &found.group.id, &Expected::Any, &edit).await;
            let email = Who::Email(self.one_of("user", 30));
            let members = [email, Who::GroupName(self.one_of("Group", 5))];
            for who in members {
                let wish = groups::Wish { is_added: self.flip(), who, path: String::new() };
                let _ = groups::change_members(&ctx, &found.group.id, &[wish]).await;
            }
            if self.rng.random_range(0..4) == 0 {
                groups::remove(&ctx, &found.group.id, &Expected::Any).await.expect("it is there");
            }
        }
        if let Some(found) = bots::search(&ctx, "Bot", Page::first(1)).await.expect("a list").items.pop() {
            let edit = bots::Edit {
                owner: Some(self.one_of("user", 30)),
                description: Some(self.one_of("for", 3)),
                ..bots::Edit::default()
            };
            let _ = bots::update(&ctx, &found.bot.id, &Expected::Any, &edit).await;
            if self.rng.random_range(0..4) == 0 {
                bots::remove(&ctx, &found.bot.id, &Expected::Any).await.expect("it is there");
            }
        }
        let edit = accounts::Edit { name: Some(self.one_of("Acme", 3)) };
        accounts::update(&ctx, &Expected::Any, &edit).await.expect("it is there");
    }

    async fn edit_roles(&mut self) {
        let ctx = self.app.operator();
        let role_type = if self.flip() { RoleType::Admin } else { RoleType::Bot };
        let roles = roles::list(&ctx, role_type, Page::first(50)).await.expect("a list").items;
        let role = &roles[self.rng.random_range(0..roles.len())];
        let (permission, level) = match role_type {
            RoleType::Admin => ("Manage Users", Level::Yes),
            RoleType::Bot => ("Batch Testing", if self.flip() { Level::Full } else { Level::View }),
        };
        let edit = roles::Edit {
            name: self.flip().then(|| self.one_of("Role", 5)),
            description: None,
            permissions: Some(Permissions::of([(permission, level)])),
        };
        let _ = roles::update(&ctx, &role.id, &Expected::Any, &edit).await;
        let _ = roles::copy(&ctx, &role.id, &self.one_of("Role", 5), None).await;
        if self.rng.random_range(0..3) == 0 {
            let _ = roles::remove(&ctx, &role.id, &Expected::Any).await;
        }
    }

    async fn change_apps(&mut self) {
        let ctx = self.app.operator();
        let bots = bots::list(&ctx, Page::first(50)).await.expect("a list").items;
        let new = NewApp {
            name: "App".to_owned(),
            kind: Kind::Builder,
            algorithm: Algorithm::Hs256,
            public_key: None,
            scopes: Vec::new(),
            bots: bots.into_iter().filter(|_| self.flip()).map(|listed| listed.bot.id).collect(),
            enforces_jti: self.flip(),
            expires_at: None,
        };
        let made = apps::create(&ctx, &new).await.expect("it is registered");
        if self.flip() {
            apps::act(&ctx, &made.client_id, apps::Action::Delete).await.expect("it is there");
        }
    }
}

/// Holds the image against the store, and against one that is loaded now.
async fn compare(app: &TestApp, rosters: &Arc<Rosters>, rng: &mut StdRng, what: &str) {
    let ctx = app.operator();
    let image = fresh(rosters, app).await.expect("the image is there");
    let stored = shown::of_store(&ctx).await;
    pretty(&shown::of_image(&image), &stored, &format!("{what}, brought forward"));
    let anew = Arc::new(Rosters::new(ENOUGH));
    anew.load(&app.server.core, app.tenant.account.no).await;
    let anew = fresh(&anew, app).await.expect("it was loaded");
    pretty(&shown::of_image(&anew), &stored, &format!("{what}, loaded"));
    for _ in 0..4 {
        let limit = rng.random_range(1..12);
        for start in [Start::Offset(rng.random_range(0..40)), Start::After(rng.random_range(0..200))] {
            let page = Page { limit, start };
            assert_eq!(
                shown::users_of_image(&image, page),
                shown::users_of_store(&ctx, page).await,
                "{what}, {page:?}"
            );
        }
    }
}

/// Fails with the lines that differ, and not with all of them.
fn pretty(image: &str, stored: &str, what: &str) {
    let differing: Vec<_> = image.lines().zip(stored.lines()).filter(|(one, other)| one != other).take(3).collect();
    assert!(image == stored, "{what}: {differing:#?}");
}

async fn live(app: &TestApp, seed: u64) {
    let rosters = loaded(app).await;
    let mut history = History { app, rng: StdRng::seed_from_u64(seed), imports: Vec::new() };
    let mut rng = StdRng::seed_from_u64(seed + 1_000);
    for nth in 0..N_CHANGES {
        history.change().await;
        // Now and then an image is brought forward by several changes at once.
        if rng.random_range(0..3) > 0 {
            compare(app, &rosters, &mut rng, &format!("seed {seed}, change {nth}")).await;
        }
    }
    let reading = rosters.reading();
    assert_eq!(reading.n_loads, 1, "it was brought forward all the way");
    assert!(reading.n_steps > 5);
    // A history that does nothing tells nothing.
    assert!(app.revision().await > 30);
}

each_engine! {
    async fn an_image_shows_what_the_store_does_whatever_happened(app: TestApp) {
        live(&app, 1).await;
    }

    async fn and_after_another_history(app: TestApp) {
        live(&app, 2).await;
    }

    async fn and_after_a_third(app: TestApp) {
        live(&app, 3).await;
    }
}
