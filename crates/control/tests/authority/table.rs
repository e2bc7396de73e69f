//! Each call by people who have one permission alone: done where the table says so, refused where not;
//! and the table as people read it.

use std::{collections::BTreeSet, fmt::Write as _};

use rolecall_control::{
    Ctx, Error, access,
    access::{Kind as TargetKind, Permission, Question, Target, Who},
    accounts,
    apps::{self, Action as AppAction, NewApp},
    assignments::{self, Action, Principal},
    audit::{self, Query},
    authority::{Act, acts},
    bots::{self, NewBot},
    erasure::{self, NewDataMap, NewErasure},
    files,
    groups::{self, NewGroup},
    holdings,
    manifest_export::{self, Failed},
    role_import::{self, Order},
    roles::{self, NewRole},
    sessions, sign_in,
    users::{self, Access, Failure, Key, Particulars, Wish},
    version::Expected,
};
use rolecall_model::{
    app::{Algorithm, Kind},
    authority::AdminPermission,
    erasure::Subject,
    page::Page,
    role::{Level, Role, RoleType},
    role_import::Mode,
    time::Instant,
};
use rolecall_testkit::{TestApp, assigned, each_engine};

use super::is_not_permitted;

/// What calls are about, that nobody is kept from by anything but the permission for the call.
struct World {
    app: TestApp,
    /// A file with an admin role that grants nothing, and one with a bot role.
    files: [String; 2],
    /// A role that grants nothing, and one of bots.
    roles: [Role; 2],
    /// The id of a user who holds nothing.
    cid: String,
}

