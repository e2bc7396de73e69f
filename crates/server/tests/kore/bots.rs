use rolecall_control::{
    apps::{self, NewApp},
    bots::{self, NewBot},
};
use rolecall_model::app::{Algorithm, Kind};
use rolecall_testkit::{TestApp, each_engine};

/// A builder app bound to `bots`.
async fn builder(app: &TestApp, bots: Vec<String>) {
    let new = NewApp {
        name: "Web client".to_owned(),
        kind: Kind::Builder,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: Vec::new(),
        bots,
        enforces_jti: true,
        expires_at: None,
    };
    apps::create(&app.operator(), &new).await.expect("an app can be registered");
}

each_engine! {
    async fn bots_are_listed_with_their_owner_and_their_apps_but_no_secret(app: TestApp) {
        let ctx = app.operator();
        let travel = NewBot { description: "Books flights".to_owned(), ..NewBot::named("Travel") };
        let travel = bots::create(&ctx, &travel).await.expect("the name is free");
        let help = NewBot { purpose: "employee".to_owned(), default_language: "ko".to_owned(), ..NewBot::named("도움") };
        bots::create(&ctx, &help).await.expect("the name is free");
        builder(&app, vec![travel.id]).await;
        builder(&app, Vec::new()).await;

        let reply = app.get("/api/public/bots?offset=0&limit=10").await;
        insta::assert_snapshot!("bots", reply.shown());
        assert!(!reply.body.contains("ecret"), "{}", reply.body);
    }

    async fn an_offset_counts_pages(app: TestApp) {
        for name in ["One", "Two", "Three"] {
            bots::create(&app.operator(), &NewBot::named(name)).await.expect("the name is free");
        }
        let names = async |query: &str| {
            let page = app.get(&format!("/api/public/bots?{query}")).await.json();
            let bots = page["bots"].as_array().expect("bots").iter();
            let names: Vec<_> = bots.map(|bot| bot["name"].as_str().expect("a name").to_owned()).collect();
            (names.join(" "), page["availableMore"] == true, page["total"].as_u64())
        };
        assert_eq!(names("limit=2").await, ("One Two".to_owned(), true, Some(3)));
        assert_eq!(names("limit=2&offset=1").await, ("Three".to_owned(), false, Some(3)));
        assert_eq!(names("limit=3&offset=0").await, ("One Two Three".to_owned(), false, Some(3)));
        assert_eq!(names("limit=50s&offset=7").await, (String::new(), false, Some(3)));
    }

    async fn the_bots_of_another_account_are_not_seen(app: TestApp) {
        bots::create(&app.operator(), &NewBot::named("Travel")).await.expect("the name is free");
        let other = app.another_tenant().await;
        let request = rolecall_testkit::Request::new(axum::http::Method::GET, "/api/public/bots");
        let reply = app.send(request.token(&other.token)).await;
        assert_eq!(reply.shown(), "200\n{\"total\":0,\"availableMore\":false,\"bots\":[]}");
    }
}
