use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    time::Instant,
    user::{Status, User, UserRow},
};
use rolecall_store::{
    Meter,
    accounts::{self, Account},
    assignments::{self, Assignment, Holder},
    image::{self, Highest},
    memberships::{self, Member, Membership},
    users,
};
use rolecall_testkit::{TestDb, each_engine};

use super::run;

fn at() -> Instant {
    Instant::from_ms(5)
}

/// Nothing of an account is numbered higher.
fn up_to(no: i64) -> Highest {
    Highest { bot: BotNo(no), role: RoleNo(no), group: GroupNo(no) }
}

async fn account(db: &TestDb) -> Account {
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    let no = accounts::insert(&mut tx, "5bf1", "o-1", "Acme", at()).await.expect("it is new");
    let account = accounts::get(&mut tx, no).await.expect("it is there");
    tx.commit().await.expect("it is kept");
    account
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
async fn told(db: &TestDb, account: &Account, highest: Highest, after: i64) -> (Vec<String>, i64) {
    let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
    let slice = image::slice(&mut tx, account.no, highest, UserNo(after)).await.expect("it is read");
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
        let account = account(&db).await;
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

        let (first, last) = told(&db, &account, up_to(8_999), 0).await;
        assert_eq!(first, [
            line(&user(2), &[(0, 1)], &[11]),
            line(&ann, &[(7, 1), (7, 8_998), (8_999, 8_998)], &[12, 8_997]),
        ]);
        assert_eq!(last, 8_192);
        let (second, _) = told(&db, &account, up_to(8_999), last).await;
        assert_eq!(second, [line(&user(8_194), &[], &[]), line(&bob, &[(7, 1)], &[12])]);
        let (none, _) = told(&db, &account, up_to(8_999), 8_500).await;
        assert_eq!(none, Vec::<String>::new());
    }

    async fn what_stands_between_texts_may_stand_in_them(db: TestDb) {
        let account = account(&db).await;
        let odd = User { first_name: "a\u{1f}b".to_owned(), last_name: "\u{1f}".to_owned(), ..user(2) };
        insert(&db, &account, &[user(1), odd.clone(), user(3)]).await;
        give(&db, &account, &[(0, 1, 2)], &[]).await;
        let (all, _) = told(&db, &account, up_to(100), 0).await;
        assert_eq!(all, [line(&user(1), &[], &[]), line(&odd, &[(0, 1)], &[]), line(&user(3), &[], &[])]);
    }

    async fn what_is_numbered_above_all_that_is_there_is_left_out(db: TestDb) {
        let account = account(&db).await;
        insert(&db, &account, &[user(1), user(2)]).await;
        give(&db, &account, &[(7, 5, 1), (7, 8, 1), (8, 5, 2), (0, 5, 2)], &[(15, 1), (16, 1), (16, 2)]).await;
        let highest = Highest { bot: BotNo(7), role: RoleNo(7), group: GroupNo(15) };
        let (all, _) = told(&db, &account, highest, 0).await;
        assert_eq!(all, [line(&user(1), &[(7, 5)], &[15]), line(&user(2), &[(0, 5)], &[])]);
        let nothing = Highest { bot: BotNo(0), role: RoleNo(0), group: GroupNo(0) };
        let (all, _) = told(&db, &account, nothing, 0).await;
        assert_eq!(all, [line(&user(1), &[], &[]), line(&user(2), &[], &[])]);
    }

    async fn an_account_of_many_things_comes_in_narrower_slices(db: TestDb) {
        // 29 bits for a role and as many for a bot leave 5 for the users of a slice.
        let many = 500_000_000;
        let account = account(&db).await;
        insert(&db, &account, &[user(1), user(31), user(many + 1)]).await;
        give(&db, &account, &[(many, many - 1, 31), (many, many - 1, many + 1)], &[(many - 2, 31)]).await;
        let (first, last) = told(&db, &account, up_to(many), 0).await;
        assert_eq!(last, 31);
        assert_eq!(first, [line(&user(1), &[], &[]), line(&user(31), &[(many, many - 1)], &[many - 2])]);
        let (end, _) = told(&db, &account, up_to(many), many - 5).await;
        assert_eq!(end, [line(&user(many + 1), &[(many, many - 1)], &[])]);

        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        assert!(image::slice(&mut tx, account.no, up_to(4_000_000_000), UserNo(0)).await.is_err());
    }
}
