//! The account's settings.

use rolecall_control::accounts::{Edit, Settings};
use rolecall_model::{json::Object, problem::Problems};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{bots::Owner, subjects::known_only};

/// What is to be changed of the account; what is left out stays.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_edit`")]
pub struct AccountEdit {
    /// Its name.
    #[schema(required = false)]
    name: Option<String>,
}

/// Reads the body of `PATCH account`.
///
/// Errors: every place where it has not the right form.
pub fn parse_edit(body: &Value) -> Result<Edit, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text_if_any("name", &mut problems).map(str::to_owned);
    known_only(object, &["name"], &mut problems);
    problems.or_ok(Edit { name })
}

/// The account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its id: 24 hex digits.
    pub account_id: String,
    /// Its id as the vendor's organisation.
    pub org_id: String,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Owner,
}

impl From<Settings> for Account {
    fn from(settings: Settings) -> Self {
        let Settings { account_id, org_id, name, owner_id, owner_email } = settings;
        Self { account_id, org_id, name, owner: Owner { user_id: owner_id, email_id: owner_email } }
    }
}
