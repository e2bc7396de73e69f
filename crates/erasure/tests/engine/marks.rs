//! What is in a store stays there: nothing of it is in our database, our log, our metrics or a receipt.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use rolecall_control::erasure;
use rolecall_testkit::Kind;
use tracing_subscriber::fmt::MakeWriter;

use crate::{each_world, world::outcomes};

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// What nobody may find outside the store: texts of rows, keys that are names, and whom it was about.
const MARKS: [&str; 6] = ["secret of", "The name of", "zanabar", "whatsapp-id", "kept: ", "[erased]"];

each_world! {
    async fn nothing_of_a_store_is_anywhere_else(world: World) {
        let log = Log::default();
        let bots = world.bots().await;
        world.people(&["zanabar", "other"], &bots).await;
        world.chat.run(&guard(world.chat.kind)).await;
        // Each test is a process of its own, so the log is this test's. What was written so far, it
        // wrote itself.
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE).init();
        let id = world.ask(&["zanabar@chat.example", "zanabar", "web-id-zanabar"]).await;
        let mut dumps = String::new();
        while world.engine.work_one().await.expect("the work is done") {
            dumps += &world.app.db.dump().await;
        }
        let report = world.work_through(&id).await;
        assert!(outcomes(&report).values().any(|outcome| outcome == "partial: quarantined"), "{report:?}");
        dumps += &world.app.db.dump().await;
        let receipt = erasure::receipt(&world.app.operator(), &id).await.expect("a receipt");
        let payload = receipt.split('.').nth(1).expect("a payload");
        let payload = base64_text(payload);
        assert!(payload.contains("quarantine"), "{payload}");
        let metrics = world.app.get("/metrics").await.body;
        let debugged = format!("{report:?}");
        let log = log.text();
        assert!(log.contains("an erasure has ended"), "the log is kept: {log}");
        for mark in MARKS {
            for (place, text) in [("the database", &dumps), ("the receipt", &payload), ("the metrics", &metrics), ("a debug print", &debugged)] {
                assert!(!text.contains(mark), "{mark} is in {place}");
            }
            let line = log.lines().find(|line| line.contains(mark));
            assert_eq!(line, None, "{mark} is in the log");
        }
    }
}

/// A trigger that lets one message not go, and quotes it.
fn guard(kind: Kind) -> String {
    let message = "a-zanabar-1";
    match kind {
        Kind::Sqlite => format!(
            "CREATE TRIGGER guard BEFORE DELETE ON message WHEN OLD.id = '{message}' BEGIN SELECT RAISE(ABORT, 'kept: secret of zanabar'); END;"
        ),
        Kind::Postgres => format!(
            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kept: %', OLD.body USING DETAIL = OLD.body; END $$;
             CREATE TRIGGER guard BEFORE DELETE ON message FOR EACH ROW WHEN (OLD.id = '{message}') EXECUTE FUNCTION guard();"
        ),
        Kind::Mysql => format!(
            "CREATE TRIGGER guard BEFORE DELETE ON message FOR EACH ROW
             IF OLD.id = '{message}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'kept: secret of zanabar'; END IF;"
        ),
    }
}

fn base64_text(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64");
    String::from_utf8(bytes).expect("text")
}
