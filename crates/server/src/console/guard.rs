//! What every answer of the console gets: an error becomes a page in the reader's language, and the
//! browser is told to load, frame and tell nothing that is not ours.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};
use url::form_urlencoded;

use super::{
    ConsoleError, Reader, Section, Shell,
    error::{Detail, Kind},
};

/// The page for an error.
#[derive(askama::Template)]
#[template(path = "console/error.html")]
struct ErrorPage {
    shell: Shell,
    kind: &'static str,
    details: Vec<Detail>,
}

/// Scripts, styles, images and calls come from this server only, none of them stands in a page, and no
/// page stands in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The headers of every answer. A browser that shows a page of ours beside others tells those nothing of
/// it; forms of ours still say where they come from.
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// `response` as it goes out to `reader`.
pub(crate) fn finish(response: Response, reader: &Reader) -> Response {
    let mut response = match response.extensions().get::<ConsoleError>().cloned() {
        Some(error) => page(error, reader),
        None => response,
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(error: ConsoleError, reader: &Reader) -> Response {
    let ConsoleError { kind, details } = error;
    match kind {
        Kind::SignIn => to("/console/sign-in", reader),
        Kind::Confirm => to("/console/confirm", reader),
        _ => {
            let page = ErrorPage { kind: kind.as_str(), details, shell: Shell::bare(reader, Section::None) };
            let mut response = (kind.status(), super::Html(&page)).into_response();
            if matches!(kind, Kind::Unavailable | Kind::TooMany) {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
            }
            response
        }
    }
}

/// Leads to `path`, and from there back to where the reader is, if a browser can go there by itself.
fn to(path: &str, reader: &Reader) -> Response {
    let place = if reader.is_get { reader.place.as_str() } else { "/console" };
    let next: String = form_urlencoded::byte_serialize(place.as_bytes()).collect();
    Redirect::to(&format!("{path}?next={next}")).into_response()
}
