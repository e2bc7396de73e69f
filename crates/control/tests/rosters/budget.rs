use std::sync::Arc;

use rolecall_control::rosters::{IDLE_MS, Rosters};
use rolecall_testkit::{TestApp, each_engine};

use super::{ENOUGH, fresh, loaded};

each_engine! {
    async fn without_a_budget_there_are_no_images_and_no_looks(app: TestApp) {
        let rosters = Arc::new(Rosters::new(0));
        assert!(fresh(&rosters, &app).await.is_none());
        assert_eq!(rosters.reading(), rolecall_control::rosters::Reading::default());
    }

    async fn an_account_that_is_too_big_is_not_tried_at_each_request(app: TestApp) {
        for budget in [1, 1_000] {
            let rosters = Arc::new(Rosters::new(budget));
            rosters.load(&app.server.core, app.tenant.account.no).await;
            let n_loads = rosters.reading().n_loads;
            for _ in 0..20 {
                assert!(fresh(&rosters, &app).await.is_none());
            }
            let reading = rosters.reading();
            assert_eq!((reading.n_images, reading.bytes, reading.n_loads), (0, 0, n_loads));
        }
    }

    async fn who_was_not_asked_for_longest_goes_first(app: TestApp) {
        let core = &app.server.core;
        let (ours, other) = (app.tenant.account.no, app.another_tenant().await.account.no);
        let measure = loaded(&app).await.reading().bytes;
        let rosters = Arc::new(Rosters::new(measure * 3 / 2));
        rosters.load(core, ours).await;
        app.clock.advance_ms(1_000);
        rosters.load(core, other).await;
        assert!(rosters.fresh(core, other).await.is_some());
        assert_eq!(rosters.reading().n_images, 1);
        assert!(rosters.reading().bytes <= measure * 3 / 2);
        let both = Arc::new(Rosters::new(ENOUGH));
        both.load(core, ours).await;
        both.load(core, other).await;
        assert_eq!(both.reading().n_images, 2);
    }

    async fn after_a_stop_nothing_is_loaded(app: TestApp) {
        let rosters = loaded(&app).await;
        rosters.stop();
        let other = app.another_tenant().await.account.no;
        rosters.load(&app.server.core, other).await;
        assert_eq!((rosters.reading().n_images, rosters.reading().n_loads), (1, 1));
        assert!(fresh(&rosters, &app).await.is_some());
    }

    async fn an_image_nobody_asks_for_is_dropped(app: TestApp) {
        let rosters = loaded(&app).await;
        let other = app.another_tenant().await.account.no;
        rosters.load(&app.server.core, other).await;
        app.clock.advance_ms(IDLE_MS);
        assert!(fresh(&rosters, &app).await.is_some());
        app.clock.advance_ms(1);
        rosters.drop_idle(app.server.core.clock.now());
        assert_eq!(rosters.reading().n_images, 1);
        assert!(fresh(&rosters, &app).await.is_some());
        app.clock.advance_ms(IDLE_MS + 1);
        rosters.drop_idle(app.server.core.clock.now());
        assert_eq!((rosters.reading().n_images, rosters.reading().bytes), (0, 0));
    }
}
