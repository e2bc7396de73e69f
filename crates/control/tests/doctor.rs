//! `rolecall doctor`: all is well, or it names what is not and where.

#![expect(clippy::expect_used, reason = "what cannot be prepared fails the test")]

use std::sync::Arc;

use rolecall_control::{
    Core, Random, SetClock,
    doctor::{self, Area, Finding},
    memberships,
    role_import::{self, Order},
    seal::SealingKey,
};
use rolecall_model::{role::RoleType, role_import::Mode, time::Instant};
use rolecall_store::Db;
use rolecall_testkit::{TestApp, TestDb, each_engine};
use serde_json::json;

async fn check(app: &TestApp) -> Vec<Finding> {
    doctor::check(&app.server.core).await
}

/// What is not well, each in one line.
async fn ills(app: &TestApp) -> Vec<String> {
    let findings = check(app).await;
    let ills = findings.iter().filter(|finding| !finding.is_ok);
    for ill in ills.clone() {
        assert_eq!(ill.account.as_deref(), Some(app.tenant.account.account_id.as_str()), "{ill:?}");
        assert!(!ill.mend.is_empty(), "{ill:?}");
    }
    ills.map(|ill| format!("{}: {}", ill.area, ill.detail)).collect()
}

const KEEP: &str = "CREATE TABLE kept AS SELECT * FROM audit_entries; UPDATE audit_entries SET seq = seq";
const PUT_BACK: &str = "DELETE FROM audit_entries; INSERT INTO audit_entries SELECT * FROM kept; DROP TABLE kept";

