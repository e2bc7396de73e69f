//! Bots as the vendor writes them (wire 7.9).

use rolecall_control::{
    bots::{BoundApp, Listed},
    list::List,
};
use rolecall_model::{bot::Bot, time::Instant};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A page of bots.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotPage {
    /// How many bots the account has.
    pub total: u64,
    /// Whether more follow this page.
    pub available_more: bool,
    /// The bots.
    pub bots: Vec<BotRow>,
}

/// A bot in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BotRow {
    /// Its id.
    #[serde(rename = "_id")]
    #[schema(example = "st-0eb64991-6b79-5eb9-a512-8a2e41340c56")]
    pub id: String,
    /// Whom it serves: `customer` or `employee`.
    pub purpose: String,
    /// The id of its owner.
    pub created_by: String,
    /// The language it is written in first.
    pub default_language: String,
    /// The id of the account.
    pub account_id: String,
    /// Always `default`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Always `btstreams`.
    pub resourceid: &'static str,
    /// How far it is: `configured` or `published`.
    pub status: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_on: Instant,
    /// The bots it is linked to; always empty.
    #[schema(value_type = Vec<String>)]
    pub is_linked_to: Vec<Value>,
    /// The builder apps bound to it. The vendor tells their secrets here; Rolecall never does.
    pub jwt_apps: Vec<JwtApp>,
}

/// A builder app bound to a bot.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JwtApp {
    /// Its id.
    pub client_id: String,
    /// Whether each of its tokens must carry a `jti`.
    pub jti_claim_enforced: bool,
    /// Whether its tokens must be encrypted; always false.
    pub jwe_encryption_enforced: bool,
    /// When it was registered.
    #[schema(value_type = String, format = DateTime)]
    pub created_on: Instant,
}

impl From<BoundApp> for JwtApp {
    fn from(app: BoundApp) -> Self {
        Self {
            client_id: app.client_id,
            jti_claim_enforced: app.enforces_jti,
            jwe_encryption_enforced: false,
            created_on: app.created_at,
        }
    }
}

impl From<Listed> for BotRow {
    fn from(listed: Listed) -> Self {
        let apps = listed.apps.into_iter().map(Into::into).collect();
        Self::new(listed.bot, listed.owner_id, listed.account_id, apps)
    }
}

impl BotRow {
    /// The row of `bot`, with what belongs to it.
    pub fn new(bot: Bot, owner_id: String, account_id: String, jwt_apps: Vec<JwtApp>) -> Self {
        Self {
            id: bot.id,
            purpose: bot.purpose,
            created_by: owner_id,
            default_language: bot.default_language,
            account_id,
            kind: "default",
            resourceid: "btstreams",
            status: bot.status,
            name: bot.name,
            description: bot.description,
            created_on: bot.created_at,
            is_linked_to: Vec::new(),
            jwt_apps,
        }
    }
}

impl From<List<Listed>> for BotPage {
    fn from(list: List<Listed>) -> Self {
        Self {
            total: list.total,
            available_more: list.next_cursor.is_some(),
            bots: list.items.into_iter().map(Into::into).collect(),
        }
    }
}
