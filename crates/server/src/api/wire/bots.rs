//! Bots.

use rolecall_control::{
    bots::{Edit, NewBot, Owned},
    list::List,
};
use rolecall_model::{json::Object, problem::Problems, time::Instant};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::known_only;

const MEMBERS: [&str; 5] = ["name", "description", "owner", "purpose", "defaultLanguage"];

/// A bot to be made.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct BotWish {
    /// Its name, unique in the account in any case of letters.
    name: String,
    /// What it is for; at most 2,000 characters.
    #[schema(required = false)]
    description: Option<String>,
    /// The e-mail address or the id of its owner; the account's owner if it is left out.
    #[schema(required = false)]
    owner: Option<String>,
    /// Whom it serves; `customer` if it is left out.
    #[schema(required = false)]
    purpose: Option<String>,
    /// The language it is written in first; `en` if it is left out.
    #[schema(required = false)]
    default_language: Option<String>,
}

/// What is to be changed of a bot; what is left out stays.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_edit`")]
pub struct BotEdit {
    /// Its name.
    #[schema(required = false)]
    name: Option<String>,
    /// What it is for.
    #[schema(required = false)]
    description: Option<String>,
    /// The e-mail address or the id of its new owner.
    #[schema(required = false)]
    owner: Option<String>,
    /// Whom it serves.
    #[schema(required = false)]
    purpose: Option<String>,
    /// The language it is written in first.
    #[schema(required = false)]
    default_language: Option<String>,
}

/// Reads the body of `POST bots`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<NewBot, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text("name", &mut problems);
    let Edit { description, owner, purpose, default_language, .. } = edit(object, &mut problems);
    let plain = NewBot::named(name);
    problems.or_ok(NewBot {
        description: description.unwrap_or_default(),
        owner,
        purpose: purpose.unwrap_or_else(|| plain.purpose.clone()),
        default_language: default_language.unwrap_or_else(|| plain.default_language.clone()),
        ..plain
    })
}

/// Reads the body of `PATCH bots/{id}`.
///
/// Errors: every place where it has not the right form.
pub fn parse_edit(body: &Value) -> Result<Edit, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text_if_any("name", &mut problems).map(str::to_owned);
    let edit = Edit { name, ..edit(object, &mut problems) };
    problems.or_ok(edit)
}

/// Everything but the name.
fn edit(object: Object<'_>, problems: &mut Problems) -> Edit {
    let mut text = |key: &str| object.text_if_any(key, problems).map(str::to_owned);
    let edit = Edit {
        name: None,
        description: text("description"),
        owner: text("owner"),
        purpose: text("purpose"),
        default_language: text("defaultLanguage"),
    };
    known_only(object, &MEMBERS, problems);
    edit
}

/// A bot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Bot)]
pub struct ShownBot {
    /// Its id.
    #[schema(example = "st-0c3a8107-6dc1-57f7-877d-67b32308122d")]
    pub bot_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whom it serves.
    pub purpose: String,
    /// The language it is written in first.
    pub default_language: String,
    /// How far it is: `configured` or `published`.
    pub status: String,
    /// Who owns it.
    pub owner: Owner,
    /// When it was made.
    #[schema(value_type = String)]
    pub created_at: Instant,
}

/// Who owns something.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The user's id.
    pub user_id: String,
    /// The user's e-mail address.
    pub email_id: String,
}

impl From<Owned> for ShownBot {
    fn from(owned: Owned) -> Self {
        let Owned { bot, owner_id, owner_email } = owned;
        Self {
            bot_id: bot.id,
            name: bot.name,
            description: bot.description,
            purpose: bot.purpose,
            default_language: bot.default_language,
            status: bot.status,
            owner: Owner { user_id: owner_id, email_id: owner_email },
            created_at: bot.created_at,
        }
    }
}

/// A page of bots, in order of their creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotList {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub bots: Vec<ShownBot>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<List<Owned>> for BotList {
    fn from(list: List<Owned>) -> Self {
        let bots = list.items.into_iter().map(Into::into).collect();
        Self { total: list.total, bots, next_cursor: list.next_cursor }
    }
}
