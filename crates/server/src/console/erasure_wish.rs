//! Asking for an erasure: the form, what it would erase, and then the request.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Redirect};
use rolecall_control::{
    Error as ControlError,
    authority::acts,
    bots,
    erasure::{self, NewErasure},
};
use rolecall_erasure::{
    engine::Error as EngineError,
    map::{Finding, Severity},
    stores::Failure,
};
use rolecall_model::{
    erasure::{Outcome, Subject},
    page::Page,
    problem::{Problem, Problems},
    time::Instant,
};
use serde_json::{Value, json};

use super::{ConsoleError, Form, Html, Reader, Section, Shell, erasures::PATH};
use crate::{
    Server,
    api::wire::erasures::MAX_GROUNDS_CHARS,
    auth::{Caller, EraseData},
    erasing::{self, NoPreview, PreviewedSubject},
    say,
};

/// The most bots that are offered to be ticked; others are named by their ids.
const MAX_BOTS: u32 = 100;

/// What was filled in, as the fields of a form have it.
#[derive(Default)]
struct Filled {
    people: String,
    on_channels: String,
    bot_ids: Vec<String>,
    is_all_bots: bool,
    grounds: String,
    not_before: String,
}

impl Filled {
    fn of(form: &Form) -> Self {
        let ids = form.all("bot").chain(form.field("bots").split_whitespace());
        Self {
            people: form.field("people").to_owned(),
            on_channels: form.field("on_channels").to_owned(),
            bot_ids: ids.map(str::to_owned).collect(),
            is_all_bots: form.field("scope") == "all",
            grounds: form.field("grounds").to_owned(),
            not_before: form.field("not_before").to_owned(),
        }
    }

    /// What is asked for with it.
    ///
    /// Errors: every place where it has not the right form.
    fn read(&self) -> Result<NewErasure, Problems> {
        let mut problems = Problems::default();
        let subjects = people(&self.people, &self.on_channels, &mut problems);
        if self.grounds.chars().count() > MAX_GROUNDS_CHARS {
            problems.add("grounds", say::may_have_characters(MAX_GROUNDS_CHARS));
        }
        let not_before = match self.not_before.as_str() {
            "" => None,
            // A field of a form has no zone; the page says that it means UTC.
            text => Instant::parse(&format!("{text}:00Z")).map_err(|error| problems.add("not_before", error)).ok(),
        };
        problems.or_ok(NewErasure {
            subjects,
            bot_ids: if self.is_all_bots { Vec::new() } else { self.bot_ids.clone() },
            is_all_bots: self.is_all_bots,
            plan_hash: None,
            not_before,
            grounds: Some(self.grounds.clone()).filter(|grounds| !grounds.is_empty()),
            callback_url: None,
        })
    }
}

