//! A company whose people use the console's pages by their forms alone, without a browser.

use axum::http::StatusCode;
use rolecall_server::demo;
use rolecall_testkit::{Reply, SignedIn, Tenant, TestApp};

/// Who owns the account.
pub(crate) const OWNER: &str = "ingrid.solberg@aurora-air.example";
/// Somebody who may look, and no more.
pub(crate) const AUDITOR: &str = "henrik.moen@aurora-air.example";
/// Somebody with no admin role at all.
pub(crate) const NOBODY: &str = "mateo.garcia@aurora-air.example";

const DAY_MS: i64 = 86_400_000;

/// The sample company with its chat, and its owner, who signed in.
pub(crate) struct Office {
    pub(crate) app: TestApp,
    pub(crate) tenant: Tenant,
    /// Who sends what is sent.
    pub(crate) person: SignedIn,
}

impl Office {
    /// The office on a server, in which the owner signed in.
    pub(crate) async fn of(app: TestApp) -> Self {
        let company = demo::company(&app.server.core).await.expect("the company can be made");
        demo::chat(&company, &app.db.dir.path().join("chat.db"), None).await.expect("the chat can be made");
        let tenant = Tenant {
            account: company.account,
            client_id: company.client_id,
            client_secret: company.client_secret.into(),
            token: company.token,
        };
        // What the company did before is told from what its owner does now: lists are in order of seconds.
        app.clock.advance_ms(1_000);
        let person = app.sign_in_to(&tenant, OWNER).await;
        Self { app, tenant, person }
    }

    /// What is at a path.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.app.get_as(&self.person, path).await
    }

    /// The page at a path, which is there.
    pub(crate) async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.body
    }

    /// What a form sent to a path is answered.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.app.form_as(&self.person, path, fields).await
    }

    /// Lets a worker do all there is to do.
    pub(crate) async fn work(&self) {
        while self.app.server.engine.work_one().await.expect("the work is done") {}
    }

    /// Lets days go by.
    pub(crate) fn wait(&self, days: i64) {
        self.app.clock.advance_ms(days * DAY_MS);
    }

    /// Signs somebody else in, who from now on sends what is sent.
    pub(crate) async fn hand_over(&mut self, email: &str) {
        self.person = self.app.sign_in_to(&self.tenant, email).await;
    }
}

/// The value of the field `name` on a page.
pub(crate) fn field<'p>(page: &'p str, name: &str) -> &'p str {
    let after = page.split_once(&format!("name=\"{name}\" value=\"")).expect("there is such a field").1;
    after.split_once('"').expect("it ends").0
}
