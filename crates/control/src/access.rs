//! Who may do what: whether a user has a permission on a bot or on the account, and the searches the
//! other way round.
//!
//! A user has a permission where it holds a role that grants it, itself or by way of groups; of several
//! roles the one that grants most counts. So what is decided here is what [`crate::holdings::list`]
//! shows, and nothing else: whether somebody may sign in is another question. Who, what or where nobody
//! knows is denied, as is whatever belongs to another account.
//!
//! The image of the account answers if there is one, else the store; a page of a search may come from
//! the one and the next from the other.

mod image;
mod page;
mod search;

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    ids::{BotNo, RoleNo, UserNo},
    role::{Level, Permissions},
    text::fold,
};
use rolecall_store::{
    Error as StoreError, Tx, accounts,
    assignments::NO_BOT,
    names::{self, Key},
    roles,
};

use crate::{Ctx, Error, authority::acts, holdings};

pub use page::{MAX_LIMIT, Page};
pub use search::{Kind, Slice, permissions, targets, users};

/// Somebody who may or may not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The user with this id.
    Id(String),
    /// The user who has this e-mail address now, folded.
    Email(String),
}

impl Who {
    /// Whom `id` names: an id has no `@`, an e-mail address has one.
    pub fn of(id: &str) -> Self {
        if id.contains('@') { Self::Email(fold(id)) } else { Self::Id(id.to_owned()) }
    }
}

/// Something that a permission is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The account, if it has this id.
    Account(String),
    /// The bot with this id.
    Bot(String),
}

/// A permission, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    /// Its name, as roles list it.
    pub name: String,
    /// The least level that will do; not [`Level::No`].
    pub level: Level,
}

/// May `who` do what `permission` says on `target`?
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// Who.
    pub who: Who,
    /// What.
    pub permission: Permission,
    /// Where.
    pub target: Target,
}

/// Answers one question.
pub async fn decide(ctx: &Ctx, question: &Question) -> Result<bool, Error> {
    let answers = decide_all(ctx, std::slice::from_ref(question)).await?;
    Ok(answers.first().copied().unwrap_or_default())
}

/// Answers each question, in their order, all as of one moment.
///
/// Without an image of the account a few statements, however many questions there are.
pub async fn decide_all(ctx: &Ctx, questions: &[Question]) -> Result<Vec<bool>, Error> {
    ctx.need_to(&acts::LOOK)?;
    if let Some(roster) = &ctx.roster {
        return Ok(questions.iter().map(|question| image::decide(roster, question)).collect());
    }
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    Box::pin(decide_by_store(ctx, questions)).await
}

async fn decide_by_store(ctx: &Ctx, questions: &[Question]) -> Result<Vec<bool>, Error> {
    let mut tx = ctx.read().await?;
    let whos: HashSet<&Who> = questions.iter().map(|question| &question.who).collect();
    let targets: HashSet<&Target> = questions.iter().map(|question| &question.target).collect();
    let whos = find_users(&mut tx, ctx, whos).await?;
    let places = find_places(&mut tx, ctx, targets).await?;
    let users: HashSet<UserNo> = whos.values().copied().collect();
    let held = Held::read(&mut tx, ctx, &users.into_iter().collect::<Vec<_>>()).await?;
    let answers = questions.iter().map(|Question { who, permission, target }| {
        let (Some(user), Some(place)) = (whos.get(who), places.get(target)) else { return false };
        held.roles(*user, *place).any(|role| role.level(&permission.name).covers(permission.level))
    });
    Ok(answers.collect())
}

/// The numbers of those of `whos` that are users of the account.
async fn find_users<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    whos: HashSet<&'a Who>,
) -> Result<HashMap<&'a Who, UserNo>, StoreError> {
    let (mut ids, mut emails) = (Vec::new(), Vec::new());
    for who in &whos {
        match who {
            Who::Id(id) => ids.push(id.clone()),
            Who::Email(email) => emails.push(email.clone()),
        }
    }
    let ids = names::find(tx, ctx.account, Key::UserId, &ids).await?;
    let emails = names::find(tx, ctx.account, Key::Email, &emails).await?;
    let found = whos.into_iter().filter_map(|who| {
        let name = match who {
            Who::Id(id) => ids.get(id),
            Who::Email(email) => emails.get(email),
        };
        Some((who, UserNo(name?.no)))
    });
    Ok(found.collect())
}

/// The numbers of those of `targets` that are the account, or bots of it.
async fn find_places<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    targets: HashSet<&'a Target>,
) -> Result<HashMap<&'a Target, BotNo>, StoreError> {
    let mut ids = Vec::new();
    let mut account_id = None;
    for target in &targets {
        match target {
            Target::Bot(id) => ids.push(id.clone()),
            Target::Account(_) if account_id.is_none() => account_id = Some(accounts::get(tx, ctx.account).await?.id),
            Target::Account(_) => {}
        }
    }
    let bots = names::find(tx, ctx.account, Key::BotId, &ids).await?;
    let found = targets.into_iter().filter_map(|target| {
        let place = match target {
            Target::Account(id) => (account_id.as_ref() == Some(id)).then_some(NO_BOT),
            Target::Bot(id) => bots.get(id).map(|bot| BotNo(bot.no)),
        };
        Some((target, place?))
    });
    Ok(found.collect())
}

/// What users hold, and what that grants.
struct Held {
    roles: HashMap<(UserNo, BotNo), Vec<RoleNo>>,
    grants: HashMap<RoleNo, Permissions>,
}

impl Held {
    async fn read(tx: &mut Tx, ctx: &Ctx, users: &[UserNo]) -> Result<Self, StoreError> {
        let mut roles: HashMap<(UserNo, BotNo), Vec<RoleNo>> = HashMap::new();
        for (user, held) in holdings::of_users(tx, ctx.account, users, None).await? {
            for role in held.on_account {
                roles.entry((user, NO_BOT)).or_default().push(RoleNo(role.role.no));
            }
            for (bot, role) in held.on_bots {
                roles.entry((user, BotNo(bot.no))).or_default().push(RoleNo(role.role.no));
            }
        }
        let nos: HashSet<RoleNo> = roles.values().flatten().copied().collect();
        let grants = roles::find_by_nos(tx, ctx.account, &nos.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self { roles, grants: grants.into_iter().map(|role| (role.no, role.permissions)).collect() })
    }

    /// What the roles grant that a user holds there.
    fn roles(&self, user: UserNo, place: BotNo) -> impl Iterator<Item = &Permissions> {
        self.roles.get(&(user, place)).into_iter().flatten().filter_map(|role| self.grants.get(role))
    }
}
