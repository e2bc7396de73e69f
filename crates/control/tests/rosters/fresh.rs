use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use rolecall_control::{Ctx, apps, rosters::Rosters, users};
use rolecall_model::{app::Kind, audit::Actor, delta::Delta, ids::UserNo};
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, each_engine};

use super::{ENOUGH, another_process, fresh, loaded, shown};

each_engine! {
    async fn an_image_is_never_older_than_the_question(app: TestApp) {
        let rosters = loaded(&app).await;
        let elsewhere = Ctx::new(&another_process(&app).await, app.tenant.account.no, Actor::Operator, Meter::default());
        for nth in 0..20 {
            let email = format!("user{nth}@acme.example");
            if nth % 2 == 0 {
                app.users([email.as_str()]).await;
            } else {
                let wish = users::Wish { who: email.clone(), particulars: users::Particulars::default(), grants: Vec::new() };
                users::create(&elsewhere, &[wish]).await.expect("it is made");
            }
            let image = fresh(&rosters, &app).await.expect("the image is there");
            assert!(image.user_by_email(&email).is_some(), "{email}");
            assert_eq!(image.revision(), app.revision().await);
        }
        let reading = rosters.reading();
        assert_eq!((reading.n_loads, reading.n_steps), (1, 20));
    }

    async fn a_changed_app_is_seen_at_once(app: TestApp) {
        let rosters = loaded(&app).await;
        let before = fresh(&rosters, &app).await.expect("the image is there").apps_revision();
        app.users(["ann@acme.example"]).await;
        assert_eq!(fresh(&rosters, &app).await.expect("it is there").apps_revision(), before);
        app.app_token(Kind::Builder, &[]).await;
        let made = fresh(&rosters, &app).await.expect("it is there").apps_revision();
        assert!(made > before);
        apps::act(&app.operator(), &app.tenant.client_id, apps::Action::Disable).await.expect("it is there");
        assert!(fresh(&rosters, &app).await.expect("it is there").apps_revision() > made);
    }

    async fn while_an_image_loads_nobody_waits_for_it(app: TestApp) {
        let rosters = Arc::new(Rosters::new(ENOUGH));
        assert!(fresh(&rosters, &app).await.is_none());
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while rosters.reading().n_loads == 0 {
            assert!(tokio::time::Instant::now() < deadline, "it was not loaded");
            tokio::task::yield_now().await;
        }
        assert!(fresh(&rosters, &app).await.is_some());
        assert_eq!(rosters.reading().n_loads, 1);
    }

    async fn readers_that_come_together_share_a_look(app: TestApp) {
        let rosters = loaded(&app).await;
        let images = join_all((0..500).map(|_| fresh(&rosters, &app))).await;
        assert!(images.iter().all(Option::is_some));
        let reading = rosters.reading();
        assert_eq!(reading.n_readers, 500);
        assert!(reading.n_looks < 50, "{} looks", reading.n_looks);
    }

    async fn an_embedded_database_is_looked_at_only_after_a_commit(app: TestApp) {
        let rosters = loaded(&app).await;
        let is_marked = app.server.core.db.mark().is_some();
        let elsewhere = Ctx::new(&another_process(&app).await, app.tenant.account.no, Actor::Operator, Meter::default());
        fresh(&rosters, &app).await.expect("the image is there");
        for nth in 0..5 {
            let before = rosters.reading().n_looks;
            for _ in 0..3 {
                fresh(&rosters, &app).await.expect("the image is there");
            }
            assert_eq!(rosters.reading().n_looks - before, if is_marked { 0 } else { 3 });
            let action = if nth % 2 == 0 { apps::Action::Disable } else { apps::Action::Enable };
            apps::act(&elsewhere, &app.tenant.client_id, action).await.expect("it is there");
            let image = fresh(&rosters, &app).await.expect("the image is there");
            assert_eq!(image.revision(), app.revision().await);
            assert!(rosters.reading().n_looks > before);
        }
    }

    async fn readers_of_an_image_that_is_behind_bring_it_forward_once(app: TestApp) {
        let rosters = loaded(&app).await;
        app.users(["ann@acme.example"]).await;
        let images = join_all((0..100).map(|_| fresh(&rosters, &app))).await;
        assert!(images.iter().flatten().all(|image| image.user_by_email("ann@acme.example").is_some()));
        assert_eq!(images.iter().flatten().count(), 100);
        assert_eq!(rosters.reading().n_steps, 1);
    }

    async fn an_image_whose_log_is_gone_is_loaded_again(app: TestApp) {
        let rosters = loaded(&app).await;
        app.users(["ann@acme.example"]).await;
        app.users(["bob@acme.example"]).await;
        let first = app.revision().await - 1;
        app.db.tamper(&format!("DELETE FROM changes WHERE revision = {first}")).await;
        assert!(fresh(&rosters, &app).await.is_none());
        rosters.load(&app.server.core, app.tenant.account.no).await;
        let image = fresh(&rosters, &app).await.expect("it was loaded");
        assert!(image.user_by_email("ann@acme.example").is_some());
        assert_eq!(rosters.reading().n_loads, 2);
    }

    async fn an_image_that_lacks_a_change_too_big_to_keep_is_loaded_again(app: TestApp) {
        let rosters = loaded(&app).await;
        app.users(["ann@acme.example"]).await;
        let owner = UserNo(1);
        app.change(async |change| {
            change.note((0..100_001).map(|no| Delta::User(UserNo(no))));
            change.note([Delta::User(owner)]);
            Ok(())
        }).await;
        assert!(fresh(&rosters, &app).await.is_some(), "a change that recorded nothing is none");
        let before = app.revision().await;
        let record = rolecall_control::Record {
            event: rolecall_model::audit::Event::UserModified,
            target: String::new(),
            description: String::new(),
            before: serde_json::Value::Null,
            after: serde_json::Value::Null,
        };
        app.change(async |change| {
            change.note((0..100_001).map(|no| Delta::User(UserNo(no))));
            change.record(record);
            Ok(())
        }).await;
        assert_eq!(app.revision().await, before + 1);
        assert!(fresh(&rosters, &app).await.is_none());
        rosters.load(&app.server.core, app.tenant.account.no).await;
        let image = fresh(&rosters, &app).await.expect("it was loaded");
        assert_eq!(shown::of_image(&image), shown::of_store(&app.operator()).await);
    }

    async fn an_image_of_a_database_that_went_back_is_not_used(app: TestApp) {
        let rosters = loaded(&app).await;
        app.db.tamper("UPDATE accounts SET revision = revision - 1").await;
        assert!(fresh(&rosters, &app).await.is_none());
        rosters.load(&app.server.core, app.tenant.account.no).await;
        let image = fresh(&rosters, &app).await.expect("it was loaded");
        assert_eq!(image.revision(), app.revision().await);
    }

    async fn without_an_answer_about_the_revision_there_is_no_image(app: TestApp) {
        let rosters = loaded(&app).await;
        assert!(fresh(&rosters, &app).await.is_some());
        app.server.core.db.close().await;
        assert!(fresh(&rosters, &app).await.is_none());
        let core = another_process(&app).await;
        assert!(rosters.fresh(&core, app.tenant.account.no).await.is_some(), "the next look may go well");
    }
}
