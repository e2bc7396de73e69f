//! Accounts: making one, and telling which there are, for the operator of the server; and their settings,
//! for those who belong to them.

mod settings;

use std::sync::Arc;

use rolecall_model::{
    audit::{Actor, Event},
    delta::Delta,
    ids::{AccountNo, Kind, RoleNo, UserNo, hex24, hex24_after, prefixed},
    problem::Problems,
    role::{BUILT_IN, MASTER_ADMIN, Role},
    text,
    user::User,
};
use rolecall_store::{
    Meter, Tx, accounts,
    assignments::{Assignment, Holder, NO_BOT},
    attempt, roles, users,
};
use serde_json::{Value, json};

use crate::{
    Change, Core, Ctx, Error, Record, Rule,
    assignments::{self, Known},
    say,
};

pub use settings::{Edit, Settings, settings, update};

/// An account that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its number in this database.
    pub no: AccountNo,
    /// Its id: 24 hex digits.
    pub account_id: String,
    /// Its id as the vendor's organisation.
    pub org_id: String,
    /// The id of the user who owns it.
    pub owner_id: String,
    /// That user's e-mail address.
    pub owner_email: String,
}

/// Makes an account with the built-in roles and its owner, who holds the built-in admin role.
///
/// Errors: [`Error::Invalid`] for a name or an address that cannot be one.
pub async fn create(core: &Arc<Core>, name: &str, owner_email: &str) -> Result<Created, Error> {
    let mut problems = Problems::default();
    if let Err(bad) = text::check_name(name) {
        problems.add("name", bad);
    }
    if !text::is_email(owner_email) {
        problems.add("owner", say::must_be_email());
    }
    problems.or_ok(())?;
    let meter = Meter::default();
    attempt!(core.db.attempts(&meter), |tx| create_in(core, &meter, tx, name, owner_email))
}

async fn create_in(
    core: &Arc<Core>,
    meter: &Meter,
    tx: &mut Tx,
    name: &str,
    owner_email: &str,
) -> Result<Created, Error> {
    let now = core.clock.now();
    let account_id = hex24(now, core.random.bytes());
    let org_id = prefixed(Kind::Organisation, core.random.bytes());
    let no = accounts::insert(tx, &account_id, &org_id, name, now).await?;
    let ctx = Ctx::new(core, no, Actor::Operator, meter.clone());
    let mut change = Change::begin(&ctx, tx).await?;
    change.record(Record {
        event: Event::AccountCreated,
        target: account_id.clone(),
        description: format!("Account {name} created"),
        before: Value::Null,
        after: json!({"accountId": account_id, "orgId": org_id, "name": name}),
    });

    let first_id = hex24(now, core.random.bytes());
    let mut built_in = Vec::with_capacity(BUILT_IN.len());
    for (nth, role) in (0..).zip(&BUILT_IN) {
        built_in.push(Role {
            no: RoleNo(change.next_no()),
            id: hex24_after(&first_id, nth),
            role_type: role.role_type,
            name: role.name.to_owned(),
            description: role.description.to_owned(),
            permissions: (role.permissions)(),
            ref_id: role.ref_id.to_owned(),
            is_built_in: true,
            created_at: change.at,
            created_by: Actor::Operator.as_text(),
            modified_at: change.at,
            modified_by: Actor::Operator.as_text(),
        });
    }
    roles::insert(change.tx, no, &built_in).await?;
    change.note([Delta::Account]);
    change.note(built_in.iter().map(|role| Delta::Role(role.no)));

    let owner_id = prefixed(Kind::User, core.random.bytes());
    let owner = User::new(UserNo(change.next_no()), owner_id.clone(), owner_email.to_owned(), change.at);
    change.account.owner_no = owner.no;
    change.account.n_users += 1;
    users::insert(change.tx, no, change.account.revision, std::slice::from_ref(&owner)).await?;
    change.note([Delta::User(owner.no)]);
    change.record(Record {
        event: Event::UserCreated,
        target: owner.id.clone(),
        description: format!("User {owner_email} created as the owner of the account"),
        before: Value::Null,
        after: json!({"userId": owner.id, "emailId": owner_email}),
    });
    if let Some(admin) = built_in.iter().find(|role| role.name == MASTER_ADMIN) {
        let assignment = Assignment { bot: NO_BOT, role: admin.no, holder: Holder::User(owner.no) };
        assignments::add(&mut change, &mut Known::default(), &[assignment]).await?;
    }
    change.finish().await?;
    Ok(Created { no, account_id, org_id, owner_id, owner_email: owner_email.to_owned() })
}

/// The number of the account with id `id`, for the operator's commands.
///
/// Errors: [`Error::Refused`] if there is none.
pub async fn resolve(core: &Core, id: &str) -> Result<AccountNo, Error> {
    let mut tx = core.db.glance(&Meter::default()).await?;
    accounts::find(&mut tx, id)
        .await?
        .ok_or_else(|| Error::refused(Rule::UnknownAccount, "account", say::no_such_account()))
}

/// All accounts of this database, in order of creation.
pub async fn list(core: &Core) -> Result<Vec<accounts::Account>, Error> {
    let mut tx = core.db.glance(&Meter::default()).await?;
    Ok(accounts::list(&mut tx).await?)
}

/// The account that `ctx` acts on.
pub async fn get(ctx: &Ctx) -> Result<accounts::Account, Error> {
    let mut tx = ctx.read().await?;
    Ok(accounts::get(&mut tx, ctx.account).await?)
}
