//! The OpenAPI document: made from the handlers, completed with what all of them share, and shown
//! as a page that needs no internet.

use serde::Deserialize;
use serde_json::Value;
use utoipa::{
    OpenApi, PartialSchema as _, ToSchema,
    openapi::{
        Content, HeaderBuilder, Object, Ref, RefOr, ResponseBuilder, Schema, Type,
        content::ContentBuilder,
        example::ExampleBuilder,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

use crate::{api::problem, error::Errors};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rolecall",
        description = "Who may do what on which bot, answered by the calls of the Kore.ai public API. What Rolecall adds to a call is additive and marked so."
    ),
    components(schemas(Errors, problem::Document, problem::Place)),
    security(("auth" = []))
)]
struct Base;

/// What the document begins with.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    let mut document = Base::openapi();
    let components = document.components.get_or_insert_default();
    let description = "A JWT whose `appId` claim names the app, signed with the app's secret or private key.";
    components.add_security_scheme(
        "auth",
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("auth", description))),
    );
    document
}

/// The answers every call of a door can give, whatever it does.
const SHARED: [(&str, &str); 4] = [
    ("401", "The token is missing, broken, expired, replayed, or its app may not do this."),
    ("429", "The account's rate limit is used up; `Retry-After` says for how long."),
    ("500", "A fault of the server; its log has more under the answer's `x-request-id`."),
    ("503", "The server cannot do this right now; send the same request again after `Retry-After` seconds."),
];

/// Names each call after its method and path, as handlers of different subjects share their names,
/// and adds the shared answers.
pub(crate) fn completed(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        // Both of our APIs have roles, so ours says so in its names.
        let place = path.trim_start_matches("/api/public").trim_start_matches("/api").trim_start_matches("/access/v1");
        let place = place.replace(['/', '-', '.'], "_").replace("__", "_").replace(['{', '}'], "");
        for (method, operation) in operations(item) {
            operation.operation_id = Some(format!("{method}{place}"));
        }
        let Some(door) = Door::of(path) else { continue };
        for (_, operation) in operations(item) {
            for (status, description) in SHARED {
                door.answer(operation, status, description);
            }
            if matches!(door, Door::Api | Door::Access) {
                door.answer(operation, "403", "The app has not the scope, or is a builder's.");
            }
            if operation.parameters.as_ref().is_some_and(|list| !list.is_empty()) || operation.request_body.is_some() {
                door.answer(
                    operation,
                    door.wrong_form(),
                    "A parameter or the body has the wrong form; one error for each problem, with its place.",
                );
            }
            if operation.request_body.is_some() {
                door.answer(operation, "413", "The body is over the limit.");
            }
            if operation.responses.responses.contains_key("304") {
                tell_of_tags(operation);
            }
            if takes(operation, "If-Match") {
                door.answer(operation, "412", "It was changed since the caller saw it; nothing was done.");
                door.answer(operation, "428", "The call does not say which version the caller has seen.");
            }
            if takes(operation, "Idempotency-Key") {
                door.answer(operation, "409", "The call with this key is under way, or its answer was not kept.");
                door.answer(operation, "422", "The key was sent with another call.");
            }
            if door == Door::Api {
                tell_of_languages(operation);
            }
        }
    }
    show_examples(&mut document);
    document
}

/// The calls of a path, by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    let all = [("get", get), ("post", post), ("put", put), ("patch", patch), ("delete", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Whether a call has the parameter `name`.
fn takes(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|parameter| matches!(parameter, RefOr::T(own) if own.name == name))
}

/// Which of the APIs a path is of: they have different words for what went wrong.
#[derive(Clone, Copy, PartialEq)]
enum Door {
    Kore,
    Api,
    Access,
}

impl Door {
    fn of(path: &str) -> Option<Self> {
        if path.starts_with("/api/public/") {
            Some(Self::Kore)
        } else if path.starts_with("/api/v1/") {
            Some(Self::Api)
        } else if path.starts_with("/access/v1/") {
            Some(Self::Access)
        } else {
            None
        }
    }

    /// The status for a parameter or a body of the wrong form.
    fn wrong_form(self) -> &'static str {
        match self {
            Self::Kore => "412",
            Self::Api | Self::Access => "400",
        }
    }

    /// Adds an answer that is an error, unless the handler itself tells of it.
    fn answer(self, operation: &mut Operation, status: &str, description: &str) {
        let (schema, media_type): (RefOr<Schema>, _) = match self {
            Self::Kore => (Ref::from_schema_name(Errors::name()).into(), "application/json"),
            Self::Api => (Ref::from_schema_name(problem::Document::name()).into(), "application/problem+json"),
            Self::Access => (String::schema(), "text/plain"),
        };
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description(description).content(media_type, content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

/// Adds the headers of a call whose answer a caller may have already.
fn tell_of_tags(operation: &mut Operation) {
    let if_none_match = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .description(Some("Additive: the `ETag` of an answer the caller has; 304 if the list is still the same."))
        .schema(Some(Object::with_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(if_none_match.into());
    for status in ["200", "304"] {
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) {
            let tag = HeaderBuilder::new()
                .description(Some(
                    "Stands for this state of this list; another as soon as anything of the account changes.",
                ))
                .schema(Some(Object::with_type(Type::String)))
                .build();
            response.headers.insert("ETag".to_owned(), tag.into());
        }
    }
}

/// Adds the header by which a caller of our own API says in which language it wants to be told what is wrong.
fn tell_of_languages(operation: &mut Operation) {
    let accept_language = ParameterBuilder::new()
        .name("Accept-Language")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "The language of `title` and `detail` in problems: `en`, `ko` or `ja`. English if none of these is asked \
             for. A problem says its language in `Content-Language`.",
        ))
        .schema(Some(Object::with_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(accept_language.into());
}

/// A call that was made on the sample company, and what it answered: an entry of `examples.json`,
/// which a test records and compares.
#[derive(Deserialize)]
struct Made {
    route: String,
    about: String,
    path: String,
    body: Value,
    status: u16,
    answer: Value,
}

/// Adds the recorded calls as examples of bodies and answers.
fn show_examples(document: &mut utoipa::openapi::OpenApi) {
    // A test reads the file, so it is JSON of this form.
    let made: Vec<Made> = serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    for made in made {
        let Some((method, path)) = made.route.split_once(' ') else { continue };
        let Some(item) = document.paths.paths.get_mut(path) else { continue };
        let Some(door) = Door::of(path) else { continue };
        let operation = operations(item).find(|(own, _)| own.eq_ignore_ascii_case(method));
        let Some((_, operation)) = operation else { continue };
        door.answer(operation, &made.status.to_string(), "The call was refused; nothing was changed.");
        let sent = format!("{method} {}", made.path);
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&made.status.to_string()) {
            response.content.values_mut().for_each(|content| show(content, &made.about, &sent, &made.answer));
        }
        if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| !made.body.is_null()) {
            body.content.values_mut().for_each(|content| show(content, &made.about, &sent, &made.body));
        }
    }
}

fn show(content: &mut RefOr<Content>, about: &str, sent: &str, value: &Value) {
    if let RefOr::T(content) = content {
        let example = ExampleBuilder::new().summary(about).description(sent).value(Some(value.clone()));
        content.examples.insert(about.to_owned(), example.build().into());
    }
}

/// `/openapi.json`, and `/docs` to read it with.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> SwaggerUi {
    SwaggerUi::new("/docs").url("/openapi.json", document)
}
