use rolecall_control::{
    Error, Rule,
    bots::{self, NewBot},
};
use rolecall_testkit::{TestApp, each_engine};

use super::{entries_after, refused_for};

each_engine! {
    async fn the_owner_of_a_bot_gets_the_role_of_bot_owners_on_it(app: TestApp) {
        let ctx = app.operator();
        let n = app.entries().await.len();
        let bot = bots::create(&ctx, &NewBot::named("Travel")).await.expect("the name is free");
        assert_eq!(bot.status, "configured");
        insta::assert_snapshot!("the_owner_of_a_bot_gets_the_role", entries_after(&app, n).await);
    }

    async fn a_bot_without_a_name_of_its_own_or_an_owner_of_the_account_is_refused(app: TestApp) {
        let ctx = app.operator();
        let other = app.another_tenant().await;
        bots::create(&ctx, &NewBot::named("Travel")).await.expect("the name is free");
        let n = app.entries().await.len();

        let foreign = NewBot { owner: Some(other.account.owner_email), ..NewBot::named("Hotels") };
        for (new, rule) in [(NewBot::named("travel"), Rule::Taken), (foreign, Rule::UnknownUser)] {
            assert_eq!(refused_for(bots::create(&ctx, &new).await), Some(rule));
        }
        let nameless = NewBot { purpose: String::new(), ..NewBot::named("") };
        assert!(matches!(bots::create(&ctx, &nameless).await, Err(Error::Invalid(_))));
        assert_eq!(app.entries().await.len(), n);
    }
}