/// People as two fields name them: one a line, by an identifier or by a channel and an id on it.
pub(super) fn people(plain: &str, on_channels: &str, problems: &mut Problems) -> Vec<Subject> {
    let pair = |line: &str| {
        let (channel, id) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        json!({"channel_id": channel, "channel_user_id": id.trim()})
    };
    let named = lines(plain).map(Value::from).chain(lines(on_channels).map(pair));
    let mut subjects = Vec::new();
    for (nth, value) in (1..).zip(named) {
        match Subject::parse(&value, &format!("people/{nth}")) {
            Ok(subject) => subjects.push(subject),
            Err(Problem { path, detail }) => problems.add(path, detail),
        }
    }
    subjects
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[derive(Template)]
#[template(path = "console/erasure_wish.html")]
struct Blank {
    shell: Shell,
    /// Id and name of each bot that can be ticked.
    bots: Vec<(String, String)>,
    /// Whether there are bots that are not offered.
    has_more_bots: bool,
}

/// The form.
pub(super) async fn blank(
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    ctx.need_to(&acts::ERASE)?;
    // What comes of it cannot be undone, so who has been away for a while shows first who it is.
    caller.recently_authenticated()?;
    let (bots, has_more_bots) = if ctx.may_do(&acts::LOOK) {
        let found = bots::list(ctx, Page::first(MAX_BOTS)).await?;
        let has_more = found.next_cursor.is_some();
        (found.items.into_iter().map(|listed| (listed.bot.id, listed.bot.name)).collect(), has_more)
    } else {
        (Vec::new(), true)
    };
    Ok(Html(Blank { shell: Shell::of(&reader, &caller, Section::Erasures), bots, has_more_bots }))
}

/// Why nothing can be shown beforehand.
#[derive(Clone, Copy)]
enum Unseen {
    NoMap,
    Away,
    Refuses,
}

/// What is shown before an erasure is asked for.
struct Shown {
    plan_hash: String,
    subjects: Vec<PreviewedSubject>,
    warnings: Vec<Finding>,
    /// How many rows in all.
    n_rows: u64,
    /// For how many people something would be erased.
    n_people: usize,
}

#[derive(Template)]
#[template(path = "console/erasure_preview.html")]
struct Preview {
    shell: Shell,
    filled: Filled,
    shown: Result<Shown, (Unseen, String)>,
}

/// What an erasure would do; nothing is asked for yet.
pub(super) async fn preview(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<EraseData, ConsoleError>,
    form: Form,
) -> Result<Html<impl Template>, ConsoleError> {
    caller.ctx.need_to(&acts::ERASE)?;
    caller.recently_authenticated()?;
    let filled = Filled::of(&form);
    let new = filled.read()?;
    let shown = match erasing::preview(&caller.ctx, &server.engine, &new).await {
        Ok(previewed) => Ok(Shown {
            n_rows: previewed.subjects.iter().map(n_rows).sum(),
            n_people: previewed.subjects.iter().filter(|subject| n_rows(subject) > 0).count(),
            plan_hash: previewed.plan_hash,
            subjects: previewed.subjects,
            warnings: previewed.warnings,
        }),
        Err(NoPreview::Control(error)) => return Err(error.into()),
        Err(NoPreview::Engine(error)) => Err(unseen(error)?),
    };
    let shell = Shell { place: format!("{PATH}/new"), ..Shell::of(&reader, &caller, Section::Erasures) };
    Ok(Html(Preview { shell, filled, shown }))
}

/// How many rows would go of somebody.
fn n_rows(subject: &PreviewedSubject) -> u64 {
    if subject.outcome == Some(Outcome::Held) {
        return 0;
    }
    subject.stores.iter().flat_map(|store| &store.collections).map(|collection| collection.rows).sum()
}

/// Why the stores cannot be looked at, and which of them, if it is something that people can mend.
fn unseen(error: EngineError) -> Result<(Unseen, String), ConsoleError> {
    match error {
        EngineError::Store(error) => Err(ControlError::from(error).into()),
        EngineError::NoMap => Ok((Unseen::NoMap, String::new())),
        EngineError::Foreign { store, error } => {
            let is_away = matches!(error.kind, Failure::Unreachable | Failure::Busy);
            tracing::info!(store, error = %error, "a preview could not be made");
            Ok((if is_away { Unseen::Away } else { Unseen::Refuses }, store))
        }
        error => {
            tracing::error!(error = %error, "a preview failed");
            Err(ConsoleError::internal())
        }
    }
}

/// Asks for the erasure that was shown, and leads to it.
pub(super) async fn request(
    State(server): State<Arc<Server>>,
    caller: Caller<EraseData, ConsoleError>,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.ctx.need_to(&acts::ERASE)?;
    caller.recently_authenticated()?;
    let plan_hash = form.field("plan");
    if plan_hash.is_empty() {
        return Err(Problem::new("plan", say::plan_missing()).into());
    }
    let new = NewErasure { plan_hash: Some(plan_hash.to_owned()), ..Filled::of(&form).read()? };
    let accepted = erasure::request(&caller.ctx, &new).await?;
    server.wake.notify_one();
    Ok(Redirect::to(&format!("{PATH}/{}", accepted.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_one_a_line() {
        let mut problems = Problems::default();
        let named = people(" ana@x.example \r\n\r\nu-1\n", "whatsapp  +49 170 1\n", &mut problems);
        let pair = json!({"channel_id": "whatsapp", "channel_user_id": "+49 170 1"});
        let values: Vec<Value> = named.iter().map(Subject::to_value).collect();
        assert_eq!(values, [json!("ana@x.example"), json!("u-1"), pair]);
        assert!(problems.is_empty());
        assert!(people("", "whatsapp", &mut problems).is_empty());
        assert!(!problems.is_empty(), "a channel without an id on it names nobody");
    }
}
