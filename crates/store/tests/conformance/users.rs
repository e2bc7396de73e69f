use rolecall_model::{
    ids::{AccountNo, UserNo},
    page::{Page, Start},
    time::Instant,
    user::{Status, User},
};
use rolecall_store::{
    Error, Meter, Tx,
    users::{self, Key},
};
use rolecall_testkit::{TestDb, each_engine};
use serde_json::json;

use super::rows;

const ACCOUNT: AccountNo = AccountNo(1);

/// User number `no`, with an organisation id.
fn user(no: i64) -> User {
    let user = User::new(UserNo(no), format!("u-{no}"), format!("User{no}@acme.example"), Instant::from_ms(5));
    User { org_user_id: format!("emp-{no}"), ..user }
}

fn users(nos: impl IntoIterator<Item = i64>) -> Vec<User> {
    nos.into_iter().map(user).collect()
}

/// One transaction that is kept if `work` goes well.
async fn write(db: &TestDb, work: impl AsyncFnOnce(&mut Tx) -> Result<(), Error>) -> Result<(), Error> {
    let mut attempts = db.db.attempts(&Meter::default());
    let mut tx = attempts.begin().await?;
    let result = work(&mut tx).await;
    attempts.settle(tx, result).await.expect("nobody else writes")
}

async fn insert(db: &TestDb, account: AccountNo, made: &[User]) -> Result<(), Error> {
    write(db, async |tx| users::insert(tx, account, 1, made).await).await
}

/// The users found by `key`, in order of their numbers.
async fn found(db: &TestDb, key: Key, values: &[String]) -> Vec<User> {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let mut found = users::find_many(&mut tx, ACCOUNT, key, values).await.expect("they are found");
    found.sort_unstable_by_key(|user| user.no);
    found
}

each_engine! {
    async fn users_are_found_by_each_key_however_many(db: TestDb) {
        let all = users(1..=600);
        insert(&db, ACCOUNT, &all).await.expect("they are new");
        insert(&db, AccountNo(2), &users(601..=602)).await.expect("they are new");
        let sought = |prefix: &str, suffix: &str| -> Vec<String> {
            (1..=602).map(|no| format!("{prefix}{no}{suffix}")).collect()
        };
        assert_eq!(found(&db, Key::Email, &sought("user", "@acme.example")).await, all);
        assert_eq!(found(&db, Key::OrgUserId, &sought("emp-", "")).await, all);
        assert_eq!(found(&db, Key::No, &sought("", "")).await, all);
        assert_eq!(found(&db, Key::No, &[]).await, []);
    }

    async fn nobody_is_found_by_the_organisation_id_that_is_none(db: TestDb) {
        let without = |no| User { org_user_id: String::new(), ..user(no) };
        insert(&db, ACCOUNT, &[without(1), without(2)]).await.expect("many may have none");
        assert_eq!(found(&db, Key::OrgUserId, &[String::new()]).await, []);
    }

    async fn an_address_or_organisation_id_is_one_users_only(db: TestDb) {
        insert(&db, ACCOUNT, &users([1, 2])).await.expect("they are new");
        let same_email = User { email: "USER1@acme.example".to_owned(), ..user(3) };
        let same_id = User { org_user_id: "emp-2".to_owned(), ..user(3) };
        for twin in [&same_email, &same_id] {
            let result = insert(&db, ACCOUNT, std::slice::from_ref(twin)).await;
            assert!(matches!(result, Err(Error::Conflict { .. })), "{result:?}");
        }
        let taking = User { org_user_id: "emp-2".to_owned(), ..user(1) };
        let result = write(&db, async |tx| users::update(tx, ACCOUNT, 2, &[taking]).await).await;
        assert!(matches!(result, Err(Error::Conflict { .. })), "{result:?}");
        insert(&db, AccountNo(2), &[same_email]).await.expect("another account has its own");
    }

    async fn all_that_may_change_of_users_is_written(db: TestDb) {
        insert(&db, ACCOUNT, &users(1..=600)).await.expect("they are new");
        insert(&db, AccountNo(2), &users([1])).await.expect("it is new");
        let changed = |no| User {
            email: format!("New{no}@acme.example"),
            org_user_id: String::new(),
            first_name: "이름".to_owned(),
            last_name: format!("Last {no}"),
            is_developer: false,
            can_create_bot: false,
            has_data_access: true,
            status: Status::NotActive,
            profile: [("city".to_owned(), json!("서울"))].into_iter().collect(),
            bot_tasks: json!([{"streamId": "st-1", "dialogs": []}]),
            ..user(no)
        };
        let changed: Vec<User> = (2..=600).map(changed).collect();
        write(&db, async |tx| users::update(tx, ACCOUNT, 7, &changed).await).await.expect("they are free");

        let emails: Vec<String> = (1..=600).map(|no| format!("new{no}@acme.example")).collect();
        assert_eq!(found(&db, Key::Email, &emails).await, changed);
        assert_eq!(found(&db, Key::No, &["1".to_owned()]).await, users([1]));
        let revisions = rows(&db, "SELECT account_no, user_no, changed_revision FROM users WHERE user_no <= 2 ORDER BY account_no, user_no").await;
        assert_eq!(revisions, [[1, 1, 1], [1, 2, 7], [2, 1, 1]]);
    }

    async fn who_is_removed_is_found_no_more_and_leaves_the_address_free(db: TestDb) {
        insert(&db, ACCOUNT, &users(1..=3)).await.expect("they are new");
        insert(&db, AccountNo(2), &users([1])).await.expect("it is new");
        let gone = [UserNo(1), UserNo(2)];
        write(&db, async |tx| users::remove(tx, ACCOUNT, 7, &gone, Instant::from_ms(8)).await).await.expect("removed");
        // Once more, later: the first time counts.
        write(&db, async |tx| users::remove(tx, ACCOUNT, 9, &gone, Instant::from_ms(9)).await).await.expect("nothing to do");
        let nos: Vec<String> = (1..=3).map(|no| no.to_string()).collect();
        assert_eq!(found(&db, Key::No, &nos).await, users([3]));
        let there = rows(&db, "SELECT account_no, user_no, COALESCE(removed_at_ms, 0), changed_revision FROM users ORDER BY account_no, user_no").await;
        assert_eq!(there, [[1, 1, 8, 7], [1, 2, 8, 7], [1, 3, 0, 1], [2, 1, 0, 1]]);

        let again = User { no: UserNo(4), id: "u-4".to_owned(), ..user(1) };
        insert(&db, ACCOUNT, &[again]).await.expect("address and organisation id are free again");
        let page = Page { limit: 10, start: Start::After(3) };
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        assert_eq!(users::list(&mut tx, ACCOUNT, page, None).await.expect("a page").len(), 1);
        assert_eq!(users::count_at(&mut tx, ACCOUNT, Instant::from_ms(7)).await.expect("a count"), 4);
    }
}