each_engine! {
    async fn a_healthy_database_is_told_of_area_by_area(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        app.another_tenant().await;
        let told: Vec<_> = check(&app).await.into_iter().map(|finding| {
            assert!(finding.is_ok && finding.account.is_none() && finding.mend.is_empty(), "{finding:?}");
            format!("{}: {}", finding.area, finding.detail)
        }).collect();
        assert_eq!(told, [
            format!("database: the database answers ({})", app.db.db.engine().as_str()),
            format!("migrations: its schema is version {}", rolecall_store::migrations::VERSION),
            "audit: every entry of every audit log follows from the one before (2 accounts)".to_owned(),
            "counters: every account has as many users as it counts (2 accounts)".to_owned(),
            "secrets: every app's secret opens with this sealing key (2 accounts)".to_owned(),
            "groups: no group contains itself (2 accounts)".to_owned(),
            "clock: no account was changed in the future (2 accounts)".to_owned(),
        ]);
    }

    async fn an_altered_entry_is_named_whatever_was_altered(app: TestApp) {
        for (column, altered) in [
            ("at_ms", "at_ms + 1"),
            ("event", "'User Deleted'"),
            ("actor", "'app:cs-1'"),
            ("target", "target || ' '"),
            ("description", "'nothing happened'"),
            ("before_json", "'{}'"),
            ("after_json", "''"),
            ("hash", "'00'"),
        ] {
            app.db.tamper(KEEP).await;
            app.db.tamper(&format!("UPDATE audit_entries SET {column} = {altered} WHERE seq = 3")).await;
            assert_eq!(ills(&app).await, ["audit: entry 3 was altered, or those before it were replaced"], "{column}");
            app.db.tamper(PUT_BACK).await;
            assert_eq!(ills(&app).await, [""; 0], "{column} is put back");
        }
    }

    async fn missing_added_and_swapped_entries_are_named(app: TestApp) {
        app.upload(b"[]").await;
        app.upload(b"[]").await;
        let last = app.entries().await.len();
        for (tampered, told) in [
            ("DELETE FROM audit_entries WHERE seq = 3".to_owned(), "entry 3 is missing".to_owned()),
            ("DELETE FROM audit_entries WHERE seq = 1".to_owned(), "entry 1 is missing".to_owned()),
            (
                format!("DELETE FROM audit_entries WHERE seq >= {last}"),
                format!("the log ends with entry {} and should end with entry {last}", last - 1),
            ),
            (
                "DELETE FROM audit_entries".to_owned(),
                format!("the log ends with entry 0 and should end with entry {last}"),
            ),
            (
                format!("UPDATE audit_entries SET seq = -1 WHERE seq = {last}; UPDATE audit_entries SET seq = {last} WHERE seq = 4; UPDATE audit_entries SET seq = 4 WHERE seq = -1"),
                "entry 4 was altered, or those before it were replaced".to_owned(),
            ),
            (
                format!("INSERT INTO audit_entries SELECT account_no, {last} + 1, at_ms, event, actor, target, description, before_json, after_json, hash FROM audit_entries WHERE seq = {last}"),
                format!("entry {} was added past the program", last + 1),
            ),
            (
                format!("DELETE FROM audit_entries WHERE seq = {last}; UPDATE accounts SET audit_seq = audit_seq - 1"),
                format!("the log was rewritten up to entry {}, or the account's own row was", last - 1),
            ),
        ] {
            app.db.tamper(KEEP).await;
            app.db.tamper(&tampered).await;
            assert_eq!(ills(&app).await, [format!("audit: {told}")], "{tampered}");
            app.db.tamper(PUT_BACK).await;
            app.db.tamper(&format!("UPDATE accounts SET audit_seq = {last}")).await;
            assert_eq!(ills(&app).await, [""; 0], "what {tampered} did is put back");
        }
    }

    async fn a_log_longer_than_one_chunk_is_checked_to_its_end(app: TestApp) {
        let roles: Vec<_> = (0..1_500).map(|n| json!({"role": format!("Role {n}"), "permissions": {}})).collect();
        let file_id = app.upload(json!(roles).to_string().as_bytes()).await;
        let order = Order { role_type: RoleType::Bot, file_id, mode: Mode::Incremental };
        role_import::import(&app.operator(), &order).await.expect("an import");
        assert_eq!(ills(&app).await, [""; 0]);
        app.db.tamper("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 1400").await;
        assert_eq!(ills(&app).await, ["audit: entry 1400 was altered, or those before it were replaced"]);
    }

    async fn counters_groups_and_the_clock_are_checked(app: TestApp) {
        app.db.tamper("UPDATE accounts SET n_users = n_users + 1").await;
        assert_eq!(ills(&app).await, ["counters: the account's count of users says 2, and counting them gives 1"]);
        app.db.tamper("UPDATE accounts SET n_users = n_users - 1").await;

        let (outer, inner) = (app.group("Outer", &[]).await, app.group("Inner", &[]).await);
        app.change(async |change| memberships::add_groups(change, &[(&outer, &inner)]).await).await;
        assert_eq!(ills(&app).await, [""; 0]);
        app.db.tamper("INSERT INTO group_groups SELECT account_no, member_no, group_no, began_at_ms, began_seq FROM group_groups").await;
        let told = ills(&app).await;
        assert!(told.len() == 1 && told[0].ends_with(") contains itself"), "{told:?}");
        app.db.tamper(&format!("DELETE FROM group_groups WHERE group_no = {}", inner.no.0)).await;

        app.clock.advance_ms(-5 * 60_000);
        assert_eq!(ills(&app).await, [""; 0], "clocks differ a little");
        app.clock.advance_ms(-1);
        assert_eq!(ills(&app).await, ["clock: the account was last changed at 2026-01-05T09:00:00.000Z, and now it is 2026-01-05T08:54:59.999Z"]);
    }

    async fn a_key_that_did_not_seal_the_secrets_is_noticed(app: TestApp) {
        let other = Arc::new(Core {
            db: app.db.db.clone(),
            clock: Arc::clone(&app.clock) as _,
            random: Random::from_seed([1; 32]),
            sealing_key: SealingKey::generate([1; 32]),
        });
        let findings = doctor::check(&other).await;
        let ill: Vec<_> = findings.iter().filter(|finding| !finding.is_ok).collect();
        assert_eq!(ill.len(), 1, "{findings:?}");
        assert_eq!(ill[0].area, Area::Secrets);
        assert_eq!(ill[0].detail, format!("the secret of app {} (Test app) does not open", app.tenant.client_id));
    }

    async fn a_database_without_its_schema_or_that_is_gone_is_told_of(empty: Empty) {
        let core = Arc::new(Core {
            db: empty.0.db.clone(),
            clock: Arc::new(SetClock::at(Instant::from_ms(0))),
            random: Random::from_seed([1; 32]),
            sealing_key: SealingKey::generate([1; 32]),
        });
        let findings = doctor::check(&core).await;
        assert_eq!((findings[1].area, findings[1].is_ok), (Area::Migrations, false), "{findings:?}");
        assert!(findings[1].detail.contains("run `rolecall migrate`"), "{findings:?}");

        Db::close(&core.db).await;
        let findings = doctor::check(&core).await;
        assert_eq!((findings[0].area, findings[0].is_ok), (Area::Database, false), "{findings:?}");
        assert_eq!(findings.len(), 1);
    }
}

/// A database without a schema.
struct Empty(TestDb);

impl Empty {
    async fn start(engine: rolecall_testkit::Engine) -> Option<Self> {
        TestDb::empty(engine).await.map(Self)
    }
}
