//! The forms of `AuthZEN`'s answers; and of its requests, for the OpenAPI document only, as
//! [`super::request`] reads them with their problems told.

use rolecall_control::access::Permission;
use rolecall_model::problem::Problems;
use serde::Serialize;
use utoipa::ToSchema;

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decision {
    /// Whether it is permitted.
    pub decision: bool,
    /// Why there is no better answer, if the evaluation could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub context: Option<Context>,
}

/// What there is to know of a decision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecisionContext)]
pub struct Context {
    /// What was wrong with the evaluation.
    pub error: Error,
}

/// What was wrong with one evaluation of several.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EvaluationError)]
pub struct Error {
    /// The status it would have had by itself.
    pub status: u16,
    /// Where what is wrong, and how to mend it.
    pub message: String,
}

impl From<bool> for Decision {
    fn from(decision: bool) -> Self {
        Self { decision, context: None }
    }
}

impl From<Problems> for Decision {
    fn from(problems: Problems) -> Self {
        let error = Error { status: 400, message: problems.to_string() };
        Self { decision: false, context: Some(Context { error }) }
    }
}

/// A decision, or one for each evaluation in their order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Decisions {
    /// Of several evaluations.
    Many {
        /// The decisions, in the order of the evaluations; fewer, if the semantic ended the list.
        evaluations: Vec<Decision>,
    },
    /// Of a request without several.
    One(Decision),
}

/// A page of users, bots or accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entities {
    /// Where the page is.
    pub page: Page,
    /// The results: whoever is asked about one of them permits it.
    pub results: Vec<Entity>,
}

/// A page of actions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actions {
    /// Where the page is.
    pub page: Page,
    /// The results, by name.
    pub results: Vec<Action>,
}

/// Where a page is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchPage)]
pub struct Page {
    /// What the next request gives as `page.token`; empty on the last page.
    pub next_token: String,
    /// How many results this page has.
    pub count: usize,
}

/// A user, a bot or an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entity {
    /// `user`, `bot` or `account`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

/// A permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct Action {
    /// Its name, as roles list it.
    pub name: String,
    /// How much of it.
    pub properties: ActionProperties,
}

/// How much of a permission.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionProperties {
    /// `YES`, `FULL` or `VIEW`.
    pub level: &'static str,
}

impl Page {
    pub(super) fn new(next_token: Option<String>, count: usize) -> Self {
        Self { next_token: next_token.unwrap_or_default(), count }
    }
}

impl From<Permission> for Action {
    fn from(permission: Permission) -> Self {
        Self { properties: ActionProperties { level: permission.level.as_str() }, name: permission.name }
    }
}

/// A user, as requests name one.
#[derive(ToSchema)]
pub struct Subject {
    /// `user`; nobody has a permission as anything else.
    #[schema(rename = "type", example = "user")]
    pub kind: String,
    /// The user's id, or the e-mail address it has now in any case of letters.
    #[schema(example = "ingrid.solberg@aurora-air.example")]
    pub id: String,
}

/// A bot or the account, as requests name one.
#[derive(ToSchema)]
pub struct Resource {
    /// `bot` or `account`.
    #[schema(rename = "type", example = "bot")]
    pub kind: String,
    /// The bot's id, or the account's.
    pub id: String,
}

/// A permission, as requests name one.
#[derive(ToSchema)]
#[schema(as = RequestedAction)]
pub struct AskedAction {
    /// The permission's name, as roles list it.
    #[schema(example = "Tasks")]
    pub name: String,
    /// How much of it is needed.
    pub properties: Option<AskedProperties>,
}

/// How much of a permission is needed.
#[derive(ToSchema)]
#[schema(as = RequestedActionProperties)]
pub struct AskedProperties {
    /// `VIEW`, which is what is meant without it; or `YES`, or `FULL`. Who has more has it too.
    pub level: Option<String>,
}

/// One evaluation.
#[derive(ToSchema)]
pub struct Evaluation {
    /// Who.
    pub subject: Subject,
    /// What.
    pub action: AskedAction,
    /// Where.
    pub resource: Resource,
    /// Anything; nothing of it counts.
    pub context: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Several evaluations, with what they have in common.
#[derive(ToSchema)]
pub struct Evaluations {
    /// Who, for evaluations that do not say.
    pub subject: Option<Subject>,
    /// What, for evaluations that do not say.
    pub action: Option<AskedAction>,
    /// Where, for evaluations that do not say.
    pub resource: Option<Resource>,
    /// The evaluations, at most 1,000, each with what it has of its own. Without any, the request is one.
    pub evaluations: Option<Vec<serde_json::Map<String, serde_json::Value>>>,
    /// When the list ends.
    pub options: Option<EvaluationsOptions>,
}

/// When a list of evaluations ends.
#[derive(ToSchema)]
pub struct EvaluationsOptions {
    /// `execute_all`, the default; `deny_on_first_deny` or `permit_on_first_permit`.
    pub evaluations_semantic: Option<String>,
}

/// A search: an evaluation that lacks what is sought.
#[derive(ToSchema)]
pub struct Search {
    /// Who; only the type, if users are sought.
    pub subject: Subject,
    /// What; not needed if actions are sought.
    pub action: Option<AskedAction>,
    /// Where; only the type, if resources are sought.
    pub resource: Resource,
    /// Which page.
    pub page: Option<AskedPage>,
}

/// Which page of a search.
#[derive(ToSchema)]
#[schema(as = RequestedPage)]
pub struct AskedPage {
    /// `next_token` of the page before; all else must be as before.
    pub token: Option<String>,
    /// How many results at most; 1,000 is the maximum, 50 the default.
    pub limit: Option<u32>,
}
