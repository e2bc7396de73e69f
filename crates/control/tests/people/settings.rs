use rolecall_control::{
    Error, Rule,
    accounts::{self, Edit},
    version::Expected,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, refused_for};

fn renamed(name: &str) -> Edit {
    Edit { name: Some(name.to_owned()) }
}

each_engine! {
    async fn an_account_gets_another_name_from_who_has_seen_the_old_one(app: TestApp) {
        let ctx = app.operator();
        let other = app.another_tenant().await;
        let settings = accounts::settings(&ctx).await.expect("the settings");
        assert_eq!((settings.name.as_str(), settings.owner_email.as_str()), ("Acme", "owner@acme.example"));
        let seen = Expected::One(vec![settings.version()]);
        let n = app.entries().await.len();
        let changed = accounts::update(&ctx, &seen, &renamed("Acme 항공")).await.expect("it is as it was seen");
        assert_eq!(accounts::settings(&ctx).await.expect("the settings"), changed);
        insta::assert_snapshot!("account_renamed", entries_after(&app, n).await);

        assert_eq!(refused_for(accounts::update(&ctx, &seen, &renamed("Acme 2")).await), Some(Rule::Stale));
        assert!(matches!(accounts::update(&ctx, &Expected::Any, &renamed("")).await, Err(Error::Invalid(_))));
        let revision = app.revision().await;
        accounts::update(&ctx, &Expected::Any, &renamed("Acme 항공")).await.expect("it is there");
        accounts::update(&ctx, &Expected::Any, &Edit::default()).await.expect("it is there");
        assert_eq!(app.revision().await, revision, "what is so already leaves no trace");
        let theirs = rolecall_control::Ctx { account: other.account.no, ..app.operator() };
        assert_eq!(accounts::settings(&theirs).await.expect("the settings").name, "Other");
    }
}
