//! Whom a command is about: identifiers of the command line and of files.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use rolecall_control::Error as ControlError;
use rolecall_model::{erasure::Subject, problem::Problems};
use serde_json::Value;

/// The most bytes a file of identifiers may have.
const MAX_BYTES: u64 = 64 << 20;

#[derive(Args)]
pub(super) struct People {
    /// Identifiers of people: e-mail addresses, ids of the platform, of the organisation, or on a channel
    #[arg(value_name = "IDENTIFIER")]
    identifiers: Vec<String>,
    /// An id together with its channel, such as whatsapp:4917000000; may be given several times
    #[arg(long, value_name = "CHANNEL:ID")]
    channel: Vec<String>,
    /// A file with an identifier a line, or {"channel_id": ..., "channel_user_id": ...} for one with its
    /// channel; - for standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl People {
    /// All of them, in their order.
    ///
    /// Errors: each that is none, with its place; or that there is nobody.
    pub(super) fn read(&self) -> anyhow::Result<Vec<Subject>> {
        let mut problems = Problems::default();
        let mut subjects = Vec::new();
        let mut add = |value: &Value, place: &str, problems: &mut Problems| match Subject::parse(value, place) {
            Ok(subject) => subjects.push(subject),
            Err(problem) => problems.add(problem.path, problem.detail),
        };
        for (number, identifier) in (1..).zip(&self.identifiers) {
            add(&Value::from(identifier.trim()), &format!("identifier {number}"), &mut problems);
        }
        for (number, pair) in (1..).zip(&self.channel) {
            let place = format!("--channel {number}");
            match pair.split_once(':') {
                Some((channel, id)) => {
                    let pair = serde_json::json!({"channel_id": channel.trim(), "channel_user_id": id.trim()});
                    add(&pair, &place, &mut problems);
                }
                None => problems.add_in_english(place, "must be written like whatsapp:4917000000"),
            }
        }
        if let Some(file) = &self.file {
            for (number, line) in (1..).zip(text(file)?.lines()) {
                let (line, place) = (line.trim(), format!("line {number}"));
                if line.is_empty() {
                    continue;
                }
                if line.starts_with('{') {
                    match rolecall_model::json::parse(line.as_bytes()) {
                        Ok(value) => add(&value, &place, &mut problems),
                        Err(problem) => problems.add(place, problem.detail),
                    }
                } else {
                    add(&Value::from(line), &place, &mut problems);
                }
            }
        }
        problems.or_ok(()).map_err(ControlError::from)?;
        ensure!(!subjects.is_empty(), "say whom it is about: identifiers, --channel, or a file with --file");
        Ok(subjects)
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(MAX_BYTES).read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        let cannot = || format!("cannot read {}", path.display());
        fs::File::open(path).with_context(cannot)?.take(MAX_BYTES).read_to_string(&mut text).with_context(cannot)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(identifiers: &[&str], channel: &[&str], text: &str) -> Result<Vec<Value>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("people.txt");
        fs::write(&file, text).expect("it is written");
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let people = People { identifiers: owned(identifiers), channel: owned(channel), file: Some(file) };
        match people.read() {
            Ok(subjects) => Ok(subjects.iter().map(Subject::to_value).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn people_are_named_in_three_ways() {
        let pair = |channel: &str, id: &str| serde_json::json!({"channel_id": channel, "channel_user_id": id});
        let text = "bea@x.example\r\n\n  {\"channel_id\": \"sms\", \"channel_user_id\": \"7\"}\n";
        let read = people(&["ana@x.example", "a:b"], &["whatsapp:49:17"], text).expect("they are named");
        assert_eq!(
            read,
            [
                Value::from("ana@x.example"),
                Value::from("a:b"),
                pair("whatsapp", "49:17"),
                Value::from("bea@x.example"),
                pair("sms", "7")
            ]
        );
    }

    #[test]
    fn who_is_no_person_is_told_by_their_place_and_not_by_their_name() {
        for (channel, text, told) in [
            (&["whatsapp"][..], "", "--channel 1: must be written like whatsapp:4917000000"),
            (&["whatsapp:"], "", "--channel 1/channel_user_id: must not be empty"),
            (
                &[],
                "ana\n{\"channel\": \"sms\"}\n",
                "line 2/channel: is not known; a channel pair is {\"channel_id\": ..., \"channel_user_id\": ...}",
            ),
            (&[], "", "say whom it is about: identifiers, --channel, or a file with --file"),
        ] {
            assert_eq!(people(&[], channel, text), Err(told.to_owned()));
        }
    }
}
