//! People: finding them, and what one of them holds, why, and since when.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use rolecall_control::{
    holdings::{self, Event, Holding},
    sign_in::{self, Help},
    users::{self, Details, Listed, Row},
};
use rolecall_model::{search::Words, time::Instant};

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    grants::Grants,
    query::{self, Id, Query, ROWS, href},
};
use crate::auth::{Caller, ReadRoles, ReadUsers};

const PATH: &str = "/console/users";

#[derive(Template)]
#[template(path = "console/users.html", blocks = ["found"])]
struct List {
    shell: Shell,
    q: String,
    found: Listed,
    next: Option<String>,
    is_first: bool,
}

/// The list, all of it or those whom some words fit.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadUsers, ConsoleError>,
    query: Query,
) -> Result<Response, ConsoleError> {
    let q = query.field("q").to_owned();
    let words = Words::parse("q", &q)?;
    let page = query.0.page(&caller.ctx, users::LIST, ROWS)?;
    let found = users::list(&caller.ctx, words.as_ref(), page).await?;
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[("q", &q), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Users);
    let is_first = query.field("cursor").is_empty();
    let page = List { shell, q, found, next, is_first };
    Ok(if reader.is_partial { Html(page.as_found()).into_response() } else { Html(page).into_response() })
}

#[derive(Template)]
#[template(path = "console/user.html")]
struct One {
    shell: Shell,
    user: Row,
    /// Nothing of somebody who is gone.
    details: Option<Details>,
    at: Option<Instant>,
    at_field: String,
    /// Nothing where the user was not there then.
    held: Option<Vec<Holding>>,
    /// What can be given and taken now; nothing of somebody who is gone, or at another time.
    grants: Option<Grants>,
    help: Help,
    events: Vec<Event>,
    older: Option<String>,
}

/// One user: what is known of it, what it holds now or held then, and what became of it.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ReadRoles, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let at = query.at("at")?;
    let page = query.0.page(ctx, holdings::HISTORY, ROWS)?;
    let history = holdings::history(ctx, &id, page).await?.ok_or_else(ConsoleError::not_found)?;
    let details = users::find(ctx, &id).await?;
    let held = holdings::of_user(ctx, &id, at).await?.map(|found| found.holdings);
    let (grants, sign_in_help) = match (&details, &held, at) {
        (Some(details), Some(held), None) => {
            (Some(Grants::of_user(ctx, &id, held, details.is_owner).await?), sign_in::help(ctx, &id).await?)
        }
        _ => (None, Help::default()),
    };
    let path = format!("{PATH}/{}", history.user.id);
    let at_field = query::as_field(at);
    let older = history.next_cursor.as_deref().map(|cursor| href(&path, &[("at", &at_field), ("cursor", cursor)]));
    let shell = Shell::of(&reader, &caller, Section::Users);
    let (user, events) = (history.user, history.events);
    Ok(Html(One { shell, user, details, at, at_field, held, grants, help: sign_in_help, events, older }))
}

/// What a person is called: the name in the order it is written, or the address where there is none.
pub(super) fn name_of(first: &str, last: &str, email: &str) -> String {
    match (first.is_empty(), last.is_empty()) {
        (true, true) => email.to_owned(),
        (false, true) => first.to_owned(),
        (true, false) => last.to_owned(),
        // Names in Han, Hangul and Kana have the family's first, with nothing between.
        (false, false) if [first, last].iter().all(|name| name.chars().all(is_eastern)) => format!("{last}{first}"),
        (false, false) => format!("{first} {last}"),
    }
}

fn is_eastern(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '々')
}

impl One {
    fn name(&self) -> String {
        name_of(&self.user.first_name, &self.user.last_name, &self.user.email)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_its_own_order() {
        for (first, last, name) in [
            ("Ingrid", "Solberg", "Ingrid Solberg"),
            ("민준", "김", "김민준"),
            ("陽翔", "佐々木", "佐々木陽翔"),
            ("Min-jun", "김", "Min-jun 김"),
            ("", "Solberg", "Solberg"),
            ("Ingrid", "", "Ingrid"),
            ("", "", "i@aurora.example"),
        ] {
            assert_eq!(name_of(first, last, "i@aurora.example"), name);
        }
    }
}
