//! What comes in: bodies of `AuthZEN`, read with their problems told.
//!
//! What a body holds beside what is known here is ignored, as the specification wants for what comes
//! after it; what is known must have the right form.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use rolecall_control::access::{Kind, Permission, Question, Target, Who};
use rolecall_model::{
    json::{self, Object},
    problem::{Problem, Problems},
    role::Level,
};
use serde_json::Value;

use super::error::AccessError;
use crate::{
    kore::request::{Unreadable, read_json},
    say,
};

/// The most bytes a body may have.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The most evaluations in one body.
pub const MAX_EVALUATIONS: usize = 1_000;

/// A JSON body that says that it is one.
#[derive(Debug)]
pub struct Body(pub Value);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = AccessError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AccessError> {
        if !is_json(request.headers()) {
            return Err(Problem::new("", say::must_be_json()).into());
        }
        match read_json(request, state).await {
            Ok(value) => Ok(Self(value)),
            Err(Unreadable::TooLarge) => Err(AccessError::too_large(MAX_BODY_BYTES)),
            Err(Unreadable::Problem(problem)) => Err(problem.into()),
        }
    }
}

/// Whether the body is JSON by its type, whatever parameters that has.
fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Reads one evaluation. It is a question only if its types and its level are known; else the answer to it
/// is no.
pub fn evaluation(body: &Value) -> Result<Option<Question>, Problems> {
    let mut problems = Problems::default();
    let question = Parts::of(body, "", None, &mut problems).map(|parts| parts.question(&mut problems));
    problems.or_ok(question.flatten())
}

/// When a list of evaluations is at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Semantic {
    /// When each has its decision.
    #[default]
    ExecuteAll,
    /// With the first that is denied.
    DenyOnFirstDeny,
    /// With the first that is permitted.
    PermitOnFirstPermit,
}

impl Semantic {
    /// Whether nothing after this decision is wanted.
    pub fn ends_with(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }
}

/// What the call for many evaluations takes.
#[derive(Debug)]
pub enum Evaluations {
    /// One evaluation, as [`evaluation`] reads it.
    One(Option<Question>),
    /// Several, each a question or what is wrong with it.
    Many(Vec<Result<Option<Question>, Problems>>, Semantic),
}

/// Reads evaluations.
///
/// Errors: those of the whole body. What is wrong with one evaluation is told with that one.
pub fn evaluations(body: &Value) -> Result<Evaluations, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let semantic = semantic(&object, &mut problems);
    let list: &[Value] = match object.get("evaluations") {
        None => &[],
        Some(Value::Array(list)) => list,
        Some(other) => {
            problems.add("/evaluations", say::must_be_array(json::kind(other)));
            &[]
        }
    };
    if list.len() > MAX_EVALUATIONS {
        problems.add("/evaluations", say::at_most_elements(MAX_EVALUATIONS));
    }
    if list.is_empty() {
        problems.or_ok(())?;
        return evaluation(body).map(Evaluations::One);
    }
    let default = Parts::of(body, "", None, &mut problems);
    problems.or_ok(())?;
    let read = |(index, value): (usize, &Value)| {
        let mut problems = Problems::default();
        let path = format!("/evaluations/{index}");
        let parts = Parts::of(value, &path, default.as_ref(), &mut problems);
        let question = parts.map(|parts| parts.question(&mut problems));
        problems.or_ok(question.flatten())
    };
    Ok(Evaluations::Many(list.iter().enumerate().map(read).collect(), semantic))
}

fn semantic(body: &Object<'_>, problems: &mut Problems) -> Semantic {
    let Some(options) = body.get("options") else { return Semantic::default() };
    let Some(options) = Object::of(options, "/options", problems) else { return Semantic::default() };
    match options.text_if_any("evaluations_semantic", problems) {
        None | Some("execute_all") => Semantic::ExecuteAll,
        Some("deny_on_first_deny") => Semantic::DenyOnFirstDeny,
        Some("permit_on_first_permit") => Semantic::PermitOnFirstPermit,
        Some(_) => {
            let detail = say::must_be_semantic();
            problems.add("/options/evaluations_semantic", detail);
            Semantic::default()
        }
    }
}

