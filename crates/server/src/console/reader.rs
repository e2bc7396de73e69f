//! Who reads a page, as far as its looks go: language, theme, and whether only a part of it is wanted.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, Uri, header, request::Parts},
};

use crate::{
    Server,
    i18n::{self, Language, Words},
};

/// The cookie that keeps what a reader chose: `ko.dark`, with nothing where nothing was chosen. It is no
/// secret, and shows nothing to anybody.
pub(super) const COOKIE: &str = "__Host-rolecall-look";

/// How bright a page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system is.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its word in pages and in the cookie.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme with that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

/// How a page is to be written for whoever asks for it.
#[derive(Clone)]
pub struct Reader {
    /// Its texts.
    pub words: Words,
    /// How bright it is.
    pub theme: Theme,
    /// What the reader chose, rather than what was concluded.
    pub chosen: (Option<Language>, Option<Theme>),
    /// Whether only the part that changes is wanted (header `HX-Request`), to be put into the page there is.
    pub is_partial: bool,
    /// Where the page is: its path and query.
    pub place: String,
    /// Whether it was asked for by GET, so that it can be asked for again.
    pub is_get: bool,
}

impl Reader {
    pub(crate) fn of(server: &Server, method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let chosen = chosen(headers);
        let language = language_of(headers);
        Self {
            words: Words::new(&server.texts, language),
            theme: chosen.1.unwrap_or_default(),
            chosen,
            is_partial: headers.get("hx-request").is_some_and(|value| value == "true"),
            place: uri.path_and_query().map_or_else(|| "/console".to_owned(), ToString::to_string),
            is_get: method == Method::GET,
        }
    }
}

impl FromRequestParts<Arc<Server>> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Infallible> {
        Ok(Self::of(server, &parts.method, &parts.uri, &parts.headers))
    }
}

/// The language a person wants who sent these headers: the one that was chosen, else the one that the browser
/// asks for.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    chosen(headers).0.unwrap_or_else(|| accepted_by(headers))
}

/// The language that headers ask for; English if none, or none that there is.
pub(crate) fn accepted_by(headers: &HeaderMap) -> Language {
    let values = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    i18n::accepted(&values.collect::<Vec<_>>().join(",")).unwrap_or_default()
}

/// What the cookie says was chosen. Whatever else it may hold counts as nothing.
fn chosen(headers: &HeaderMap) -> (Option<Language>, Option<Theme>) {
    for value in headers.get_all(header::COOKIE) {
        for cookie in value.to_str().unwrap_or_default().split(';') {
            if let Some((COOKIE, value)) = cookie.trim().split_once('=') {
                let (language, theme) = value.split_once('.').unwrap_or((value, ""));
                return (Language::from_tag(language), Theme::parse(theme));
            }
        }
    }
    (None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen_by(cookie: &str) -> (Option<Language>, Option<Theme>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        chosen(&headers)
    }

    #[test]
    fn a_choice_is_read_and_nonsense_is_none() {
        assert_eq!(chosen_by("a=b; __Host-rolecall-look=ko.dark"), (Some(Language::Korean), Some(Theme::Dark)));
        assert_eq!(chosen_by("__Host-rolecall-look=.light"), (None, Some(Theme::Light)));
        assert_eq!(chosen_by("__Host-rolecall-look=ja"), (Some(Language::Japanese), None));
        for cookie in ["", "__Host-rolecall-look=\"><script>.dark2", "look=ko.dark", "__Host-rolecall-look"] {
            assert_eq!(chosen_by(cookie), (None, None), "{cookie}");
        }
    }
}
