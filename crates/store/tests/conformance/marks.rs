use rolecall_model::ids::AccountNo;
use rolecall_store::{Db, Engine, Mark, Meter};
use rolecall_testkit::{TestDb, each_engine};

use super::{bots, run};

/// Whether there are marks, as there are of an embedded database on Unix.
fn are_there(db: &TestDb) -> bool {
    cfg!(unix) && db.db.engine() == Engine::Sqlite
}

fn mark(db: &TestDb) -> Option<Mark> {
    let mark = db.db.mark();
    assert_eq!(mark.is_some(), are_there(db));
    mark
}

each_engine! {
    async fn every_commit_of_anybody_leaves_another_mark(db: TestDb) {
        let mut marks = vec![mark(&db)];
        for nth in 0..50 {
            if nth % 2 == 0 {
                bots(&db, AccountNo(1), &[nth]).await;
            } else {
                run(&db, "UPDATE bots SET name = name || 'x'").await;
            }
            marks.push(mark(&db));
        }
        let n_marks = marks.len();
        let mut others = Vec::new();
        for mark in marks {
            if !others.contains(&mark) {
                others.push(mark);
            }
        }
        assert_eq!(others.len(), if are_there(&db) { n_marks } else { 1 });
    }

    async fn what_is_only_read_or_undone_leaves_the_mark_as_it_is(db: TestDb) {
        bots(&db, AccountNo(1), &[1]).await;
        let before = mark(&db);
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        rolecall_store::bots::count(&mut tx, AccountNo(1)).await.expect("they are counted");
        tx.rollback().await.expect("it ends");
        assert_eq!(mark(&db), before);
        let tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        tx.rollback().await.expect("it is undone");
        assert_eq!(mark(&db), before);
    }

    async fn folding_the_log_into_the_file_is_no_mark_to_trust(db: TestDb) {
        bots(&db, AccountNo(1), &[1]).await;
        let before = mark(&db);
        run(&db, if are_there(&db) { "PRAGMA wal_checkpoint(TRUNCATE)" } else { "SELECT 1" }).await;
        bots(&db, AccountNo(1), &[2]).await;
        assert!(!are_there(&db) || mark(&db) != before);
    }

    async fn who_closes_a_database_takes_only_its_own_marks_away(db: TestDb) {
        bots(&db, AccountNo(1), &[1]).await;
        let before = mark(&db);
        let again = Db::open(&db.url).await.expect("it opens once more");
        assert_eq!(again.mark().is_some(), are_there(&db));
        again.close().await;
        assert_eq!(mark(&db), before, "somebody else closed it");
        db.db.close().await;
        assert_eq!(db.db.mark(), None);
    }
}
