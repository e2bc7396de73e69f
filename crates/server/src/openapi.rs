//! The OpenAPI document: made from the handlers, completed with what all of them share, and shown
//! as a page that needs no internet.

use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        Ref, RefOr, ResponseBuilder,
        content::ContentBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_swagger_ui::SwaggerUi;

use crate::error::Errors;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rolecall",
        description = "Who may do what on which bot, answered by the calls of the Kore.ai public API. What Rolecall adds to a call is additive and marked so."
    ),
    components(schemas(Errors)),
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

/// The answers every call under `/api/public` can give, whatever it does.
const SHARED: [(&str, &str); 4] = [
    ("401", "The token is missing, broken, expired, replayed, or its app may not do this."),
    ("429", "The account's rate limit is used up; `Retry-After` says for how long."),
    ("500", "A fault of the server; its log has more under the answer's `x-request-id`."),
    ("503", "The server cannot do this right now; send the same request again after `Retry-After` seconds."),
];

/// Adds the shared answers to each call.
pub(crate) fn completed(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        if !path.starts_with("/api/public/") {
            continue;
        }
        for operation in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            for (status, description) in SHARED {
                answer(operation, status, description);
            }
            if operation.parameters.as_ref().is_some_and(|list| !list.is_empty()) || operation.request_body.is_some() {
                answer(
                    operation,
                    "412",
                    "A parameter or the body has the wrong form; one error for each problem, with its `path`.",
                );
            }
            if operation.request_body.is_some() {
                answer(operation, "413", "The body is over the limit.");
            }
        }
    }
    document
}

fn answer(operation: &mut Operation, status: &str, description: &str) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Errors::name()))).build();
    let response = ResponseBuilder::new().description(description).content("application/json", content).build();
    operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
}

/// `/openapi.json`, and `/docs` to read it with.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> SwaggerUi {
    SwaggerUi::new("/docs").url("/openapi.json", document)
}
