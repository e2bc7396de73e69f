use rolecall_model::{ids::AccountNo, time::Instant};
use rolecall_store::{
    Meter,
    names::{self, Key, Thing},
};
use rolecall_testkit::{TestDb, each_engine};

use super::run;

const ACCOUNT: AccountNo = AccountNo(1);

/// A thing of each kind that is there since 5, one that was removed at 8, and one of another
/// account; the removed one has the name of the one that is there.
async fn things(db: &TestDb) {
    for sql in [
        "INSERT INTO users (account_no, user_no, user_id, email, email_folded, org_user_id, first_name, last_name, is_developer,
           can_create_bot, has_data_access, status, profile, bot_tasks, created_at_ms, changed_revision, removed_at_ms)
         VALUES (1, 1, 'u-1', 'Ann@a', 'ann@a', 'emp-1', '', '', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL),
                (1, 2, 'u-2', 'Ann@a', 'ann@a', 'emp-1', '', '', 1, 1, 0, 'active', '{}', '[]', 5, 1, 8),
                (1, 4, 'u-4', 'ben@a', 'ben@a', '', '', '', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL),
                (2, 3, 'u-3', 'cat@a', 'cat@a', 'emp-3', '', '', 1, 1, 0, 'active', '{}', '[]', 5, 1, NULL)",
        "INSERT INTO groups (account_no, group_no, group_id, name, name_folded, description, created_at_ms, removed_at_ms)
         VALUES (1, 1, 'e-1', 'Staff', 'staff', '', 5, NULL), (1, 2, 'e-2', 'Staff', 'staff', '', 5, 8),
                (2, 3, 'e-3', 'Other', 'other', '', 5, NULL)",
        "INSERT INTO roles (account_no, role_no, role_id, role_type, name, name_folded, description, permissions, ref_id,
           is_built_in, created_at_ms, created_by, modified_at_ms, modified_by, removed_at_ms)
         VALUES (1, 1, 'r-1', 'bot', 'Tester', 'tester', '', '{}', 'x', 0, 5, '', 5, '', NULL),
                (1, 2, 'r-2', 'bot', 'Tester', 'tester', '', '{}', 'x', 0, 5, '', 5, '', 8),
                (2, 3, 'r-3', 'bot', 'Other', 'other', '', '{}', 'y', 0, 5, '', 5, '', NULL)",
        "INSERT INTO bots (account_no, bot_no, bot_id, name, name_folded, description, purpose, default_language, status,
           owner_no, created_at_ms, removed_at_ms)
         VALUES (1, 1, 'st-1', 'Travel', 'travel', '', '', '', '', 1, 5, NULL),
                (1, 2, 'st-2', 'Travel', 'travel', '', '', '', '', 1, 5, 8),
                (2, 3, 'st-3', 'Other', 'other', '', '', '', '', 1, 5, NULL)",
    ] {
        run(db, sql).await;
    }
}

each_engine! {
    async fn things_are_named_by_number_also_when_they_are_gone(db: TestDb) {
        things(&db).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (thing, prefix, name) in
            [(Thing::User, "u", "Ann@a"), (Thing::Group, "e", "Staff"), (Thing::Role, "r", "Tester"), (Thing::Bot, "st", "Travel")]
        {
            let found = names::of(&mut tx, ACCOUNT, thing, &[1, 2, 3, 99]).await.expect("they are found");
            let mut nos: Vec<i64> = found.keys().copied().collect();
            nos.sort_unstable();
            assert_eq!(nos, [1, 2], "{thing:?}");
            let (there, gone) = (&found[&1], &found[&2]);
            assert_eq!((there.no, there.id.as_str(), there.name.as_str()), (1, format!("{prefix}-1").as_str(), name));
            assert_eq!((there.created_at, there.removed_at), (Instant::from_ms(5), None));
            assert_eq!(gone.removed_at, Some(Instant::from_ms(8)));
            for (at_ms, is_there, was_there) in [(4, false, false), (5, true, true), (7, true, true), (8, true, false)] {
                let at = Some(Instant::from_ms(at_ms));
                assert_eq!((there.is_there(at), gone.is_there(at)), (is_there, was_there), "{thing:?} at {at_ms}");
            }
            assert_eq!((there.is_there(None), gone.is_there(None)), (true, false), "{thing:?}");
        }
    }

    async fn only_what_is_there_is_found_by_what_callers_know_it_by(db: TestDb) {
        things(&db).await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (key, there, foreign) in [
            (Key::Email, "ann@a", "cat@a"),
            (Key::OrgUserId, "emp-1", "emp-3"),
            (Key::GroupName, "staff", "other"),
            (Key::BotId, "st-1", "st-3"),
        ] {
            let sought = [there, foreign, "st-2", "nothing", ""].map(str::to_owned);
            let found = names::find(&mut tx, ACCOUNT, key, &sought).await.expect("they are found");
            let found: Vec<(&str, i64)> = found.iter().map(|(value, name)| (value.as_str(), name.no)).collect();
            assert_eq!(found, [(there, 1)], "{key:?}");
        }
    }
}
