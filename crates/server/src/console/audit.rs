//! The audit log: looking through it, and one entry with what was and what is, side by side.

use std::collections::BTreeMap;

use askama::Template;
use rolecall_control::audit::{self, Detail, Filter, Found};
use rolecall_model::{audit::Event, problem::Problem, time::Instant};
use serde_json::Value;

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    query::{Id, Query, ROWS, href},
};
use crate::{
    auth::{Caller, ReadAudit},
    say,
};

const PATH: &str = "/console/audit";

/// The most characters of a text that is looked for.
const MAX_TEXT_CHARS: usize = 256;

/// The fields of the form, as they were filled in.
struct Fields {
    event: String,
    actor: String,
    target: String,
    text: String,
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct List {
    shell: Shell,
    fields: Fields,
    found: Found,
    next: Option<String>,
    export: String,
    is_first: bool,
}

impl List {
    fn is_chosen(&self, name: &str) -> bool {
        name == self.fields.event
    }
}

/// The entries that all filters fit, the newest first.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ReadAudit, ConsoleError>,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let text = |name: &str| query.field(name).to_owned();
    let fields = Fields {
        event: text("event"),
        actor: text("actor"),
        target: text("target"),
        text: text("text"),
        from: text("from"),
        to: text("to"),
    };
    let filter = filter(&fields)?;
    let found = audit::search(&caller.ctx, &filter, query.0.page(&caller.ctx, audit::SEARCH, ROWS)?).await?;
    let given = [
        ("event", fields.event.as_str()),
        ("actor", &fields.actor),
        ("target", &fields.target),
        ("text", &fields.text),
        ("from", &fields.from),
        ("to", &fields.to),
    ];
    let next = found.next_cursor.as_deref().map(|cursor| href(PATH, &[&given[..], &[("cursor", cursor)]].concat()));
    let bounds = [zoned(&fields.from), zoned(&fields.to)];
    let [from, to] = &bounds;
    let export = href("/api/v1/audit/export", &[&given[..4], &[("from", from.as_str()), ("to", to)]].concat());
    let shell = Shell::of(&reader, &caller, Section::Audit);
    Ok(Html(List { shell, fields, found, next, export, is_first: query.0.get("cursor").is_none() }))
}

/// A time as a field of a form sends it, which has no zone; the page says that it means UTC.
fn zoned(field: &str) -> String {
    if field.len() == "2026-01-31T09:30".len() { format!("{field}:00Z") } else { field.to_owned() }
}

fn filter(fields: &Fields) -> Result<Filter, Problem> {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let time = |name: &str, field: &String| {
        let at = some(field).map(|field| Instant::parse(&zoned(&field)));
        at.transpose().map_err(|error| Problem::new(name, error))
    };
    if fields.text.chars().count() > MAX_TEXT_CHARS {
        return Err(Problem::new("text", say::may_have_characters(MAX_TEXT_CHARS)));
    }
    let event = some(&fields.event);
    let event = event.map(|name| Event::parse(&name).ok_or_else(|| Problem::new("event", say::no_such_event())));
    Ok(Filter {
        event: event.transpose()?,
        actor: some(&fields.actor),
        target: some(&fields.target),
        text: some(&fields.text),
        from: time("from", &fields.from)?,
        until: time("to", &fields.to)?,
    })
}

/// One value of an entry: what it was, and what it is. Nothing where it was, or is, not there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Line {
    before: Option<String>,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "console/audit_entry.html")]
struct One {
    shell: Shell,
    detail: Detail,
    lines: BTreeMap<String, Line>,
}

/// One entry.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ReadAudit, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let detail = audit::find(&caller.ctx, &id).await?.ok_or_else(ConsoleError::not_found)?;
    let lines = lines(&detail.linked.entry.before, &detail.linked.entry.after);
    Ok(Html(One { shell: Shell::of(&reader, &caller, Section::Audit), detail, lines }))
}

/// What an entry keeps, value by value: two JSON documents, each of which may be empty.
fn lines(before: &str, after: &str) -> BTreeMap<String, Line> {
    let mut lines = BTreeMap::<String, Line>::new();
    for (document, is_after) in [(before, false), (after, true)] {
        let mut leaves = Vec::new();
        if let Ok(value) = serde_json::from_str(document) {
            flatten("", &value, &mut leaves);
        }
        for (name, text) in leaves {
            let line = lines.entry(name).or_default();
            *if is_after { &mut line.after } else { &mut line.before } = Some(text);
        }
    }
    lines
}

/// Each value that holds no others, by the names that lead to it.
fn flatten(name: &str, value: &Value, leaves: &mut Vec<(String, String)>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name} / {part}") };
    match value {
        Value::Null => {}
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                flatten(&below(key), value, leaves);
            }
        }
        Value::String(text) => leaves.push((name.to_owned(), text.clone())),
        Value::Array(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => {
            let texts = list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
            leaves.push((name.to_owned(), texts.collect::<Vec<_>>().join(", ")));
        }
        Value::Array(list) => {
            for (nth, value) in (1..).zip(list) {
                flatten(&below(&nth.to_string()), value, leaves);
            }
        }
        other => leaves.push((name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_and_what_is_stand_side_by_side() {
        let before = r#"{"role":"Desk","permissions":{"Tasks":["VIEW"]},"n":1}"#;
        let after = r#"{"role":"Desk","permissions":{"Tasks":["FULL"],"Channels":["YES"]}}"#;
        let line = |before: Option<&str>, after: Option<&str>| Line {
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let expected = [
            ("n", line(Some("1"), None)),
            ("permissions / Channels", line(None, Some("YES"))),
            ("permissions / Tasks", line(Some("VIEW"), Some("FULL"))),
            ("role", line(Some("Desk"), Some("Desk"))),
        ];
        assert_eq!(lines(before, after), BTreeMap::from(expected.map(|(name, line)| (name.to_owned(), line))));
        assert_eq!(lines("", "null"), BTreeMap::new());
    }
}
