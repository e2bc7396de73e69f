//! What a reader chooses for this browser: language and theme.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
};

use super::{ConsoleError, Form, Reader, Theme, reader::COOKIE};
use crate::i18n::Language;

/// Keeps the choice in a cookie for a year, and leads back to where the reader was.
pub(super) async fn set(reader: Reader, form: Form) -> Result<Response, ConsoleError> {
    let (language, theme) = reader.chosen;
    let language = match form.field("language") {
        "" => language,
        tag => Some(Language::from_tag(tag).ok_or_else(ConsoleError::unreadable)?),
    };
    let theme = match form.field("theme") {
        "" => theme,
        word => Some(Theme::parse(word).ok_or_else(ConsoleError::unreadable)?),
    };
    let cookie = format!(
        "{COOKIE}={}.{}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax",
        language.map_or("", Language::tag),
        theme.map_or("", Theme::as_str),
    );
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| ConsoleError::internal())?;
    let mut response = Redirect::to(inside(form.field("next"))).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// `place` if it is one of the console, else the console's first page: what a link or a form says of
/// where to go next never leads to another site.
pub(crate) fn inside(place: &str) -> &str {
    let is_plain = place.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let rest = place.strip_prefix("/console");
    let is_inside = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    if is_plain && is_inside && !place.contains("/..") { place } else { "/console" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_console() {
        for place in ["/console", "/console/users?q=a%20b", "/console?x"] {
            assert_eq!(inside(place), place);
        }
        for place in [
            "",
            "//evil.example",
            "https://evil.example/console",
            "/consolex",
            "/console@evil.example",
            "/console/\r\nset-cookie:a=b",
            "/console\\..\\x",
            "/console/../api",
            "/console/\u{202e}",
            "javascript:alert(1)",
        ] {
            assert_eq!(inside(place), "/console", "{place}");
        }
    }
}
