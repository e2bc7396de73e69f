use std::collections::HashSet;

use rolecall_model::{
    bot::Bot,
    ids::{AccountNo, BotNo, UserNo},
    page::{Page, Start},
};
use rolecall_store::{Error, Meter, bots};
use rolecall_testkit::{TestDb, each_engine};

use super::{bots as make, run};

const ACCOUNT: AccountNo = AccountNo(1);

fn nos(found: &[Bot]) -> Vec<i64> {
    let mut nos: Vec<i64> = found.iter().map(|bot| bot.no.0).collect();
    nos.sort_unstable();
    nos
}

each_engine! {
    async fn bots_are_listed_in_order_and_found_by_each_key(db: TestDb) {
        make(&db, ACCOUNT, &[3, 1, 2, 4]).await;
        make(&db, AccountNo(2), &[1, 9]).await;
        run(&db, "UPDATE bots SET removed_at_ms = 8 WHERE account_no = 1 AND bot_no = 4").await;

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let page = Page { limit: 2, start: Start::Offset(1) };
        assert_eq!(nos(&bots::list(&mut tx, ACCOUNT, page).await.expect("a page")), [2, 3]);
        let page = Page { limit: 2, start: Start::After(1) };
        assert_eq!(nos(&bots::list(&mut tx, ACCOUNT, page).await.expect("a page")), [2, 3]);
        assert_eq!(bots::count(&mut tx, ACCOUNT).await.expect("a count"), 3);
        let ids = ["st-1", "st-3", "st-4", "st-9"].map(str::to_owned);
        assert_eq!(nos(&bots::find_by_ids(&mut tx, ACCOUNT, &ids).await.expect("found")), [1, 3]);
        let names = ["bot 1", "bot 3", "bot 4", "bot 9"].map(str::to_owned);
        let found = bots::find_by_names(&mut tx, ACCOUNT, &names).await.expect("found");
        assert_eq!(nos(&found), [1, 3]);
        assert!(found.iter().all(|bot| bot.purpose == "customer" && bot.default_language == "en"));
    }

    async fn a_name_is_one_bots_only(db: TestDb) {
        make(&db, ACCOUNT, &[1]).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let first = bots::list(&mut tx, ACCOUNT, Page::first(1)).await.expect("a page").remove(0);
        drop(tx);
        let twin = Bot { no: BotNo(2), id: "st-2".to_owned(), name: "BOT 1".to_owned(), ..first };
        let mut attempts = db.db.attempts(&Meter::default());
        let mut tx = attempts.begin().await.expect("a transaction");
        assert!(matches!(bots::insert(&mut tx, ACCOUNT, &[twin]).await, Err(Error::Conflict { .. })));
    }

    async fn who_owns_a_bot_that_is_there_is_told(db: TestDb) {
        make(&db, ACCOUNT, &[1, 2]).await;
        make(&db, AccountNo(2), &[1]).await;
        for sql in [
            "UPDATE bots SET owner_no = 5 WHERE account_no = 1",
            "UPDATE bots SET owner_no = 6 WHERE account_no = 1 AND bot_no = 2",
            "UPDATE bots SET removed_at_ms = 8 WHERE account_no = 1 AND bot_no = 2",
        ] {
            run(&db, sql).await;
        }
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let users = [UserNo(1), UserNo(5), UserNo(6)];
        let owners = bots::owners_among(&mut tx, ACCOUNT, &users).await.expect("they are told");
        assert_eq!(owners, HashSet::from([UserNo(5)]));
    }

    async fn bots_are_found_by_how_their_names_begin(db: TestDb) {
        make(&db, ACCOUNT, &[1, 2, 10]).await;
        make(&db, AccountNo(2), &[11]).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (prefix, found) in [("bot 1", vec![1, 10]), ("", vec![1, 2, 10]), ("bot_", vec![])] {
            assert_eq!(bots::count_named(&mut tx, ACCOUNT, prefix).await, Ok(i64::try_from(found.len()).expect("few")), "{prefix}");
            assert_eq!(nos(&bots::list_named(&mut tx, ACCOUNT, prefix, Page::first(9)).await.expect("a page")), found, "{prefix}");
        }
        let page = Page { limit: 1, start: Start::After(1) };
        assert_eq!(nos(&bots::list_named(&mut tx, ACCOUNT, "bot 1", page).await.expect("a page")), [10]);
    }
}
