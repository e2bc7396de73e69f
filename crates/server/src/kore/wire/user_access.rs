//! What users may do in the builder, as the vendor writes it (wire 7.15).

use rolecall_control::users::{Access, Key};
use rolecall_model::{json::Object, problem::Problems};
use serde_json::Value;
use utoipa::ToSchema;

use super::users::parse_keys;

use crate::say;

/// Who may do what in the builder.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct AccessWish {
    /// Their e-mail addresses.
    email_ids: Option<Vec<String>>,
    /// Or the ids their organisation knows them by.
    org_user_ids: Option<Vec<String>>,
    /// Whether they may create bots; only developers may.
    can_create_bot: bool,
    /// Whether they may enter the builder.
    is_developer: bool,
    /// Whether they may create data tables and views; left out, it stays as it is.
    has_data_table_and_view_access: Option<bool>,
}

/// Reads the body of `POST useraccess`: whom it is about, each with its place, and what they may.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<(Vec<(Key, String)>, Access), Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let keys = parse_keys(object, "emailIds", "orgUserIds", &mut problems);
    let access = Access {
        is_developer: flag(object, "isDeveloper", &mut problems),
        can_create_bot: flag(object, "canCreateBot", &mut problems),
        has_data_access: object.bool_if_any("hasDataTableAndViewAccess", &mut problems),
    };
    problems.or_ok((keys, access))
}

/// A flag that must be there; false together with a problem otherwise.
fn flag(object: Object<'_>, key: &str, problems: &mut Problems) -> bool {
    if object.get(key).is_none() {
        problems.add(object.path_of(key), say::is_required());
    }
    object.bool_if_any(key, problems).unwrap_or_default()
}
