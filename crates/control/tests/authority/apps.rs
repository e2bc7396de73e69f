//! Client apps: a scope in somebody's hands is what an app with it can bring about.

use rolecall_control::{
    Ctx, Error,
    apps::{self, Action, Credentials, NewApp},
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    authority::AdminPermission,
};
use rolecall_testkit::{TestApp, each_engine};

use super::is_not_permitted;

async fn create(ctx: &Ctx, scopes: &[Scope]) -> Result<Credentials, Error> {
    let new = NewApp {
        name: "An app".to_owned(),
        kind: Kind::Admin,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: scopes.to_vec(),
        bots: Vec::new(),
        enforces_jti: false,
        expires_at: None,
    };
    apps::create(ctx, &new).await
}

each_engine! {
    async fn nobody_makes_an_app_that_could_do_more_than_they(app: TestApp) {
        // All there is by name is not the built-in role, and cannot give that; an app could.
        let (_, eve) = app.admin("eve@acme.example", &AdminPermission::NAMES).await;
        for scope in [Scope::RoleManagement, Scope::UserManagement] {
            assert!(is_not_permitted(create(&eve, &[scope]).await), "{scope}");
            assert!(is_not_permitted(create(&eve, &[Scope::AuditLogs, scope]).await), "{scope}");
        }
        create(&eve, &[Scope::AuditLogs, Scope::DeleteUserData]).await.expect("she may both");
        let (_, bob) = app.admin("bob@acme.example", &["API Scopes"]).await;
        for scope in Scope::ALL {
            assert!(is_not_permitted(create(&bob, &[scope]).await), "{scope}");
        }
        create(&bob, &[]).await.expect("it can do nothing");
    }

    async fn nobody_gets_the_secret_of_an_app_that_can_do_more_than_they(app: TestApp) {
        let (_, ctx) = app.admin("eve@acme.example", &["API Scopes"]).await;
        let id = app.tenant.client_id.clone();
        assert!(is_not_permitted(apps::rotate(&ctx, &id, 0).await));
        // Stopping one takes no more than the authority over apps; starting it again does.
        apps::act(&ctx, &id, Action::Disable).await.expect("she may stop it");
        assert!(is_not_permitted(apps::act(&ctx, &id, Action::Enable).await));
        let own = create(&ctx, &[]).await.expect("an app").client_id;
        apps::rotate(&ctx, &own, 0).await.expect("it can do nothing");
    }
}
