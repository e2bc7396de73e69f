//! A company to look at, and somebody who looks.

use std::{path::PathBuf, sync::Arc};

use rolecall_control::{
    Ctx, apps, audit, bots,
    erasure::{self, NewErasure},
    files, groups,
    role_import::{self, Order},
    roles,
    sign_in::{self, Visitor},
    users,
};
use rolecall_model::{erasure::Subject, page::Page, role::RoleType, role_import::Mode};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    demo,
    public_url::PublicUrl,
};
use rolecall_store::Meter;
use rolecall_testkit::{Engine, TestApp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::{Browser, root};

/// Who owns the company's account.
pub(crate) const OWNER: &str = "ingrid.solberg@aurora-air.example";

/// A server on a port, with a company, and a browser.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) browser: Browser,
    /// The operator's context of work on the company's account.
    pub(crate) ctx: Ctx,
    /// The company.
    pub(crate) company: demo::Company,
    /// What URLs begin with.
    base: String,
}

impl World {
    /// A world of its own for one test, in which nobody is signed in; nothing where there is no browser and
    /// need not be one.
    pub(crate) async fn start() -> Option<Self> {
        let browser = Browser::start().await?;
        let mut app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        // By a name, as passkeys take it, and known to the server.
        let base = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let server = Server::new(Arc::clone(&app.server.core), Limits::new(Profile::Off));
        app.server = Arc::new(Server { public_url: PublicUrl::parse(&base).ok(), ..server });
        app.serve(listener);
        let company = demo::company(&app.server.core).await.expect("the company can be made");
        Some(Self { browser, ctx: company.operator().clone(), company, base, app })
    }

    /// Gives the company's bots a store of what was said to them; the store's file.
    pub(crate) async fn chat(&self) -> PathBuf {
        let path = self.app.db.dir.path().join("chat.db");
        demo::chat(&self.company, &path, None).await.expect("the chat can be made");
        path
    }

    /// Lets a worker do all there is to do.
    pub(crate) async fn work(&self) {
        while self.app.server.engine.work_one().await.expect("the work is done") {}
    }

    /// The same with the owner signed in.
    pub(crate) async fn signed_in() -> Option<Self> {
        let world = Self::start().await?;
        world.sign_in(OWNER).await;
        Some(world)
    }

    /// Signs a user in, as a one-time link would.
    pub(crate) async fn sign_in(&self, email: &str) {
        let server = &self.app.server;
        let link = sign_in::make_link_by_email(&self.ctx, email).await.expect("a link");
        let (meter, password) = (Meter::default(), "correct horse battery staple".to_owned().into());
        let let_in =
            sign_in::redeem(&server.core, &server.gate, &meter, Visitor::default(), &link.token, &password).await;
        let token = let_in.expect("the link counts").begun.token;
        self.browser.set_cookie(&self.base, "__Host-rolecall", token.expose_secret()).await;
    }

    /// Lets the browser have chosen a language and a theme.
    pub(crate) async fn has_chosen(&self, language: &str, theme: &str) {
        self.browser.set_cookie(&self.base, "__Host-rolecall-look", &format!("{language}.{theme}")).await;
    }

