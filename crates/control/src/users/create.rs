//! Making users.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    audit::Event,
    delta::Delta,
    ids::{Kind, UserNo, prefixed},
    text::{self, fold},
    user::User,
};
use rolecall_store::{Tx, attempt, users};
use serde_json::Value;

use super::{
    Failure, Wish, distinct, fault,
    grants::{Ledger, Resolved, Things},
    particulars::{may_set_access, shown, taken},
};
use crate::{Change, Ctx, Error, Fault, Record, Rule, authority::acts, say};

/// Makes users and gives them their groups and roles. One that is there already stays as it is, but
/// gets the groups and roles. Answers the wishes that were not done.
///
/// Concurrency: of two calls that make the same address, one makes it and the other finds it.
pub async fn create(ctx: &Ctx, wishes: &[Wish<String>]) -> Result<Vec<Failure>, Error> {
    attempt!(ctx.attempts(), |tx| create_in(ctx, tx, wishes))
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, wishes: &[Wish<String>]) -> Result<Vec<Failure>, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MAKE_USERS)?;
    let things = Things::read(&mut change, wishes).await?;
    let mut there = There::read(&mut change, wishes).await?;
    let (mut made, mut ledger, mut failures) = (Vec::new(), Ledger::default(), Vec::new());
    for (index, wish) in wishes.iter().enumerate() {
        match decide(wish, &there, &things, &change) {
            Ok((Decided::There(no), resolved)) => ledger.note(no, &resolved),
            Ok((Decided::Fresh(draft), resolved)) => {
                let (no, id) = (UserNo(change.next_no()), prefixed(Kind::User, ctx.core.random.bytes()));
                let user = User { no, id, created_at: change.at, ..*draft };
                ledger.note(no, &resolved);
                there.org_user_ids.insert(user.org_user_id.clone());
                there.by_email.insert(fold(&user.email), user.no);
                there.users.insert(user.no, user.clone());
                made.push(user);
            }
            Err(fault) => failures.push(Failure { index, fault }),
        }
    }
    write(&mut change, &made).await?;
    ledger.apply(&mut change, &things, &there.users).await?;
    change.finish().await?;
    Ok(failures)
}

/// Who is there, of those a call is about.
struct There {
    by_email: HashMap<String, UserNo>,
    users: HashMap<UserNo, User>,
    org_user_ids: HashSet<String>,
}

impl There {
    async fn read(change: &mut Change<'_>, wishes: &[Wish<String>]) -> Result<Self, Error> {
        let account = change.account_no();
        let emails = distinct(wishes.iter().map(|wish| fold(&wish.who)).collect());
        let users = users::find_many(change.tx, account, users::Key::Email, &emails).await?;
        let org_user_ids = wishes.iter().filter_map(|wish| wish.particulars.org_user_id.clone());
        let org_user_ids = distinct(org_user_ids.filter(|id| !id.is_empty()).collect());
        let holders = users::find_many(change.tx, account, users::Key::OrgUserId, &org_user_ids).await?;
        Ok(Self {
            by_email: users.iter().map(|user| (fold(&user.email), user.no)).collect(),
            users: users.into_iter().map(|user| (user.no, user)).collect(),
            org_user_ids: holders.into_iter().map(|user| user.org_user_id).collect(),
        })
    }
}

enum Decided {
    There(UserNo),
    /// A user that lacks its number and its id.
    Fresh(Box<User>),
}

fn decide(
    wish: &Wish<String>,
    there: &There,
    things: &Things,
    change: &Change<'_>,
) -> Result<(Decided, Resolved), Fault> {
    if let Some(no) = there.by_email.get(&fold(&wish.who)) {
        return Ok((Decided::There(*no), things.resolve(change, &wish.grants, Some(*no))?));
    }
    if !text::is_email(&wish.who) {
        return Err(fault(Rule::BadEmail, "/userInfo/emailId", say::is_no_email()));
    }
    let nowhen = rolecall_model::time::Instant::default();
    let mut draft = User::new(UserNo(0), String::new(), wish.who.clone(), nowhen);
    let made = draft.clone();
    wish.particulars.write_to(&mut draft, things)?;
    may_set_access(change, &made, &draft)?;
    if let Some(id) = wish.particulars.org_user_id.as_ref().filter(|id| !id.is_empty()) {
        if there.org_user_ids.contains(id) {
            return Err(taken());
        }
        draft.org_user_id.clone_from(id);
    }
    Ok((Decided::Fresh(Box::new(draft)), things.resolve(change, &wish.grants, None)?))
}

/// Writes users that are new, within a change.
pub(crate) async fn write(change: &mut Change<'_>, made: &[User]) -> Result<(), Error> {
    change.account.n_users += i64::try_from(made.len()).unwrap_or_default();
    let (account, revision) = (change.account_no(), change.account.revision);
    users::insert(change.tx, account, revision, made).await?;
    change.note(made.iter().map(|user| Delta::User(user.no)));
    for user in made {
        let mut after = shown(user);
        if user.bot_tasks.as_array().is_some_and(|tasks| !tasks.is_empty()) {
            after.insert("assignBotTasks".to_owned(), user.bot_tasks.clone());
        }
        change.record(Record {
            event: Event::UserCreated,
            target: user.id.clone(),
            description: format!("User {} created", user.email),
            before: Value::Null,
            after: Value::Object(after),
        });
        change.flush_if_full().await?;
    }
    Ok(())
}
