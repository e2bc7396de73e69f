//! How SQLite goes about the statements of the hot lists and of bulk changes. An index that is not
//! used makes a page of a million users take seconds, and nothing else would tell.

use rolecall_model::time::Instant;
use sqlx::Row as _;

use crate::{
    Db, Meter, accounts, apps,
    assignments::{FOR_GROUPS, FOR_USERS, KEY},
    audit, bots, bulk, changes,
    erasures::{data_maps, holds, ledger, requests},
    groups, history, holders, holdings, idempotency, image,
    memberships::{self, END_GROUPS, END_USERS, FIND_GROUPS, FIND_USERS},
    migrations, names, reach, role_imports, roles, users,
};

/// The plan of `sql`, a line a step.
async fn plan(db: &Db, sql: &str) -> Vec<String> {
    let mut tx = db.read(&Meter::default()).await.expect("a transaction");
    let explain = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
    let rows = tx.all(explain).await.expect("the statement prepares");
    rows.iter().map(|row| row.try_get(3).expect("a step")).collect()
}

fn statements() -> Vec<(&'static str, String)> {
    let then = Some(Instant::from_ms(0));
    let mut statements = vec![("users, now", users::LIST.to_owned()), ("users, then", users::LIST_AT.to_owned())];
    for (name_now, name_then, question) in [
        ("roles of users, now", "roles of users, then", holdings::ROLES_OF_USERS),
        ("roles of groups, now", "roles of groups, then", holdings::ROLES_OF_GROUPS),
        ("groups of users, now", "groups of users, then", holdings::GROUPS_OF_USERS),
        ("groups around groups, now", "groups around groups, then", holdings::GROUPS_AROUND),
    ] {
        statements.push((name_now, question.sql(None, 8)));
        statements.push((name_then, question.sql(then, 8)));
    }
    for (name, sql) in [
        ("names of users", names::USERS),
        ("names of groups", names::GROUPS),
        ("names of roles", names::ROLES),
        ("names of bots", names::BOTS),
    ] {
        statements.push((name, bulk::seek(sql, &names::BY_NO, 8)));
    }
    for (name, sql) in [
        ("users by e-mail", names::USERS_BY_EMAIL),
        ("users by id", names::USERS_BY_ID),
        ("users by organisation id", names::USERS_BY_ORG_USER_ID),
        ("groups by name", names::GROUPS_BY_NAME),
        ("group names by id", names::GROUPS_BY_ID),
        ("bots by id", names::BOTS_BY_ID),
    ] {
        statements.push((name, bulk::seek(sql, &names::BY_KEY, 8)));
    }
    let many = |sql: &str| bulk::seek(sql, &KEY, 8);
    statements.extend([
        ("assignments of users that hold", many(FOR_USERS.find)),
        ("assignments of groups that hold", many(FOR_GROUPS.find)),
        ("end assignments of users", many(FOR_USERS.end)),
        ("end assignments of groups", many(FOR_GROUPS.end)),
        ("assignments of one role to users", FOR_USERS.of_role.to_owned()),
        ("assignments of one role to groups", FOR_GROUPS.of_role.to_owned()),
        ("assignments to users, one after another", FOR_USERS.after.to_owned()),
        ("assignments to groups, one after another", FOR_GROUPS.after.to_owned()),
        ("assignments on one bot to users", FOR_USERS.on_bot.to_owned()),
        ("assignments on one bot to groups", FOR_GROUPS.on_bot.to_owned()),
    ]);
    let pairs = |sql: &str| bulk::seek(sql, &memberships::KEY, 8);
    statements.extend([
        ("users in groups", pairs(FIND_USERS)),
        ("groups in groups", pairs(FIND_GROUPS)),
        ("users in groups, one after another", memberships::USERS_AFTER.to_owned()),
        ("take users out of groups", pairs(END_USERS)),
        ("take groups out of groups", pairs(END_GROUPS)),
        ("first users of a group", memberships::FIRST_USERS.replace("GROUP", "3")),
        ("how many users are in groups", format!("{}($2, $3)", memberships::COUNT_USERS)),
        ("groups inside groups", format!("{}($2, $3)", memberships::GROUPS_INSIDE)),
        ("users of one group, one after another", memberships::LIST_USERS.to_owned()),
        ("groups of one group, one after another", memberships::LIST_GROUPS.to_owned()),
        ("how many groups are in groups", format!("{}($2, $3)", memberships::COUNT_GROUPS)),
        ("groups directly around a group", memberships::DIRECTLY_AROUND.to_owned()),
        ("groups with a name", groups::LIST_NAMED.to_owned()),
        ("bots with a name", bots::LIST_NAMED.to_owned()),
        ("all groups inside groups", memberships::NESTED.to_owned()),
        ("groups", groups::LIST.to_owned()),
        ("groups by id", format!("{}($2, $3)", groups::FIND_BY_IDS)),
        ("groups by number", format!("{}($2, $3)", groups::FIND_BY_NOS)),
        ("bots", bots::LIST.to_owned()),
        ("whole users by e-mail", bulk::seek(users::FIND_BY_EMAIL, &names::BY_KEY, 8)),
        ("whole users by organisation id", bulk::seek(users::FIND_BY_ORG_USER_ID, &names::BY_KEY, 8)),
        (
            "whole users by organisation id in any case",
            bulk::seek(users::FIND_BY_ORG_USER_ID_ANY_CASE, &names::BY_KEY, 8),
        ),
        ("whole users by id", bulk::seek(users::FIND_BY_ID, &names::BY_KEY, 8)),
        ("whole users by number", bulk::seek(users::FIND_BY_NO, &names::BY_NO, 8)),
        ("change users", bulk::seek(users::UPDATE, &users::CHANGED, 8)),
        ("remove users", bulk::seek(users::REMOVE, &users::REMOVED, 8)),
    ]);
    statements.extend([
        ("changes since one", changes::SINCE.to_owned()),
        ("clear old changes away", changes::PRUNE.to_owned()),
        ("the call with a key", idempotency::FIND.to_owned()),
        ("calls with a key to forget", idempotency::FORGET.to_owned()),
        ("revisions", bulk::seek(accounts::REVISIONS, &accounts::BY_NO, 8)),
        ("users for an image", image::USERS.to_owned()),
        ("what users hold for an image", image::HELD.to_owned()),
        ("what users are in for an image", image::JOINED.to_owned()),
        ("roles by number", bulk::seek(roles::FIND_BY_NOS, &names::BY_NO, 8)),
        ("bots by number", bulk::seek(bots::FIND_BY_NOS, &names::BY_NO, 8)),
        ("a role by name", roles::FIND_BY_NAME.to_owned()),
        ("a role by reference id", roles::FIND_BY_REF_ID.to_owned()),
        ("where a role is held", holders::PLACES.to_owned()),
        ("roles that users hold on a bot", holders::ROLES_OF_USERS.to_owned()),
        ("roles that groups hold on a bot", holders::ROLES_OF_GROUPS.to_owned()),
        ("groups that hold roles on a bot", bulk::seek(holders::GROUPS, &holders::ROLE_ON_BOT, 8)),
        ("users that hold a role on a bot", holders::USERS_WITH.replace("ROLE", "6")),
        ("users in a group, between two", holders::USERS_IN.replace("GROUP", "5")),
    ]);
    let by_role = |sql: &str| reach::sql(sql, &reach::BY_ROLE, 8);
    let by_group = |sql: &str| reach::sql(sql, &reach::BY_GROUP, 8);
    let by_key = |sql: &str| bulk::seek(sql, &names::BY_KEY, 8);
    statements.extend([
        ("users with roles on bots", by_role(reach::USERS_WITH)),
        ("users who had roles on bots", by_role(reach::USERS_WHO_HAD)),
        ("groups with roles on bots", by_role(reach::GROUPS_WITH)),
        ("groups that had roles on bots", by_role(reach::GROUPS_THAT_HAD)),
        ("users in groups, in order", by_group(reach::USERS_IN)),
        ("users who were in groups", by_group(reach::USERS_WHO_WERE_IN)),
        ("groups inside groups, then", reach::NESTED.to_owned()),
        ("groups that were inside groups", reach::WAS_NESTED.to_owned()),
        ("what became of a user", history::LIST.to_owned()),
        ("imports of roles, the newest first", role_imports::LIST.to_owned()),
        ("when apps were used", apps::USES.to_owned()),
        ("whose entries these are", bulk::seek(audit::ACTORS, &audit::BY_SEQ, 8)),
        ("users of all time by id", by_key(names::USERS_EVER)),
        ("groups of all time by id", by_key(names::GROUPS_EVER)),
        ("roles of all time by id", by_key(names::ROLES_EVER)),
        ("bots of all time by id", by_key(names::BOTS_EVER)),
        ("whole users of all time by number", bulk::seek(users::FIND_EVER_BY_NO, &names::BY_NO, 8)),
    ]);
    let hashes = |sql: &str| bulk::seek(sql, &ledger::BY_HASH, 8);
    statements.extend([
        ("erasures, newest first", requests::LIST.to_owned()),
        ("erasures in one state, newest first", requests::LIST_IN_STATE.to_owned()),
        ("erasures to forget", requests::TO_FORGET.to_owned()),
        ("progress of an erasure", requests::PROGRESS.to_owned()),
        ("erasures that are due first", requests::DUE.to_owned()),
        ("how many erasures are late", requests::COUNT_LATE.to_owned()),
        ("who asked to be forgotten, by hash", hashes(ledger::FIND)),
        ("who asked to be forgotten, since a time", ledger::SINCE.to_owned()),
        ("take an erasure out of the ledger", ledger::REMOVE.to_owned()),
        ("erasures under way, by hash", hashes(holds::UNDERWAY)),
        ("erasures that wait for a hold", holds::WAKE.to_owned()),
        ("forget whom a hold is about", holds::FORGET_SUBJECTS.to_owned()),
        ("holds, newest first", holds::LIST.to_owned()),
        ("whose stores these are", bulk::seek(data_maps::CLAIMED, &data_maps::PLACE, 8)),
    ]);
    statements
}

/// What a statement makes itself, to read it through; 8 constant rows are what is sought, `b` is all bots.
const MADE: [&str; 11] =
    ["8", "CONSTANT", "b", "sought", "changed", "removed", "ended", "one", "nested", "around", "held"];

#[tokio::test]
async fn every_list_and_bulk_change_goes_by_an_index() {
    let dir = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite://{}", dir.path().join("plans.db").display())).await.expect("a database");
    migrations::migrate(&db, "test", || Instant::from_ms(0)).await.expect("migrations apply");
    let mut shown = Vec::new();
    for (name, sql) in statements() {
        let steps = plan(&db, &sql).await;
        for step in &steps {
            let Some(table) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { continue };
            assert!(MADE.contains(&table), "{name} reads all of {table}: {steps:#?}");
        }
        shown.push(format!("{name}\n  {}", steps.join("\n  ")));
    }
    insta::assert_snapshot!("plans", shown.join("\n"));
}
