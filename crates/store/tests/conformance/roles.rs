use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    role::{Permissions, Role, RoleType},
    time::Instant,
};
use rolecall_store::{
    Meter, accounts,
    assignments::{self, Assignment, Holder, NO_BOT},
    holders::{self, Place},
    roles,
};
use rolecall_testkit::{TestDb, each_engine};

use super::{bots, run};

const ACCOUNT: AccountNo = AccountNo(1);

fn role(no: i64, role_type: RoleType) -> Role {
    Role {
        no: RoleNo(no),
        id: format!("{no:024}"),
        role_type,
        name: format!("Role {no}"),
        description: String::new(),
        permissions: Permissions::default(),
        ref_id: format!("Ref-{no}"),
        is_built_in: false,
        created_at: Instant::from_ms(1),
        created_by: "operator".to_owned(),
        modified_at: Instant::from_ms(1),
        modified_by: "operator".to_owned(),
    }
}

each_engine! {
    async fn a_role_is_found_by_its_name_and_by_its_key(db: TestDb) {
        let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        let made = [role(1, RoleType::Bot), role(2, RoleType::Bot), role(3, RoleType::Admin)];
        roles::insert(&mut tx, ACCOUNT, &made).await.expect("they are new");
        roles::insert(&mut tx, AccountNo(2), &[role(4, RoleType::Bot)]).await.expect("another account has its own");
        roles::remove(&mut tx, ACCOUNT, Instant::from_ms(5), &[RoleNo(2)]).await.expect("it is there");
        tx.commit().await.expect("they are kept");
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        for (no, found) in [(1, Some(RoleNo(1))), (2, None), (3, None), (4, None)] {
            let name = format!("role {no}");
            assert_eq!(roles::find_by_name(&mut tx, ACCOUNT, RoleType::Bot, &name).await, Ok(found), "{name}");
            let ref_id = format!("Ref-{no}");
            assert_eq!(roles::find_by_ref_id(&mut tx, ACCOUNT, RoleType::Bot, &ref_id).await, Ok(found), "{ref_id}");
        }
        assert_eq!(roles::find_by_ref_id(&mut tx, ACCOUNT, RoleType::Bot, "ref-1").await, Ok(None));
    }

    async fn a_role_tells_where_it_is_held_and_by_how_many(db: TestDb) {
        bots(&db, ACCOUNT, &[1, 2, 3]).await;
        let user = |bot, role, user| Assignment { bot: BotNo(bot), role: RoleNo(role), holder: Holder::User(UserNo(user)) };
        let group = |bot, role, group| Assignment { bot: BotNo(bot), role: RoleNo(role), holder: Holder::Group(GroupNo(group)) };
        let made = [
            user(1, 7, 11), user(1, 7, 12), group(1, 7, 21), group(2, 7, 21), user(3, 7, 11), user(2, 8, 11), user(0, 9, 11),
        ].map(|assignment| (assignment, 1));
        let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        assignments::insert(&mut tx, ACCOUNT, Instant::from_ms(1), &made).await.expect("they are new");
        assignments::insert(&mut tx, AccountNo(2), Instant::from_ms(1), &made).await.expect("another account has its own");
        tx.commit().await.expect("they are kept");
        run(&db, "UPDATE bots SET removed_at_ms = 8 WHERE account_no = 1 AND bot_no = 3").await;
        let mut tx = db.db.read(&Meter::default()).await.expect("a transaction");
        let place = |bot, n_users, n_groups| Place { bot: BotNo(bot), n_users, n_groups };
        let places = holders::places_of(&mut tx, ACCOUNT, RoleNo(7)).await;
        assert_eq!(places, Ok(vec![place(1, 2, 1), place(2, 0, 1)]));
        assert_eq!(holders::places_of(&mut tx, ACCOUNT, RoleNo(9)).await, Ok(vec![place(NO_BOT.0, 1, 0)]));
        assert_eq!(holders::places_of(&mut tx, ACCOUNT, RoleNo(1)).await, Ok(vec![]));
    }

    async fn an_account_is_renamed_and_no_other(db: TestDb) {
        let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
        let at = Instant::from_ms(1);
        let one = accounts::insert(&mut tx, "a", "o-a", "One", at).await.expect("it is new");
        let other = accounts::insert(&mut tx, "b", "o-b", "Other", at).await.expect("it is new");
        accounts::rename(&mut tx, one, "우리").await.expect("it is there");
        assert_eq!(accounts::get(&mut tx, one).await.expect("it is there").name, "우리");
        assert_eq!(accounts::get(&mut tx, other).await.expect("it is there").name, "Other");
    }
}