/// What came of a call, with the act it is.
#[derive(Default)]
struct Outcomes(Vec<(Act, &'static str, bool)>);

impl Outcomes {
    fn note<T>(&mut self, act: Act, call: &'static str, result: Result<T, Error>) {
        self.0.push((act, call, !is_not_permitted(result)));
    }
}

fn key(email: &str) -> Key {
    Key::Email(email.to_owned())
}

/// A failure of the first wish, as that of a call.
fn first(failures: Result<Vec<Failure>, Error>) -> Result<(), Error> {
    match failures?.into_iter().next() {
        Some(failure) => Err(Error::Refused(vec![failure.fault])),
        None => Ok(()),
    }
}

impl World {
    async fn build(app: TestApp) -> Self {
        let cid = app.users(["cid@acme.example"]).await.remove(0).id;
        let upload = async |file: &str| files::upload(&app.operator(), file.as_bytes()).await.expect("a file").id;
        let files = [
            upload(r#"[{"role":"Imported","permissions":{}}]"#).await,
            upload(r#"[{"role":"Imported","permissions":{"Tasks":["FULL"]}}]"#).await,
        ];
        let roles = [app.admin_role("Empty", &[]).await, app.role(RoleType::Bot, "Bot Tester").await];
        Self { app, files, roles, cid }
    }

    /// Makes each call as `ctx`, the `nth` to do so.
    async fn each_call(&self, ctx: &Ctx, nth: usize) -> Outcomes {
        let mut outcomes = Outcomes::default();
        self.look(ctx, &mut outcomes).await;
        self.change_people(ctx, nth, &mut outcomes).await;
        self.change_roles(ctx, nth, &mut outcomes).await;
        Self::change_things(ctx, nth, &mut outcomes).await;
        Self::erase(ctx, &mut outcomes).await;
        outcomes
    }

    async fn look(&self, ctx: &Ctx, outcomes: &mut Outcomes) {
        let page = Page::first(1);
        outcomes.note(acts::LOOK, "roles::list", roles::list(ctx, RoleType::Admin, page).await);
        outcomes.note(acts::LOOK, "roles::get", roles::get(ctx, "none").await);
        outcomes.note(acts::LOOK, "roles::removal", roles::removal(ctx, "none").await);
        outcomes.note(acts::LOOK, "accounts::settings", accounts::settings(ctx).await);
        outcomes.note(acts::LOOK, "roles::export", roles::export(ctx, RoleType::Bot).await);
        outcomes.note(acts::LOOK, "groups::list", groups::list(ctx, page).await);
        outcomes.note(acts::LOOK, "groups::search", groups::search(ctx, "", page).await);
        outcomes.note(acts::LOOK, "groups::get", groups::get(ctx, "none").await);
        outcomes.note(acts::LOOK, "groups::around", groups::around(ctx, "none").await);
        outcomes.note(acts::LOOK, "groups::members", groups::members(ctx, "none", None, page).await);
        outcomes.note(acts::LOOK, "bots::list", bots::list(ctx, page).await);
        outcomes.note(acts::LOOK, "bots::search", bots::search(ctx, "", page).await);
        outcomes.note(acts::LOOK, "bots::get", bots::get(ctx, "none").await);
        outcomes.note(acts::LOOK, "holdings::list", holdings::list(ctx, page, None).await);
        let span = holdings::Span { limit: 1, after: [0; 3] };
        let found = holdings::search(ctx, &holdings::Filter::default(), None, span).await;
        outcomes.note(acts::LOOK, "holdings::search", found);
        outcomes.note(acts::LOOK, "holdings::of_user", holdings::of_user(ctx, "none", None).await);
        outcomes.note(acts::LOOK, "holdings::of_group", holdings::of_group(ctx, "none", None).await);
        outcomes.note(acts::LOOK, "holdings::history", holdings::history(ctx, "none", page).await);
        outcomes.note(acts::LOOK, "users::list", users::list(ctx, None, page).await);
        outcomes.note(acts::LOOK, "users::find", users::find(ctx, "none").await);
        outcomes.note(acts::LOOK, "users::info", users::info(ctx, &[key("cid@acme.example")], None).await);
        let exported = manifest_export::export(ctx, &mut |_| Ok(())).await;
        let exported = exported.map_err(|failed| match failed {
            Failed::Read(error) => error,
            Failed::Write(_) => Error::Sealed,
        });
        outcomes.note(acts::LOOK, "manifest_export::export", exported);

        let permission = Permission { name: "Tasks".to_owned(), level: Level::View };
        let (who, target) = (Who::Id("u-none".to_owned()), Target::Account(self.app.tenant.account.account_id.clone()));
        let page = access::Page::open(ctx, "test".to_owned(), None, None).expect("a page");
        let found = access::users(ctx, &permission, &target, &page).await;
        outcomes.note(acts::LOOK, "access::users", found);
        let found = access::targets(ctx, &who, &permission, TargetKind::Bot, &page).await;
        outcomes.note(acts::LOOK, "access::targets", found);
        outcomes.note(acts::LOOK, "access::permissions", access::permissions(ctx, &who, &target, &page).await);
        let question = Question { who, permission, target };
        outcomes.note(acts::LOOK, "access::decide", access::decide(ctx, &question).await);

        let query = Query { size: 1, page: 0, from: None, until: None, after: None };
        outcomes.note(acts::READ_AUDIT, "audit::list", audit::list(ctx, &query).await);
        let all = audit::Filter::default();
        let page = Page::first(1);
        outcomes.note(acts::READ_AUDIT, "audit::search", audit::search(ctx, &all, page).await);
        outcomes.note(acts::READ_AUDIT, "audit::find", audit::find(ctx, "none").await);
        outcomes.note(acts::READ_AUDIT, "audit::Export::begin", audit::Export::begin(ctx, all).await);
    }

    async fn change_people(&self, ctx: &Ctx, nth: usize, outcomes: &mut Outcomes) {
        let wish = |who: String| Wish { who, particulars: Particulars::default(), grants: Vec::new() };
        let made = users::create(ctx, &[wish(format!("new{nth}@acme.example"))]).await;
        outcomes.note(acts::MAKE_USERS, "users::create", first(made));
        let particulars = Particulars { first_name: Some(format!("Name {nth}")), ..Particulars::default() };
        let wish = Wish { who: key("cid@acme.example"), particulars, grants: Vec::new() };
        outcomes.note(acts::CHANGE_USERS, "users::update", first(users::update(ctx, &[wish]).await));
        let access = Access { is_developer: true, can_create_bot: true, has_data_access: None };
        let access = users::set_access(ctx, &[(key("cid@acme.example"), String::new())], access).await;
        outcomes.note(acts::SET_ACCESS, "users::set_access", access);
        let link = sign_in::make_link_by_email(ctx, "cid@acme.example").await;
        outcomes.note(acts::LET_IN, "sign_in::make_link_by_email", link);
        let taken = sign_in::take_generator_away(ctx, &self.cid).await;
        outcomes.note(acts::LET_IN, "sign_in::take_generator_away", taken);
        let listed = sessions::list(ctx, &sign_in::Settings::default(), Some("u-none"), None).await;
        outcomes.note(acts::END_SESSIONS, "sessions::list", listed);
        outcomes.note(acts::END_SESSIONS, "sessions::end_all", sessions::end_all(ctx, "u-none", None).await);
        outcomes.note(acts::REMOVE_USERS, "users::remove", users::remove(ctx, &[key("nobody@acme.example")]).await);
    }

    async fn change_roles(&self, ctx: &Ctx, nth: usize, outcomes: &mut Outcomes) {
        let [of_account, of_bots] = &self.roles;
        let to_cid = || Principal::Email("cid@acme.example".to_owned());
        let element = assigned(of_account, None, Action::Add, to_cid());
        let done = assignments::apply(ctx, RoleType::Admin, &[element]).await;
        outcomes.note(acts::ASSIGN_ADMIN_ROLES, "assignments::apply", done);
        let element = assigned(of_bots, None, Action::Add, to_cid());
        let done = assignments::apply(ctx, RoleType::Bot, &[element]).await;
        outcomes.note(acts::ASSIGN_BOT_ROLES, "assignments::apply", done);
        for ((role_type, act), file_id) in
            [(RoleType::Admin, acts::EDIT_ADMIN_ROLES), (RoleType::Bot, acts::EDIT_BOT_ROLES)]
                .into_iter()
                .zip(&self.files)
        {
            let order = Order { role_type, file_id: file_id.clone(), mode: Mode::Incremental };
            outcomes.note(act, "role_import::preview", role_import::preview(ctx, &order).await);
            outcomes.note(act, "role_import::plan_of", role_import::plan_of(ctx, &order).await);
            outcomes.note(act, "role_import::import", role_import::import(ctx, &order).await);
        }
        for (role_type, role, act) in
            [(RoleType::Admin, of_account, acts::EDIT_ADMIN_ROLES), (RoleType::Bot, of_bots, acts::EDIT_BOT_ROLES)]
        {
            let new = NewRole {
                role_type,
                name: format!("New {nth}"),
                description: String::new(),
                permissions: role.permissions.clone(),
                ref_id: None,
            };
            let any = Expected::Any;
            outcomes.note(act, "roles::copy", roles::copy(ctx, &role.id, &format!("Copied {nth}"), None).await);
            let described = roles::Edit { description: Some(format!("Of {nth}")), ..roles::Edit::default() };
            outcomes.note(act, "roles::update", roles::update(ctx, &role.id, &any, &described).await);
            let made = roles::create(ctx, &new).await;
            if let Ok(made) = &made {
                outcomes.note(act, "roles::remove", roles::remove(ctx, &made.id, &any).await);
            }
            outcomes.note(act, "roles::create", made);
        }
        outcomes.note(acts::EDIT_ROLES, "role_import::list", role_import::list(ctx, 1, None).await);
        outcomes.note(acts::EDIT_ROLES, "role_import::find", role_import::find(ctx, "none").await);
        outcomes.note(acts::EDIT_ROLES, "role_import::revert", role_import::revert(ctx, "none").await);
        outcomes.note(acts::UPLOAD, "files::upload", files::upload(ctx, b"[]").await);
    }

    async fn change_things(ctx: &Ctx, nth: usize, outcomes: &mut Outcomes) {
        let new = NewGroup { name: format!("Group {nth}"), description: String::new() };
        outcomes.note(acts::MANAGE_GROUPS, "groups::create", groups::create(ctx, &new).await);
        let any = Expected::Any;
        let done = groups::update(ctx, "none", &any, &groups::Edit::default()).await;
        outcomes.note(acts::MANAGE_GROUPS, "groups::update", done);
        outcomes.note(acts::MANAGE_GROUPS, "groups::remove", groups::remove(ctx, "none", &any).await);
        outcomes.note(acts::MANAGE_GROUPS, "groups::change_members", groups::change_members(ctx, "none", &[]).await);
        let done = bots::update(ctx, "none", &any, &bots::Edit::default()).await;
        outcomes.note(acts::MANAGE_BOTS, "bots::update", done);
        outcomes.note(acts::MANAGE_BOTS, "bots::remove", bots::remove(ctx, "none", &any).await);
        let edit = accounts::Edit { name: Some(format!("Acme {nth}")) };
        outcomes.note(acts::CHANGE_SETTINGS, "accounts::update", accounts::update(ctx, &any, &edit).await);
        let made = bots::create(ctx, &NewBot::named(format!("Bot {nth}"))).await;
        outcomes.note(acts::MANAGE_BOTS, "bots::create", made);
        let new = NewApp {
            name: "App".to_owned(),
            kind: Kind::Admin,
            algorithm: Algorithm::Hs256,
            public_key: None,
            scopes: Vec::new(),
            bots: Vec::new(),
            enforces_jti: false,
            expires_at: None,
        };
        outcomes.note(acts::MANAGE_APPS, "apps::list", apps::list(ctx).await);
        outcomes.note(acts::MANAGE_APPS, "apps::list_seen", apps::list_seen(ctx).await);
        outcomes.note(acts::MANAGE_APPS, "apps::get", apps::get(ctx, "none").await);
        let edited = apps::update(ctx, "none", &Expected::Any, &apps::Edit::default()).await;
        outcomes.note(acts::MANAGE_APPS, "apps::update", edited);
        outcomes.note(acts::MANAGE_APPS, "apps::remove", apps::remove(ctx, "none", &Expected::Any).await);
        outcomes.note(acts::MANAGE_APPS, "apps::create", apps::create(ctx, &new).await);
        outcomes.note(acts::MANAGE_APPS, "apps::act", apps::act(ctx, "none", AppAction::Disable).await);
        outcomes.note(acts::MANAGE_APPS, "apps::rotate", apps::rotate(ctx, "none", 0).await);
        let map = NewDataMap { text: "", hash: "", deadline_ms: 0, grace_ms: 0, place_hashes: Vec::new() };
        outcomes.note(acts::SET_DATA_MAP, "erasure::set_data_map", erasure::set_data_map(ctx, map).await);
    }

    async fn erase(ctx: &Ctx, outcomes: &mut Outcomes) {
        let subject = Subject::Plain("somebody".to_owned());
        let new = NewErasure { subjects: vec![subject.clone()], is_all_bots: true, ..NewErasure::default() };
        outcomes.note(acts::ERASE, "erasure::request", erasure::request(ctx, &new).await);
        outcomes.note(acts::ERASE, "erasure::cancel", erasure::cancel(ctx, "none").await);
        outcomes.note(acts::ERASE, "erasure::approve", erasure::approve(ctx, "none").await);
        outcomes.note(acts::ERASE, "erasure::retry", erasure::retry(ctx, "none").await);
        let placed = erasure::place_hold(ctx, std::slice::from_ref(&subject), "why").await;
        outcomes.note(acts::ERASE, "erasure::place_hold", placed);
        outcomes.note(acts::ERASE, "erasure::release_hold", erasure::release_hold(ctx, "none").await);
        let watch = acts::WATCH_ERASURES;
        outcomes.note(watch, "erasure::vet", erasure::vet(ctx, &new).await);
        outcomes.note(watch, "erasure::report", erasure::report(ctx, "none").await);
        outcomes.note(watch, "erasure::list", erasure::list(ctx, None, Page::first(1)).await);
        outcomes.note(watch, "erasure::late", erasure::late(ctx, 1).await);
        outcomes.note(watch, "erasure::standing", erasure::standing(ctx, 1).await);
        outcomes.note(watch, "erasure::receipt", erasure::receipt(ctx, "none").await);
        outcomes.note(watch, "erasure::list_holds", erasure::list_holds(ctx, Page::first(1)).await);
        outcomes.note(watch, "erasure::current_data_map", erasure::current_data_map(ctx).await);
        outcomes.note(watch, "erasure::suppressed", erasure::suppressed(ctx, &[subject]).await);
        outcomes.note(watch, "erasure::ledger_since", erasure::ledger_since(ctx, Instant::from_ms(0)).await);
    }
}

each_engine! {
    async fn each_call_is_done_for_those_the_table_lets_and_for_nobody_else(app: TestApp) {
        let world = World::build(app).await;
        let mut called = BTreeSet::new();
        for (nth, permission) in AdminPermission::ALL.into_iter().enumerate() {
            let (_, ctx) = world.app.admin(&format!("p{nth}@acme.example"), &[permission.name()]).await;
            for (act, call, is_permitted) in world.each_call(&ctx, nth).await.0 {
                assert_eq!(is_permitted, act.any_of.contains(&permission), "{call} with {permission:?}");
                called.insert(act.title);
            }
        }
        let (_, nobody) = world.app.admin("nobody@acme.example", &[]).await;
        for (_, call, is_permitted) in world.each_call(&nobody, 99).await.0 {
            assert!(!is_permitted, "{call} without any permission");
        }
        for (_, call, is_permitted) in world.each_call(&world.app.operator(), 100).await.0 {
            assert!(is_permitted, "{call} by the operator");
        }
        let uncalled = acts::ALL.iter().map(|act| act.title).filter(|title| !called.contains(title));
        // What several rows come to, what takes more than a permission, and what has no call yet.
        assert_eq!(uncalled.collect::<Vec<_>>(), [
            acts::MANAGE_USERS.title,
            acts::MANAGE_USERS_OR_GRANTS.title,
            acts::ASSIGN_MASTER_ADMIN.title,
            acts::ASSIGN_ANY_ADMIN_ROLE.title,
        ]);
    }
}

#[test]
fn the_table_in_the_documents_is_the_one_that_counts() {
    let mut table = String::new();
    for Act { title, any_of } in acts::ALL {
        let names: Vec<&str> = any_of.iter().map(|permission| permission.name()).collect();
        writeln!(table, "| {title} | {} |", names.join(", ")).expect("a text takes all");
    }
    let document = include_str!("../../../../docs/PERMISSIONS.md");
    let rows: Vec<&str> =
        document.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| What")).collect();
    assert_eq!(rows.join("\n"), table.trim_end(), "docs/PERMISSIONS.md has another table");
}
