//! One bot: looking at it, changing it, giving it another owner, and removing it.

use std::collections::HashMap;

use rolecall_model::{
    audit::Event, bot::Bot, delta::Delta, ids::UserNo, page::Page, problem::Problems, text, user::User,
};
use rolecall_store::{
    Tx,
    assignments::{Assignment, Holder},
    attempt, bots,
    names::{self, Name, Thing},
    users::{self, Key},
};
use serde_json::{Value, json};

use super::{check, check_free, owner_role, owners, shown};
use crate::{
    Change, Ctx, Error, Record, Rule,
    assignments::{self, Known},
    authority::acts,
    list::{self, List},
    say,
    version::{Expected, Version},
};

/// A bot with who owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The bot.
    pub bot: Bot,
    /// The id of its owner.
    pub owner_id: String,
    /// The e-mail address of its owner.
    pub owner_email: String,
}

impl Owned {
    fn of(bot: Bot, owners: &HashMap<i64, Name>) -> Self {
        let owner = owners.get(&bot.owner_no.0);
        let text = |pick: fn(&Name) -> &String| owner.map(pick).cloned().unwrap_or_default();
        Self { owner_id: text(|owner| &owner.id), owner_email: text(|owner| &owner.name), bot }
    }

    pub(super) fn by(bot: Bot, owner: &User) -> Self {
        Self { bot, owner_id: owner.id.clone(), owner_email: owner.email.clone() }
    }

    /// The bot's version, for whoever is about to change it.
    pub fn version(&self) -> Version {
        Version::of(&self.facts())
    }

    /// All that is shown of it.
    fn facts(&self) -> Value {
        json!([
            self.bot.id,
            self.bot.name,
            self.bot.description,
            self.bot.purpose,
            self.bot.default_language,
            self.bot.status,
            self.owner_id,
            self.owner_email,
        ])
    }
}

/// The name of [`search`] in cursors.
pub const SEARCH: &str = "bots found";

/// A page of the account's bots whose names begin with `prefix`, in any case of letters; in order of
/// creation.
pub async fn search(ctx: &Ctx, prefix: &str, page: Page) -> Result<List<Owned>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let folded = text::fold(prefix);
    let total = bots::count_named(&mut tx, ctx.account, &folded).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = bots::list_named(&mut tx, ctx.account, &folded, one_more).await?;
    let shown = list::page(ctx, SEARCH, total, page.limit, found, |bot| bot.no.0);
    let mut nos: Vec<i64> = shown.items.iter().map(|bot| bot.owner_no.0).collect();
    nos.sort_unstable();
    nos.dedup();
    let owners = names::of(&mut tx, ctx.account, Thing::User, &nos).await?;
    let items = shown.items.into_iter().map(|bot| Owned::of(bot, &owners)).collect();
    Ok(List { total: shown.total, items, next_cursor: shown.next_cursor })
}

/// The bot with id `id`.
///
/// Errors: [`Rule::UnknownBot`] if the account has none.
pub async fn get(ctx: &Ctx, id: &str) -> Result<Owned, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let bot = of_account(&mut tx, ctx, id).await?;
    let owners = names::of(&mut tx, ctx.account, Thing::User, &[bot.owner_no.0]).await?;
    Ok(Owned::of(bot, &owners))
}

/// What is to be changed of a bot; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The e-mail address or the id of its owner, who gets the built-in role of bot owners from whoever
    /// had it.
    pub owner: Option<String>,
    /// Whom it serves.
    pub purpose: Option<String>,
    /// The language it is written in first.
    pub default_language: Option<String>,
}