    /// Goes to `path`.
    pub(crate) async fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.base)).await;
    }

    /// The path and query that the browser is at.
    pub(crate) async fn place(&self) -> String {
        let url = self.browser.client.current_url().await.expect("it is somewhere");
        url.as_str().strip_prefix(&self.base).expect("it is still here").to_owned()
    }

    /// Every page that the owner can look at: a name for its picture, and its path.
    pub(crate) async fn pages(&self) -> Vec<(&'static str, String)> {
        let ctx = &self.ctx;
        let bot = bots::search(ctx, "", Page::first(1)).await.expect("bots").items.remove(0).bot.id;
        let group = groups::search(ctx, "", Page::first(1)).await.expect("groups").items.remove(0).group.id;
        let own = roles::list(ctx, RoleType::Bot, Page::first(50)).await.expect("roles").items;
        let [built_in, own] = [true, false]
            .map(|is| own.iter().rfind(|role| role.is_built_in == is).expect("there is one of each").id.clone());
        let user = self.user(OWNER).await;
        let app = apps::list_seen(ctx).await.expect("apps").remove(0).app.id;
        let (erasure, plan) = self.work_under_way().await;
        let newest = audit::search(ctx, &audit::Filter::default(), Page::first(1)).await.expect("entries");
        let (entry, _) = newest.entries.first().expect("there is one");
        vec![
            ("overview", "/console".to_owned()),
            ("users", "/console/users".to_owned()),
            ("users-found", "/console/users?q=ingrid".to_owned()),
            ("user", format!("/console/users/{user}")),
            ("user-sign-in", format!("/console/users/{user}/sign-in")),
            ("user-then", format!("/console/users/{user}?at=2026-01-05T08:00")),
            ("groups", "/console/groups".to_owned()),
            ("group", format!("/console/groups/{group}")),
            ("group-remove", format!("/console/groups/{group}/remove")),
            ("bots", "/console/bots".to_owned()),
            ("bot", format!("/console/bots/{bot}")),
            ("bot-remove", format!("/console/bots/{bot}/remove")),
            ("roles-admin", "/console/roles?type=admin".to_owned()),
            ("roles", "/console/roles?type=bot".to_owned()),
            ("role", format!("/console/roles/{own}")),
            ("role-then", format!("/console/roles/{own}/then?a=2026-01-05T09:00")),
            ("role-then-absent", format!("/console/roles/{own}/then?a=2026-01-04T09:00")),
            ("role-new", "/console/roles/new?type=bot".to_owned()),
            ("role-edit", format!("/console/roles/{own}/edit")),
            ("role-compare", format!("/console/roles/compare?a={built_in}&b={own}")),
            ("role-compare-all", format!("/console/roles/compare?a={built_in}&b={own}&all=true")),
            ("role-remove", format!("/console/roles/{own}/remove")),
            ("account", "/console/account".to_owned()),
            ("confirm", "/console/confirm?next=/console".to_owned()),
            ("sign-in", "/console/sign-in".to_owned()),
            ("erasures", "/console/erasures".to_owned()),
            ("erasure", format!("/console/erasures/{erasure}")),
            ("erasure-approve", format!("/console/erasures/{erasure}/approve")),
            ("erasure-cancel", format!("/console/erasures/{erasure}/cancel")),
            ("erasure-new", "/console/erasures/new".to_owned()),
            ("holds", "/console/holds".to_owned()),
            ("audit", "/console/audit".to_owned()),
            ("audit-entry", format!("/console/audit/{entry}")),
            ("apps", "/console/apps".to_owned()),
            ("app", format!("/console/apps/{app}")),
            ("app-remove", format!("/console/apps/{app}/remove")),
            ("imports", "/console/imports".to_owned()),
            ("reports", "/console/reports?person=a".to_owned()),
            ("report-bot", format!("/console/reports/bot/{bot}")),
            ("report-person", format!("/console/reports/person/{user}")),
            ("import-plan", format!("/console/imports/plans/{plan}")),
            ("not-found", "/console/nowhere".to_owned()),
        ]
    }

    /// Asks for an erasure, places a hold, and plans an import; the erasure's id and the plan's.
    async fn work_under_way(&self) -> (String, String) {
        let subjects = vec![Subject::Plain("nora.berg@guest.example".to_owned())];
        erasure::place_hold(&self.ctx, &subjects, "A case at court").await.expect("a hold");
        let new = NewErasure { subjects, is_all_bots: true, ..NewErasure::default() };
        let erasure = erasure::request(&self.ctx, &new).await.expect("an erasure").id;
        let file_id = files::upload(&self.ctx, demo::ROLES.as_bytes()).await.expect("a file").id;
        let order = Order { role_type: RoleType::Bot, file_id, mode: Mode::Full };
        (erasure, role_import::plan_of(&self.ctx, &order).await.expect("a plan").id)
    }

    /// The id of the user with an e-mail address.
    pub(crate) async fn user(&self, email: &str) -> String {
        user_of(&self.ctx, email).await
    }

    /// Chooses a language and a theme as a person does, on the page where the browser is.
    pub(crate) async fn choose(&self, language: &str, theme: &str) {
        for (name, value) in [("language", language), ("theme", theme)] {
            self.browser.click("details.look summary").await;
            // What is chosen already is marked on the page before, too.
            self.browser.run("document.documentElement.dataset.before = ''").await;
            self.browser.click(&format!("button[name={name}][value={value}]")).await;
            let kept = format!(":root:not([data-before]) button[name={name}][value={value}][aria-current]");
            self.browser.wait_until(&format!("return document.querySelector('{kept}') !== null")).await;
            self.browser.wait_until("return document.readyState === 'complete'").await;
        }
    }

    /// What axe-core finds on the page, of whatever severity, in words.
    pub(crate) async fn findings(&self) -> Vec<String> {
        let script = format!(
            "{}\nconst done = arguments[arguments.length - 1];
            axe.run(document, {{ resultTypes: ['violations'], rules: {{ 'target-size': {{ enabled: true }} }} }})
                .then(({{ violations, passes }}) => done(passes.length < 10 ? ['axe looked at nothing'] :
                    violations.flatMap(({{ id, help, nodes }}) =>
                    nodes.map(({{ html, failureSummary }}) => `${{id}}: ${{help}}: ${{html}}: ${{failureSummary}}`))),
                    (error) => done([String(error)]));",
            axe()
        );
        let found = self.browser.client.execute_async(&script, Vec::new()).await.expect("axe runs");
        let texts = found.as_array().expect("a list").iter().map(|text| text.as_str().unwrap_or_default().to_owned());
        texts.collect()
    }

    /// How many pixels the page is wider than its window.
    pub(crate) async fn overhang(&self) -> Value {
        self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await
    }

    /// What is not as it must be on every page, at every size.
    pub(crate) async fn faults(&self, what: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for (width, height) in [(320, 640), (3840, 2160), (1280, 800)] {
            self.browser.resize(width, height).await;
            let overhang = self.overhang().await;
            if overhang != json!(0) {
                faults.push(format!("{what}: {overhang} wider than a window of {width}"));
            }
        }
        faults.extend(self.findings().await.into_iter().map(|finding| format!("{what}: {finding}")));
        let n_headings = self.browser.run("return document.querySelectorAll('h1').length").await;
        if n_headings != json!(1) {
            faults.push(format!("{what}: {n_headings} first headings"));
        }
        faults
    }
}

/// The id of the user with an e-mail address.
pub(crate) async fn user_of(ctx: &Ctx, email: &str) -> String {
    let words = rolecall_model::search::Words::parse("q", email).expect("words");
    let found = users::list(ctx, words.as_ref(), Page::first(1)).await.expect("users").items;
    found.first().expect("somebody").id.clone()
}

fn axe() -> String {
    let path = root().join(".tools/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("scripts/tools brings axe-core")
}
