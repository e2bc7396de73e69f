//! Client apps.

use rolecall_control::apps::{Edit, NewApp, Seen};
use rolecall_model::{
    app::{Algorithm, App, Kind, Scope},
    json::Object,
    phrase::Text,
    problem::Problems,
    text,
    time::Instant,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::known_only;
use crate::{auth::key::Key, say};

/// How long an old secret counts beside a new one, unless something else is said. Units: seconds.
const DEFAULT_OVERLAP_S: i64 = 24 * 3_600;
/// How long at most. Units: seconds.
const MAX_OVERLAP_S: i64 = 30 * 24 * 3_600;
/// The most bots a builder app may be bound to.
const MAX_BOTS: usize = 1_000;

/// The apps of an account, in order of creation.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppList {
    /// All of them.
    pub apps: Vec<AppRow>,
}

/// A client app. Its secret is never told again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = App)]
pub struct AppRow {
    /// Its id: the `appId` of its tokens.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// `admin`, or `builder` for one that is bound to bots and may only upload files.
    pub kind: &'static str,
    /// How its tokens are signed.
    pub algorithm: &'static str,
    /// What it may ask for.
    pub scopes: Vec<&'static str>,
    /// The ids of the bots a builder app is bound to.
    pub bots: Vec<String>,
    /// Whether each of its tokens must carry a `jti` and counts once.
    pub jti_claim_enforced: bool,
    /// Whether its tokens count at all.
    pub is_enabled: bool,
    /// When it stops by itself; left out for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_at: Option<Instant>,
    /// Until when the secret before the present one counts too; left out if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub previous_secret_until: Option<Instant>,
    /// When it was registered.
    #[schema(value_type = String)]
    pub created_at: Instant,
    /// When it called last, to the minute or so; left out if it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub last_used_at: Option<Instant>,
}

impl AppRow {
    /// What is shown of an app at `now`.
    pub(crate) fn of(seen: Seen, now: Instant) -> Self {
        let App {
            id,
            name,
            kind,
            algorithm,
            previous_secret,
            enforces_jti,
            scopes,
            bots,
            is_enabled,
            expires_at,
            created_at,
            ..
        } = seen.app;
        Self {
            client_id: id,
            name,
            kind: kind.as_str(),
            algorithm: algorithm.as_str(),
            scopes: scopes.into_iter().map(Scope::as_str).collect(),
            bots,
            jti_claim_enforced: enforces_jti,
            is_enabled,
            expires_at,
            previous_secret_until: previous_secret.map(|(_, until)| until).filter(|until| now < *until),
            created_at,
            last_used_at: seen.last_used_at,
        }
    }
}

/// An app that was just registered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewAppMade {
    /// The app.
    #[serde(flatten)]
    pub app: AppRow,
    /// Its secret, for algorithms with one. It is told this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// A secret that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSecret {
    /// The app's id.
    pub client_id: String,
    /// Its new secret. It is told this once.
    pub client_secret: String,
    /// Until when the one before counts too.
    #[schema(value_type = String)]
    pub previous_secret_until: Instant,
}

/// An app to be registered.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct AppWish {
    /// Its name.
    name: String,
    /// `admin`, which is the default, or `builder`.
    kind: Option<String>,
    /// How its tokens are to be signed: HS256, which is the default, HS512, RS256, RS512, ES256 or `EdDSA`.
    algorithm: Option<String>,
    /// Its public key in PEM, for algorithms with a key pair.
    public_key: Option<String>,
    /// What it may ask for, such as `role_management:role_management`.
    scopes: Vec<String>,
    /// The ids of the bots a builder app is bound to.
    #[schema(required = false)]
    bots: Vec<String>,
    /// Whether each of its tokens must carry a `jti` and counts once.
    jti_claim_enforced: Option<bool>,
    /// When it stops by itself.
    expires_at: Option<String>,
}

