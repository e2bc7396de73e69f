//! Bots: listing, making, changing and removing them, each with its owner.

mod edit;

use std::collections::HashMap;

use rolecall_model::{
    app::Kind as AppKind,
    audit::Event,
    bot::Bot,
    delta::Delta,
    ids::{BotNo, Kind, prefixed},
    page::Page,
    problem::Problems,
    role::{BUILT_IN, Role, RoleType},
    role_import::MAX_DESCRIPTION_CHARS,
    text::{self, fold},
    time::Instant,
    user::User,
};
use rolecall_store::{
    Tx, accounts, apps,
    assignments::{Assignment, Holder},
    attempt, bots, roles,
    users::{self, Key},
};
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Record, Rule,
    assignments::{self, Known},
    authority::acts,
    list::{self, List},
    say,
};

pub use edit::{Edit, Owned, SEARCH, get, remove, search, update};

/// A bot with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The bot.
    pub bot: Bot,
    /// The id of its owner.
    pub owner_id: String,
    /// The id of its account.
    pub account_id: String,
    /// The builder apps bound to it.
    pub apps: Vec<BoundApp>,
}

/// A builder app bound to a bot, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundApp {
    /// The app's id.
    pub client_id: String,
    /// Whether each of its tokens must carry a `jti`.
    pub enforces_jti: bool,
    /// When it was registered.
    pub created_at: Instant,
}

/// A page of the account's bots, in order of creation.
pub async fn list(ctx: &Ctx, page: Page) -> Result<List<Listed>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let account_id = accounts::get(&mut tx, ctx.account).await?.id;
    let total = bots::count(&mut tx, ctx.account).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = bots::list(&mut tx, ctx.account, one_more).await?;
    let shown = list::page(ctx, "bots", total, page.limit, found, |bot| bot.no.0);

    let mut owner_nos: Vec<String> = shown.items.iter().map(|bot| bot.owner_no.0.to_string()).collect();
    owner_nos.sort_unstable();
    owner_nos.dedup();
    let owners = users::find_many(&mut tx, ctx.account, Key::No, &owner_nos).await?;
    let owners: HashMap<_, String> = owners.into_iter().map(|user| (user.no, user.id)).collect();
    let builders = apps::list(&mut tx, ctx.account).await?;
    let builders: Vec<_> = builders.into_iter().filter(|app| app.kind == AppKind::Builder).collect();

    let listed = |bot: Bot| {
        let bound = builders.iter().filter(|app| app.bots.contains(&bot.id)).map(|app| BoundApp {
            client_id: app.id.clone(),
            enforces_jti: app.enforces_jti,
            created_at: app.created_at,
        });
        Listed {
            apps: bound.collect(),
            owner_id: owners.get(&bot.owner_no).cloned().unwrap_or_default(),
            account_id: account_id.clone(),
            bot,
        }
    };
    let items = shown.items.into_iter().map(listed).collect();
    Ok(List { total: shown.total, items, next_cursor: shown.next_cursor })
}

/// What is asked for when a bot is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBot {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The e-mail address or the id of its owner; the account's owner if none is given.
    pub owner: Option<String>,
    /// Whom it serves, such as `customer` or `employee`.
    pub purpose: String,
    /// The language it is written in first, such as `en`.
    pub default_language: String,
}

impl NewBot {
    /// A bot as it is made when nothing but its name is given.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            owner: None,
            purpose: "customer".to_owned(),
            default_language: "en".to_owned(),
        }
    }
}

/// Makes a bot. Its owner gets the built-in role of bot owners on it.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::Taken`] for one that is taken,
/// [`Rule::UnknownUser`] for an owner the account does not have.
pub async fn create(ctx: &Ctx, new: &NewBot) -> Result<Bot, Error> {
    Ok(create_owned(ctx, new).await?.bot)
}

/// Makes a bot as [`create`] does, and tells who owns it.
pub async fn create_owned(ctx: &Ctx, new: &NewBot) -> Result<Owned, Error> {
    let mut problems = Problems::default();
    let names = [("/name", &new.name), ("/purpose", &new.purpose), ("/defaultLanguage", &new.default_language)];
    check(names.into_iter().map(|(path, name)| (path, name.as_str())), Some(&new.description), &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| create_in(ctx, tx, new))
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, new: &NewBot) -> Result<Owned, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_BOTS)?;
    check_free(&mut change, &new.name).await?;
    let owner = owners(&mut change, &[new.owner.as_deref()]).await?.pop().flatten();
    let unknown = || Error::refused(Rule::UnknownUser, "/owner", say::no_such_owner());
    let owner = owner.ok_or_else(unknown)?;
    let mut made = insert_owned(ctx, &mut change, std::slice::from_ref(new), std::slice::from_ref(&owner)).await?;
    change.finish().await?;
    let made = made.pop().ok_or_else(|| rolecall_store::Error::Failed { code: "no bot was made".to_owned() })?;
    Ok(Owned::by(made, &owner))
}

