//! Loading the image of an account: all of it as it is in one transaction, some thousand users at a
//! time.

use std::sync::Arc;

use rolecall_model::{
    app::{App, Kind},
    bot::Bot,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::{Page, Start},
    role::RoleType,
};
use rolecall_roster::{Account, BoundApp, Loader, Roster, Things, Unfit};
use rolecall_store::{
    Error as StoreError, Meter, Tx, accounts, apps,
    assignments::{self, Assignment, Holder},
    bots, groups,
    image::{self, Highest, Slice},
    memberships,
};
use tokio::task::spawn_blocking;

use crate::{Core, roles};

/// What a user takes of an image at least. Units: bytes.
const MIN_USER_BYTES: u64 = 40;
/// How many things are read at once.
const CHUNK: u32 = 1_000;

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// It would take more memory than there is for images.
    #[error("it is too big for [roster] memory_mb")]
    TooBig,
    /// Nobody wants it any more.
    #[error("it is not wanted any more")]
    Unwanted,
    /// Something about the account does not fit an image.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The database did not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Loads the image of `account`, for as long as it `is_wanted`.
pub(super) async fn load(
    core: &Arc<Core>,
    account: AccountNo,
    budget_bytes: u64,
    is_wanted: impl Fn() -> bool,
) -> Result<Roster, Refusal> {
    let mut tx = core.db.read(&Meter::default()).await?;
    let account = accounts::get(&mut tx, account).await?;
    let n_users = u64::try_from(account.n_users).unwrap_or_default();
    if n_users.saturating_mul(MIN_USER_BYTES) > budget_bytes {
        return Err(Refusal::TooBig);
    }
    let things = things(&mut tx, account.no).await?;
    let highest = highest(&things);
    let mut loader = Roster::loader(shown(&account), account.revision, things);
    for (group, member) in memberships::nested(&mut tx, account.no).await? {
        loader.nested(group, member);
    }
    group_assignments(&mut tx, account.no, &mut loader).await?;
    let mut after = UserNo(0);
    while after.0 < account.next_no {
        if !is_wanted() {
            return Err(Refusal::Unwanted);
        }
        let slice = image::slice(&mut tx, account.no, highest, after).await?;
        after = slice.last();
        // Taking users in is work for a processor, and requests want this thread.
        loader = aside(move || taken_in(loader, &slice)).await??;
    }
    tx.rollback().await?;
    aside(move || loader.finish()).await
}

/// Does `work` on a thread where nobody waits for it.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let done = spawn_blocking(work).await;
    done.map_err(|_| StoreError::Failed { code: "the loading of an image broke off".to_owned() }.into())
}

fn taken_in(mut loader: Loader, slice: &Slice) -> Result<Loader, Unfit> {
    slice.each(|person, held, joined| loader.user(person, held, joined))?;
    Ok(loader)
}

/// What an image shows of an account.
pub(super) fn shown(account: &accounts::Account) -> Account {
    Account {
        no: account.no,
        id: account.id.clone(),
        org_id: account.org_id.clone(),
        name: account.name.clone(),
        owner_no: account.owner_no,
    }
}

/// What an image shows of an account's apps.
pub(super) async fn bound_apps(tx: &mut Tx, account: AccountNo) -> Result<Vec<BoundApp>, StoreError> {
    let builders = apps::list(tx, account).await?.into_iter().filter(|app| app.kind == Kind::Builder);
    let bound =
        |App { id, enforces_jti, created_at, bots, .. }| BoundApp { client_id: id, enforces_jti, created_at, bots };
    Ok(builders.map(bound).collect())
}

async fn things(tx: &mut Tx, account: AccountNo) -> Result<Things, StoreError> {
    let mut things = Things { apps: bound_apps(tx, account).await?, ..Things::default() };
    for role_type in [RoleType::Admin, RoleType::Bot] {
        things.roles.append(&mut roles::all(tx, account, role_type).await?);
    }
    let mut after = 0;
    loop {
        let page: Vec<Bot> = bots::list(tx, account, Page { limit: CHUNK, start: Start::After(after) }).await?;
        let Some(last) = page.last() else { break };
        after = last.no.0;
        things.bots.extend(page);
    }
    after = 0;
    loop {
        let page: Vec<Group> = groups::list(tx, account, Page { limit: CHUNK, start: Start::After(after) }).await?;
        let Some(last) = page.last() else { break };
        after = last.no.0;
        things.groups.extend(page);
    }
    Ok(things)
}

fn highest(things: &Things) -> Highest {
    Highest {
        bot: things.bots.iter().map(|bot| bot.no).max().unwrap_or(BotNo(0)),
        role: things.roles.iter().map(|role| role.no).max().unwrap_or(RoleNo(0)),
        group: things.groups.iter().map(|group| group.no).max().unwrap_or(GroupNo(0)),
    }
}

async fn group_assignments(tx: &mut Tx, account: AccountNo, loader: &mut Loader) -> Result<(), StoreError> {
    let mut after = Assignment { bot: BotNo(-1), role: RoleNo(0), holder: Holder::Group(GroupNo(0)) };
    loop {
        let page = assignments::list_after(tx, account, after, CHUNK.into()).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = *last;
        for Assignment { bot, role, holder } in page {
            if let Holder::Group(group) = holder {
                loader.group_assigned(bot, role, group);
            }
        }
    }
}