/// The parts of an evaluation.
struct Parts<'a> {
    path: &'a str,
    subject: Part<'a>,
    action: Part<'a>,
    resource: Part<'a>,
}

/// A part of an evaluation, and the same part of what all evaluations have in common.
#[derive(Clone, Copy)]
struct Part<'a> {
    own: Own<'a>,
    default: Option<&'a Value>,
}

/// What an evaluation has of a part itself.
#[derive(Clone, Copy)]
enum Own<'a> {
    Absent,
    /// Something of the wrong form, which was told.
    Broken,
    Object(&'a Value),
}

impl<'a> Parts<'a> {
    fn of(value: &'a Value, path: &'a str, default: Option<&Parts<'a>>, problems: &mut Problems) -> Option<Self> {
        let object = Object::of(value, path, problems)?;
        let mut part = |name: &str, default: Option<Part<'a>>| {
            let default = default.and_then(|default| match default.own {
                Own::Object(value) => Some(value),
                Own::Absent | Own::Broken => None,
            });
            Part { own: Own::of(&object, name, problems), default }
        };
        let parts = Self {
            path,
            subject: part("subject", default.map(|default| default.subject)),
            action: part("action", default.map(|default| default.action)),
            resource: part("resource", default.map(|default| default.resource)),
        };
        if let Some(context) = object.get("context") {
            Object::of(context, &object.path_of("context"), problems);
        }
        Some(parts)
    }

    fn question(&self, problems: &mut Problems) -> Option<Question> {
        let who = self.who(problems);
        let permission = self.permission(problems);
        let target = self.target(problems);
        Some(Question { who: who?, permission: permission?, target: target? })
    }

    fn who(&self, problems: &mut Problems) -> Option<Who> {
        let path = json::child(self.path, "subject");
        let (kind, id) = (self.subject.text(&path, "type", problems), self.subject.text(&path, "id", problems));
        (kind == USER).then(|| Who::of(&id))
    }

    fn permission(&self, problems: &mut Problems) -> Option<Permission> {
        let path = json::child(self.path, "action");
        let name = self.action.text(&path, "name", problems);
        let action = match self.action.own {
            Own::Object(action) => Some(action),
            Own::Absent | Own::Broken => self.action.default,
        };
        let properties = action.and_then(|action| action.get("properties"));
        let level = match properties.and_then(|properties| properties.get("level")).filter(|level| !level.is_null()) {
            None => Some(Level::View),
            Some(level) => level.as_str().and_then(Level::parse).filter(|level| *level != Level::No),
        };
        Some(Permission { name, level: level? })
    }

    fn target(&self, problems: &mut Problems) -> Option<Target> {
        let path = json::child(self.path, "resource");
        let (kind, id) = (self.resource.text(&path, "type", problems), self.resource.text(&path, "id", problems));
        Some(match kind_of(&kind)? {
            Kind::Account => Target::Account(id),
            Kind::Bot => Target::Bot(id),
        })
    }
}

impl<'a> Own<'a> {
    fn of(evaluation: &Object<'a>, name: &str, problems: &mut Problems) -> Self {
        let Some(value) = evaluation.get(name) else { return Self::Absent };
        let path = evaluation.path_of(name);
        let Some(object) = Object::of(value, &path, problems) else { return Self::Broken };
        if let Some(properties) = object.get("properties") {
            Object::of(properties, &object.path_of("properties"), problems);
        }
        Self::Object(value)
    }
}

impl Part<'_> {
    /// The text `key`, which must be there. What an evaluation's own part lacks of this, and of nothing
    /// else, it takes from what all have in common: a part replaces the common one as a whole.
    fn text(self, path: &str, key: &str, problems: &mut Problems) -> String {
        let has = |value: &&Value| value.get(key).is_some_and(|value| !value.is_null());
        let own = match self.own {
            Own::Broken => return String::new(),
            Own::Absent => None,
            Own::Object(value) => Some(value),
        };
        let Some(value) = own.filter(has).or(self.default.filter(has)).or(own).or(self.default) else {
            // Told once, with the first key that is looked for.
            if key != "id" {
                problems.add(path, say::is_required());
            }
            return String::new();
        };
        let object = Object::of(value, path, problems);
        object.map(|object| object.text(key, problems).to_owned()).unwrap_or_default()
    }
}