/// Tells what is wrong with names and a description.
fn check<'n>(names: impl Iterator<Item = (&'static str, &'n str)>, description: Option<&str>, problems: &mut Problems) {
    for (path, name) in names {
        if let Err(bad) = text::check_name(name) {
            problems.add(path, bad);
        }
    }
    if description.is_some_and(|description| description.chars().count() > MAX_DESCRIPTION_CHARS) {
        problems.add("/description", say::at_most_characters(MAX_DESCRIPTION_CHARS));
    }
}

/// Refuses a name that another bot has.
async fn check_free(change: &mut Change<'_>, name: &str) -> Result<(), Error> {
    let account = change.account_no();
    if bots::find_by_names(change.tx, account, &[fold(name)]).await?.is_empty() {
        return Ok(());
    }
    Err(Error::refused(Rule::Taken, "/name", say::bot_name_taken()))
}

/// Makes bots within a change, in their order, and gives their owners the role of bot owners. The
/// caller has seen to it that their names are names, and free.
///
/// Errors: [`Rule::UnknownUser`] for an owner the account does not have.
pub async fn insert(ctx: &Ctx, change: &mut Change<'_>, new: &[NewBot]) -> Result<Vec<Bot>, Error> {
    let named: Vec<Option<&str>> = new.iter().map(|new| new.owner.as_deref()).collect();
    let found = owners(change, &named).await?.into_iter().enumerate();
    let unknown = |index: usize| {
        let detail = say::no_owner_with_address();
        Error::refused(Rule::UnknownUser, format!("/{index}/owner"), detail)
    };
    let owners: Vec<User> =
        found.map(|(index, owner)| owner.ok_or_else(|| unknown(index))).collect::<Result<_, _>>()?;
    insert_owned(ctx, change, new, &owners).await
}

/// Makes bots, each with its owner.
async fn insert_owned(ctx: &Ctx, change: &mut Change<'_>, new: &[NewBot], owners: &[User]) -> Result<Vec<Bot>, Error> {
    let owner_role = owner_role(change).await?;
    let (mut made, mut owned) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()));
    for (new, owner) in new.iter().zip(owners) {
        let bot = Bot {
            no: BotNo(change.next_no()),
            id: prefixed(Kind::Bot, ctx.core.random.bytes()),
            name: new.name.clone(),
            description: new.description.clone(),
            purpose: new.purpose.clone(),
            default_language: new.default_language.clone(),
            status: "configured".to_owned(),
            owner_no: owner.no,
            created_at: change.at,
        };
        change.record(Record {
            event: Event::BotCreated,
            target: bot.id.clone(),
            description: format!("Bot {} created", bot.name),
            before: Value::Null,
            after: shown(&bot, owner),
        });
        owned.push(Assignment { bot: bot.no, role: owner_role.no, holder: Holder::User(owner.no) });
        made.push(bot);
    }
    let account = change.account_no();
    bots::insert(change.tx, account, &made).await?;
    change.note(made.iter().map(|bot| Delta::Bot(bot.no)));
    assignments::add(change, &mut Known::default(), &owned).await?;
    Ok(made)
}

/// Who is named as the owner of each bot, by e-mail address or id; the account's owner where nobody is.
/// Nobody, where the account has no such user.
async fn owners(change: &mut Change<'_>, named: &[Option<&str>]) -> Result<Vec<Option<User>>, Error> {
    let account = change.account_no();
    let (mut emails, mut ids) = (Vec::new(), Vec::new());
    for owner in named.iter().flatten() {
        // An address has an @, an id has none.
        if owner.contains('@') { emails.push(fold(owner)) } else { ids.push((*owner).to_owned()) }
    }
    let mut found: HashMap<String, User> = HashMap::new();
    for (key, mut values) in [(Key::Email, emails), (Key::Id, ids)] {
        values.sort_unstable();
        values.dedup();
        for user in users::find_many(change.tx, account, key, &values).await? {
            found.insert(if key == Key::Email { fold(&user.email) } else { user.id.clone() }, user);
        }
    }
    let account_owner = [change.account.owner_no.0.to_string()];
    let account_owner = users::find_many(change.tx, account, Key::No, &account_owner).await?.pop();
    let owner = |named: Option<&str>| match named {
        None => account_owner.clone(),
        Some(owner) if owner.contains('@') => found.get(&fold(owner)).cloned(),
        Some(id) => found.get(id).cloned(),
    };
    Ok(named.iter().copied().map(owner).collect())
}

/// The account's built-in role of bot owners.
async fn owner_role(change: &mut Change<'_>) -> Result<Role, Error> {
    let account = change.account_no();
    let n_built_in = u32::try_from(BUILT_IN.len()).unwrap_or(u32::MAX);
    let first = roles::list(change.tx, account, RoleType::Bot, Page::first(n_built_in)).await?;
    let role = first.into_iter().find(Role::is_bot_owner);
    role.ok_or_else(|| rolecall_store::Error::Failed { code: "role of bot owners not found".to_owned() }.into())
}

/// What the audit log keeps of a bot.
pub(crate) fn shown(bot: &Bot, owner: &User) -> Value {
    json!({
        "botId": bot.id,
        "name": bot.name,
        "description": bot.description,
        "purpose": bot.purpose,
        "defaultLanguage": bot.default_language,
        "owner": owner.id,
    })
}
