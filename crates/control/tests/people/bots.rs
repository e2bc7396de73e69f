use rolecall_control::{
    Ctx, Error, Rule,
    bots::{self, Edit, NewBot},
    holdings,
    version::Expected,
};
use rolecall_model::page::Page;
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

    async fn a_bot_is_changed_and_handed_over_with_the_role_of_its_owner(app: TestApp) {
        let ctx = app.operator();
        let ann = app.users(["ann@acme.example"]).await.remove(0);
        let bot = bots::create(&ctx, &NewBot { owner: Some(ann.id.clone()), ..NewBot::named("Travel") }).await.expect("the name is free");
        assert_eq!(bot.owner_no, ann.no);
        let seen = Expected::One(vec![bots::get(&ctx, &bot.id).await.expect("it is there").version()]);
        let n = app.entries().await.len();
        let edit = Edit {
            name: Some("Trips".to_owned()),
            description: Some("Books trips".to_owned()),
            owner: Some("OWNER@acme.example".to_owned()),
            purpose: Some("employee".to_owned()),
            default_language: Some("ko".to_owned()),
        };
        let changed = bots::update(&ctx, &bot.id, &seen, &edit).await.expect("it is as it was seen");
        assert_eq!((changed.bot.name.as_str(), changed.owner_email.as_str()), ("Trips", "owner@acme.example"));
        assert_eq!(bots::get(&ctx, &bot.id).await.expect("it is there"), changed);
        insta::assert_snapshot!("bot_changed", entries_after(&app, n).await);
        assert_eq!(refused_for(bots::update(&ctx, &bot.id, &seen, &Edit::default()).await), Some(Rule::Stale));

        let revision = app.revision().await;
        bots::update(&ctx, &bot.id, &Expected::Any, &edit).await.expect("it is there");
        assert_eq!(app.revision().await, revision, "what is so already leaves no trace");
    }

    async fn a_bot_is_changed_only_to_what_it_can_be(app: TestApp) {
        let ctx = app.operator();
        let other = app.another_tenant().await;
        let bot = app.bot("Travel").await;
        app.bot("Hotels").await;
        let revision = app.revision().await;
        let update = async |edit: Edit| refused_for(bots::update(&ctx, &bot.id, &Expected::Any, &edit).await);
        assert_eq!(update(Edit { name: Some("hotels".to_owned()), ..Edit::default() }).await, Some(Rule::Taken));
        for owner in [other.account.owner_email, other.account.owner_id, "u-0".to_owned()] {
            assert_eq!(update(Edit { owner: Some(owner), ..Edit::default() }).await, Some(Rule::UnknownUser));
        }
        let wrong = Edit { name: Some(String::new()), purpose: Some("\n".to_owned()), description: Some("x".repeat(2_001)), ..Edit::default() };
        let refused = bots::update(&ctx, &bot.id, &Expected::Any, &wrong).await;
        assert!(matches!(refused, Err(Error::Invalid(problems)) if problems.clone().into_vec().len() == 3));
        let theirs = Ctx { account: other.account.no, ..app.operator() };
        assert_eq!(refused_for(bots::get(&theirs, &bot.id).await), Some(Rule::UnknownBot));
        assert_eq!(refused_for(bots::remove(&theirs, &bot.id, &Expected::Any).await), Some(Rule::UnknownBot));
        assert_eq!(app.revision().await, revision);
    }

    async fn a_bot_that_goes_takes_the_roles_on_it_along(app: TestApp) {
        let ctx = app.operator();
        let bot = app.bot("Travel").await;
        let n = app.entries().await.len();
        bots::remove(&ctx, &bot.id, &Expected::Any).await.expect("it is there");
        insta::assert_snapshot!("bot_removed", entries_after(&app, n).await);
        assert_eq!(refused_for(bots::get(&ctx, &bot.id).await), Some(Rule::UnknownBot));
        let holdings = holdings::list(&ctx, Page::first(1), None).await.expect("a list");
        assert!(holdings.users.items[0].1.on_bots.is_empty());
        app.bot("travel").await;
    }

    async fn bots_are_found_by_how_their_names_begin(app: TestApp) {
        for name in ["Travel", "Trips", "여행"] {
            app.bot(name).await;
        }
        let found = bots::search(&app.operator(), "TR", Page::first(1)).await.expect("a list");
        assert_eq!((found.total, found.items[0].bot.name.as_str()), (2, "Travel"));
        assert_eq!(found.items[0].owner_email, "owner@acme.example");
        assert!(found.next_cursor.is_some());
        let all = bots::search(&app.operator(), "", Page::first(9)).await.expect("a list");
        assert_eq!((all.total, all.next_cursor), (3, None));
    }
}