/// Reads the body of `POST apps`.
///
/// Errors: every place where it has not the right form.
pub(crate) fn parse(body: &Value) -> Result<NewApp, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let known = ["name", "kind", "algorithm", "publicKey", "scopes", "bots", "jtiClaimEnforced", "expiresAt"];
    known_only(object, &known, &mut problems);
    let name = object.text("name", &mut problems).to_owned();
    check_name(&name, &mut problems);
    let kind = word(object, "kind", Kind::Admin, Kind::parse, say::must_be_admin_or_builder(), &mut problems);
    let known = say::must_be_algorithm();
    let algorithm = word(object, "algorithm", Algorithm::Hs256, Algorithm::parse, known, &mut problems);
    let public_key = object.get("publicKey").map(|_| object.text("publicKey", &mut problems).to_owned());
    match (algorithm.is_secret_based(), &public_key) {
        (true, Some(_)) => {
            problems.add("/publicKey", say::takes_no_public_key(algorithm));
        }
        (false, None) => problems.add("/publicKey", say::needs_public_key(algorithm)),
        (false, Some(pem)) => {
            if let Err(bad) = Key::from_public_pem(algorithm, pem) {
                problems.add("/publicKey", &bad);
            }
        }
        (true, None) => {}
    }
    let mut bots = Vec::new();
    object.each("bots", &mut problems, |value, path, problems| match value.as_str() {
        // They are kept as words with a space between.
        Some(id) if !id.is_empty() && !id.contains(char::is_whitespace) => bots.push(id.to_owned()),
        _ => problems.add(path(), say::must_be_bot_id()),
    });
    if bots.len() > MAX_BOTS {
        problems.add("/bots", say::at_most_elements(MAX_BOTS));
    }
    let enforces_jti = match object.get("jtiClaimEnforced") {
        None => false,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            problems.add("/jtiClaimEnforced", say::must_be_true_or_false());
            false
        }
    };
    let new = NewApp {
        name,
        kind,
        algorithm,
        public_key,
        scopes: scopes(object, &mut problems).unwrap_or_default(),
        bots,
        enforces_jti,
        expires_at: object.get("expiresAt").and_then(|value| time(value, &mut problems)),
    };
    problems.or_ok(new)
}

/// That there is none, or an empty one, has been told already.
fn check_name(name: &str, problems: &mut Problems) {
    if !name.is_empty()
        && let Err(bad) = text::check_name(name)
    {
        problems.add("/name", bad);
    }
}

fn word<T>(
    object: Object<'_>,
    key: &str,
    otherwise: T,
    parse: impl Fn(&str) -> Option<T>,
    otherwise_told: Text,
    problems: &mut Problems,
) -> T {
    match object.get(key).map(Value::as_str) {
        None => otherwise,
        Some(text) => text.and_then(parse).unwrap_or_else(|| {
            problems.add(object.path_of(key), otherwise_told);
            otherwise
        }),
    }
}

/// The scopes, each once; none if they are not given.
fn scopes(object: Object<'_>, problems: &mut Problems) -> Option<Vec<Scope>> {
    match object.get("scopes") {
        Some(Value::Array(_)) => {}
        Some(_) => {
            problems.add("/scopes", say::must_be_an_array());
            return None;
        }
        None => return None,
    }
    let mut scopes = Vec::new();
    object.each("scopes", problems, |value, path, problems| {
        let word = value.as_str().unwrap_or_default();
        match Scope::parse(word) {
            Some(scope) if scopes.contains(&scope) => {}
            Some(scope) => scopes.push(scope),
            None => problems.add(path(), known_scopes()),
        }
    });
    Some(scopes)
}

fn known_scopes() -> Text {
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    say::must_be_one_of(scopes.join(", "))
}

fn time(value: &Value, problems: &mut Problems) -> Option<Instant> {
    let parsed = value.as_str().map(Instant::parse);
    match parsed {
        Some(Ok(at)) => Some(at),
        Some(Err(bad)) => {
            problems.add("/expiresAt", bad);
            None
        }
        None => {
            problems.add("/expiresAt", say::must_be_time_or_null());
            None
        }
    }
}

/// What is to be changed of an app; what is not there stays.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_edit`")]
pub struct AppEdit {
    /// Its name.
    name: Option<String>,
    /// All that it may ask for.
    scopes: Option<Vec<String>>,
    /// When it stops by itself; null for never.
    expires_at: Option<String>,
}

/// Reads the body of `PATCH apps/{id}`.
///
/// Errors: every place where it has not the right form.
pub(crate) fn parse_edit(body: &Value) -> Result<Edit, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    known_only(object, &["name", "scopes", "expiresAt"], &mut problems);
    let name = object.get("name").map(|_| object.text("name", &mut problems).to_owned());
    check_name(name.as_deref().unwrap_or_default(), &mut problems);
    let expires_at = match object.map().get("expiresAt") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(value) => Some(time(value, &mut problems)),
    };
    let edit = Edit { name, scopes: scopes(object, &mut problems), expires_at };
    problems.or_ok(edit)
}

/// How to give an app a new secret.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_overlap`")]
pub struct Rotation {
    /// For how many seconds the secret before counts too: a day if it is not said, 30 days at most.
    overlap_seconds: Option<i64>,
}

/// Reads the body of `POST apps/{id}/rotate`. Units: milliseconds.
///
/// Errors: every place where it has not the right form.
pub(crate) fn parse_overlap(body: &Value) -> Result<i64, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    known_only(object, &["overlapSeconds"], &mut problems);
    let seconds = match object.get("overlapSeconds") {
        None => DEFAULT_OVERLAP_S,
        Some(value) => value.as_i64().filter(|seconds| (0..=MAX_OVERLAP_S).contains(seconds)).unwrap_or_else(|| {
            problems.add("/overlapSeconds", say::number_from_to(0_i64, MAX_OVERLAP_S));
            0
        }),
    };
    problems.or_ok(seconds * 1_000)
}