/// Changes a bot. What is so already stays so, and leaves no trace.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::UnknownBot`] if the account has no
/// such bot, [`Rule::Stale`] if it is not what its editor takes it to be, [`Rule::Taken`] for a name that
/// is taken, [`Rule::UnknownUser`] for an owner the account does not have.
pub async fn update(ctx: &Ctx, id: &str, expected: &Expected, edit: &Edit) -> Result<Owned, Error> {
    let mut problems = Problems::default();
    let names = [("/name", &edit.name), ("/purpose", &edit.purpose), ("/defaultLanguage", &edit.default_language)];
    check(
        names.into_iter().filter_map(|(path, name)| Some((path, name.as_deref()?))),
        edit.description.as_deref(),
        &mut problems,
    );
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, id, expected, edit))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected, edit: &Edit) -> Result<Owned, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_BOTS)?;
    let (before, old_owner) = owned(&mut change, ctx, id).await?;
    expected.check(&Owned::by(before.clone(), &old_owner).facts())?;
    let new_owner = match &edit.owner {
        None => old_owner.clone(),
        Some(owner) => {
            let unknown = || {
                let detail = say::no_such_owner();
                Error::refused(Rule::UnknownUser, "/owner", detail)
            };
            owners(&mut change, &[Some(owner)]).await?.pop().flatten().ok_or_else(unknown)?
        }
    };
    let given = |given: &Option<String>, before: &String| given.as_ref().unwrap_or(before).clone();
    let after = Bot {
        name: given(&edit.name, &before.name),
        description: given(&edit.description, &before.description),
        purpose: given(&edit.purpose, &before.purpose),
        default_language: given(&edit.default_language, &before.default_language),
        owner_no: new_owner.no,
        ..before.clone()
    };
    if text::fold(&after.name) != text::fold(&before.name) {
        check_free(&mut change, &after.name).await?;
    }
    if before != after {
        bots::update(change.tx, ctx.account, &after).await?;
        change.note([Delta::Bot(after.no)]);
        let renamed = if before.name == after.name { String::new() } else { format!(", now {}", after.name) };
        change.record(Record {
            event: Event::BotModified,
            target: after.id.clone(),
            description: format!("Bot {} modified{renamed}", before.name),
            before: shown(&before, &old_owner),
            after: shown(&after, &new_owner),
        });
        hand_over(&mut change, &after, old_owner.no).await?;
    }
    change.finish().await?;
    Ok(Owned::by(after, &new_owner))
}

/// Takes the role of bot owners from who owned the bot to who owns it now.
async fn hand_over(change: &mut Change<'_>, bot: &Bot, old_owner: UserNo) -> Result<(), Error> {
    if old_owner == bot.owner_no {
        return Ok(());
    }
    // With a new bot its role comes to whoever makes it; of one that is there it is given and taken.
    change.need_to(&acts::ASSIGN_BOT_ROLES)?;
    let role = owner_role(change).await?.no;
    let owned_by = |owner| [Assignment { bot: bot.no, role, holder: Holder::User(owner) }];
    assignments::end(change, &mut Known::default(), &owned_by(old_owner)).await?;
    assignments::add(change, &mut Known::default(), &owned_by(bot.owner_no)).await
}

/// Removes a bot, and with it all roles that anybody holds on it.
///
/// Errors: [`Rule::UnknownBot`] if the account has no such bot, [`Rule::Stale`] if it is not what its
/// editor takes it to be.
pub async fn remove(ctx: &Ctx, id: &str, expected: &Expected) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, id, expected))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_BOTS)?;
    let (bot, owner) = owned(&mut change, ctx, id).await?;
    expected.check(&Owned::by(bot.clone(), &owner).facts())?;
    assignments::end_all_of_bot(&mut change, bot.no).await?;
    change.record(Record {
        event: Event::BotDeleted,
        target: bot.id.clone(),
        description: format!("Bot {} deleted", bot.name),
        before: shown(&bot, &owner),
        after: Value::Null,
    });
    let at = change.at;
    bots::remove(change.tx, ctx.account, at, &[bot.no]).await?;
    change.note([Delta::Bot(bot.no)]);
    change.finish().await
}

/// The account's bot with id `id`, and its owner.
async fn owned(change: &mut Change<'_>, ctx: &Ctx, id: &str) -> Result<(Bot, User), Error> {
    let bot = of_account(change.tx, ctx, id).await?;
    let owner = users::find_many(change.tx, ctx.account, Key::No, &[bot.owner_no.0.to_string()]).await?.pop();
    // Who owns a bot cannot be removed, so there is one.
    let owner = owner.ok_or_else(|| rolecall_store::Error::Failed { code: "a bot of nobody".to_owned() })?;
    Ok((bot, owner))
}

async fn of_account(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Bot, Error> {
    let found = bots::find_by_ids(tx, ctx.account, &[id.to_owned()]).await?.pop();
    found.ok_or_else(|| Error::refused(Rule::UnknownBot, "", say::no_such_bot()))
}
