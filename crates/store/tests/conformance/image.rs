use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
    user::{Status, User, UserRow},
};
use rolecall_store::{
    Meter,
    accounts::{self, Account},
    assignments::{self, Assignment, Holder},
    image,
    memberships::{self, Member, Membership},
    users,
};
use rolecall_testkit::{TestDb, each_engine};

use super::run;

fn at() -> Instant {
    Instant::from_ms(5)
}

/// An account whose next thing has the number `next_no`.
async fn account(db: &TestDb, next_no: i64) -> Account {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    let no = accounts::insert(&mut tx, "5bf1", "o-1", "Acme", at()).await.expect("it is new");
    let account = accounts::get(&mut tx, no).await.expect("it is there");
    tx.commit().await.expect("it is kept");
    Account { next_no, ..account }
}

async fn insert(db: &TestDb, account: &Account, made: &[User]) {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    users::insert(&mut tx, account.no, 1, made).await.expect("they are new");
    tx.commit().await.expect("they are kept");
}

async fn give(db: &TestDb, account: &Account, held: &[(i64, i64, i64)], joined: &[(i64, i64)]) {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    let held: Vec<(Assignment, i64)> = held
        .iter()
        .map(|(bot, role, user)| {
            (Assignment { bot: BotNo(*bot), role: RoleNo(*role), holder: Holder::User(UserNo(*user)) }, 1)
        })
        .collect();
    assignments::insert(&mut tx, account.no, at(), &held).await.expect("they are new");
    let joined: Vec<(Membership, i64)> = joined
        .iter()
        .map(|(group, user)| (Membership { group: GroupNo(*group), member: Member::User(UserNo(*user)) }, 1))
        .collect();
    memberships::insert(&mut tx, account.no, at(), &joined).await.expect("they are new");
    tx.commit().await.expect("they are kept");
}

fn user(no: i64) -> User {
    User::new(UserNo(no), format!("u-{no}"), format!("user{no}@acme.example"), at())
}

fn person(user: &User) -> UserRow<'_> {
    UserRow {
        no: user.no,
        id: &user.id,
        email: &user.email,
        org_user_id: &user.org_user_id,
        first_name: &user.first_name,
        last_name: &user.last_name,
        is_developer: user.is_developer,
        can_create_bot: user.can_create_bot,
        status: user.status,
    }
}

/// What a slice tells, as text; and where the next one begins.
async fn told(db: &TestDb, account: &Account, after: i64) -> (Vec<String>, i64) {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let slice = image::slice(&mut tx, account, UserNo(after)).await.expect("it is read");
    let mut told = Vec::new();
    let done: Result<(), ()> = slice.each(|person, held, joined| {
        told.push(format!("{person:?} {held:?} {joined:?}"));
        Ok(())
    });
    assert_eq!(done, Ok(()));
    (told, slice.last().0)
}

fn line(user: &User, held: &[(i64, i64)], joined: &[i64]) -> String {
    let held: Vec<_> = held.iter().map(|(bot, role)| (BotNo(*bot), RoleNo(*role))).collect();
    let joined: Vec<_> = joined.iter().map(|group| GroupNo(*group)).collect();
    format!("{:?} {held:?} {joined:?}", person(user))
}

each_engine! {
    async fn users_come_in_order_with_what_is_theirs(db: TestDb) {
        let account = account(&db, 9_000).await;
        let ann = User {
            org_user_id: "emp 7".to_owned(),
            first_name: "Änn".to_owned(),
            last_name: String::new(),
            is_developer: false,
            can_create_bot: false,
            ..user(3)
        };
        let bob = User { status: Status::NotActive, can_create_bot: false, ..user(8_500) };
        insert(&db, &account, &[user(2), ann.clone(), user(4), user(8_194), bob.clone()]).await;
        run(&db, "UPDATE users SET removed_at_ms = 8 WHERE user_no = 4").await;
        insert(&db, &Account { no: AccountNo(2), ..account.clone() }, &[user(5)]).await;
        let held = [(0, 1, 2), (8_999, 8_998, 3), (7, 8_998, 3), (7, 1, 3), (0, 1, 4), (7, 1, 8_500)];
        give(&db, &account, &held, &[(11, 2), (8_997, 3), (12, 3), (11, 4), (12, 8_500)]).await;

        let (first, last) = told(&db, &account, 0).await;
        assert_eq!(first, [
            line(&user(2), &[(0, 1)], &[11]),
            line(&ann, &[(7, 1), (7, 8_998), (8_999, 8_998)], &[12, 8_997]),
        ]);
        assert_eq!(last, 8_192);
        let (second, _) = told(&db, &account, last).await;
        assert_eq!(second, [line(&user(8_194), &[], &[]), line(&bob, &[(7, 1)], &[12])]);
        let (none, _) = told(&db, &account, 8_500).await;
        assert_eq!(none, Vec::<String>::new());
    }

    async fn what_stands_between_texts_may_stand_in_them(db: TestDb) {
        let account = account(&db, 100).await;
        let odd = User { first_name: "a\u{1f}b".to_owned(), last_name: "\u{1f}".to_owned(), ..user(2) };
        insert(&db, &account, &[user(1), odd.clone(), user(3)]).await;
        give(&db, &account, &[(0, 1, 2)], &[]).await;
        let (all, _) = told(&db, &account, 0).await;
        assert_eq!(all, [line(&user(1), &[], &[]), line(&odd, &[(0, 1)], &[]), line(&user(3), &[], &[])]);
    }

    async fn an_account_of_many_things_comes_in_narrower_slices(db: TestDb) {
        let many = 1_000_000_000;
        let account = account(&db, many).await;
        insert(&db, &account, &[user(1), user(8), user(many - 1)]).await;
        give(&db, &account, &[(many - 2, many - 3, 8), (many - 2, many - 3, many - 1)], &[(many - 4, 8)]).await;
        let (first, last) = told(&db, &account, 0).await;
        assert_eq!(last, 8);
        assert_eq!(first, [line(&user(1), &[], &[]), line(&user(8), &[(many - 2, many - 3)], &[many - 4])]);
        let (end, _) = told(&db, &account, many - 5).await;
        assert_eq!(end, [line(&user(many - 1), &[(many - 2, many - 3)], &[])]);

        let too_many = Account { next_no: 4_000_000_000, ..account };
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        assert!(image::slice(&mut tx, &too_many, UserNo(0)).await.is_err());
    }
}