/// The type of subjects: users.
pub const USER: &str = "user";

/// The kind of resources of that type; none for any other.
fn kind_of(word: &str) -> Option<Kind> {
    match word {
        "account" => Some(Kind::Account),
        "bot" => Some(Kind::Bot),
        _ => None,
    }
}

/// The type of resources of that kind.
pub fn word_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "account",
        Kind::Bot => "bot",
    }
}

/// Which page of a search is asked for.
#[derive(Debug, Default)]
pub struct Paging {
    /// The token of the page before.
    pub token: Option<String>,
    /// The most results.
    pub limit: Option<u32>,
}

/// A search, with all about it but its page in one text that is the same however it was written.
#[derive(Debug)]
pub struct Search<Q> {
    /// What is sought; none if a type or a level is not known, so that nothing will be found.
    pub sought: Option<Q>,
    /// The search as one text.
    pub query: String,
    /// The page.
    pub paging: Paging,
}

/// Reads a search for users: who has this permission there.
pub fn subject_search(body: &Value) -> Result<Search<(Permission, Target)>, Problems> {
    search(body, "subject", |parts, problems| {
        let is_user = parts.subject.text("/subject", "type", problems) == USER;
        let (permission, target) = (parts.permission(problems), parts.target(problems));
        Some((permission?, target?)).filter(|_| is_user)
    })
}

/// Reads a search for resources: where somebody has this permission.
pub fn resource_search(body: &Value) -> Result<Search<(Who, Permission, Kind)>, Problems> {
    search(body, "resource", |parts, problems| {
        let (who, permission) = (parts.who(problems), parts.permission(problems));
        let kind = kind_of(&parts.resource.text("/resource", "type", problems));
        Some((who?, permission?, kind?))
    })
}

/// Reads a search for actions: which permissions somebody has there.
pub fn action_search(body: &Value) -> Result<Search<(Who, Target)>, Problems> {
    search(body, "action", |parts, problems| {
        let (who, target) = (parts.who(problems), parts.target(problems));
        Some((who?, target?))
    })
}

/// Reads a search for the part `sought` of an evaluation.
fn search<Q>(
    body: &Value,
    sought: &str,
    read: impl FnOnce(&Parts<'_>, &mut Problems) -> Option<Q>,
) -> Result<Search<Q>, Problems> {
    let mut problems = Problems::default();
    let Some(parts) = Parts::of(body, "", None, &mut problems) else { return Err(problems) };
    let paging = paging(body, &mut problems);
    let found = read(&parts, &mut problems);
    problems.or_ok(())?;
    let mut query = sought.to_owned();
    for name in ["subject", "action", "resource", "context"] {
        query.push('\n');
        match body.get(name).filter(|part| !part.is_null()) {
            // What is ignored of what is sought may differ from page to page.
            Some(_) if name == sought && name == "action" => {}
            Some(Value::Object(part)) if name == sought => {
                let part = part.iter().filter(|(key, _)| *key != "id").map(|(key, value)| (key.clone(), value.clone()));
                write_sorted(&Value::Object(part.collect()), &mut query);
            }
            Some(part) => write_sorted(part, &mut query),
            None => {}
        }
    }
    Ok(Search { sought: found, query, paging })
}

fn paging(body: &Value, problems: &mut Problems) -> Paging {
    let Some(page) = body.get("page").filter(|page| !page.is_null()) else { return Paging::default() };
    let Some(page) = Object::of(page, "/page", problems) else { return Paging::default() };
    let token = page.text_if_any("token", problems).filter(|token| !token.is_empty()).map(str::to_owned);
    let limit = page.get("limit").and_then(|limit| {
        if limit.as_u64().is_none() {
            problems.add("/page/limit", say::whole_number_from_1());
        }
        limit.as_u64().map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))
    });
    Paging { token, limit }
}

/// Writes JSON with the keys of its objects in order.
fn write_sorted(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in members {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_sorted(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for value in list {
                write_sorted(value, text);
                text.push(',');
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests;
