//! The keys that sign, in the database: made once, whoever asks first, and never another's.

use axum::http::{Method, StatusCode};
use rolecall_erasure::receipt::{self, CannotSign, PublicKeys};
use rolecall_server::auth::limits::Profile;
use rolecall_store::{Core, seal::SealingKey};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::Value;

async fn ids(core: &Core) -> Vec<String> {
    let set = receipt::jwks(core).await.expect("the set");
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("an id").to_owned()).collect()
}

each_engine! {
    async fn the_public_keys_are_anybodys_to_read_and_to_keep_a_while(app: TestApp) {
        let reply = app.send(Request::new(Method::GET, "/.well-known/jwks.json")).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.headers["content-type"], "application/jwk-set+json");
        assert_eq!(reply.headers["cache-control"], "public, max-age=300");
        insta::assert_snapshot!("jwks", reply.body);
        let signature = receipt::signer(&app.server.core).await.expect("a signer").sign_detached(b"{}");
        let keys = PublicKeys::parse(&reply.body).expect("a set of keys");
        assert_eq!(receipt::verify_detached(&signature, b"{}", &keys), Ok(()));
    }

    async fn the_first_key_is_made_when_it_is_first_asked_for_and_stays(app: TestApp) {
        let mut app = app;
        let set: Value = receipt::jwks(&app.server.core).await.expect("the set");
        assert_eq!(set["keys"].as_array().map(Vec::len), Some(1));
        let signer = receipt::signer(&app.server.core).await.expect("a signer");
        assert_eq!(set["keys"][0]["kid"], signer.key_id());
        app.another_node(Profile::Off).await;
        assert_eq!(receipt::signer(&app.server.core).await.expect("a signer").key_id(), signer.key_id());
    }

    async fn nodes_that_make_the_first_key_at_once_agree(app: TestApp) {
        let mut app = app;
        let first = std::sync::Arc::clone(&app.server.core);
        app.another_node(Profile::Off).await;
        let (one, other) = tokio::join!(receipt::signer(&first), receipt::signer(&app.server.core));
        assert_eq!(one.expect("a signer").key_id(), other.expect("a signer").key_id());
        assert_eq!(ids(&first).await.len(), 1);
    }

    async fn a_new_key_signs_and_what_the_old_one_signed_stays_good(app: TestApp) {
        let core = &app.server.core;
        let old = receipt::signer(core).await.expect("a signer");
        let signature = old.sign_detached(b"{}");
        let id = receipt::rotate(core).await.expect("a new key");
        assert_eq!(receipt::signer(core).await.expect("a signer").key_id(), id);
        assert_eq!(ids(core).await, [id.as_str(), old.key_id()]);
        let keys = receipt::jwks(core).await.expect("the set").to_string();
        let keys = PublicKeys::parse(&keys).expect("a set of keys");
        assert_eq!(receipt::verify_detached(&signature, b"{}", &keys), Ok(()));
    }

    async fn with_another_sealing_key_nothing_is_signed(app: TestApp) {
        receipt::signer(&app.server.core).await.expect("a signer");
        let stranger = Core {
            db: app.server.core.db.clone(),
            clock: std::sync::Arc::clone(&app.server.core.clock),
            random: rolecall_store::Random::from_seed([1; 32]),
            sealing_key: SealingKey::generate([1; 32]),
        };
        assert!(matches!(receipt::signer(&stranger).await, Err(CannotSign::Sealed)));
    }

    async fn a_key_under_another_ones_id_is_not_used(app: TestApp) {
        receipt::signer(&app.server.core).await.expect("a signer");
        app.db.tamper("UPDATE receipt_keys SET key_id = 'x' WHERE key_no = 1").await;
        assert!(matches!(receipt::signer(&app.server.core).await, Err(CannotSign::Sealed)));
    }
}
