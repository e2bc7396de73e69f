//! The configuration: what ships with the program, then a file, then the environment, then flags.
//!
//! The one place that reads the environment. `config.default.toml` is the documentation, the default
//! and the list of what there is to set.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Provider,
    providers::{Env, Format as _, Toml},
    value::{Dict, Value},
};
use rolecall_control::sign_in::Settings;
use rolecall_model::nearest;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use crate::{
    auth::{limits::Profile, oidc},
    public_url::PublicUrl,
};

/// The configuration that ships: every setting, what it means, and its default.
pub const DEFAULT: &str = include_str!("../config.default.toml");

/// The file that is read if it is there and no other is named.
const FILE: &str = "rolecall.toml";

/// How much memory images of accounts may take where no configuration is read. Units: MiB.
pub(crate) const DEFAULT_ROSTER_MB: u32 = 512;

/// What variables of the environment begin with.
const PREFIX: &str = "ROLECALL_";

/// Everything there is to set.
#[derive(Clone, Deserialize)]
pub struct Config {
    /// Where the server listens.
    pub listen: String,
    /// What the server is called from outside, if it was said.
    #[serde(deserialize_with = "public_url")]
    pub public_url: Option<PublicUrl>,
    /// The database's URL. It may hold a password.
    pub database: String,
    /// The sealing key, or where it is; empty if it was not given.
    #[serde(deserialize_with = "text_of_key")]
    pub key: String,
    /// What is logged, and how.
    pub log: Log,
    /// What a caller may take.
    pub limits: Limits,
    /// What is kept in memory.
    pub roster: Roster,
    /// How people's data is erased.
    pub erasure: Erasure,
    /// How people are let in.
    pub console: Console,
}

/// What is logged, and how.
#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    /// For whom lines are written.
    #[serde(deserialize_with = "format")]
    pub format: LogFormat,
    /// Which lines are written: a level, or directives as `tracing` has them.
    pub level: String,
}

/// For whom log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// What a caller may take.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Limits {
    /// How many calls an account may make.
    #[serde(deserialize_with = "profile")]
    pub profile: Profile,
    /// How long a request may take. Units: seconds.
    pub request_seconds: NonZeroU32,
}

/// What is kept in memory.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Roster {
    /// How much memory the images of accounts may take; 0 for none. Units: MiB.
    pub memory_mb: u32,
}

/// How people's data is erased.
#[derive(Clone, Debug, Deserialize)]
pub struct Erasure {
    /// How many erasures are worked on at once.
    pub workers: u8,
    /// How long a worker has an erasure to itself without a sign of life. Units: seconds.
    pub lease_seconds: NonZeroU32,
    /// Which hosts may be called back.
    pub callback_hosts: Vec<String>,
    /// What the URLs of stores must begin with; empty for anything.
    pub stores: Vec<String>,
}

/// How people are let in.
#[derive(Clone, Debug, Deserialize)]
pub struct Console {
    /// After how long without use a session ends. Units: minutes.
    pub idle_minutes: NonZeroU32,
    /// After how long it ends however much it is used. Units: hours.
    pub absolute_hours: NonZeroU32,
    /// How long it counts that a person has shown who it is. Units: minutes.
    pub confirm_minutes: NonZeroU32,
    /// Whether a proxy stands before this server.
    pub behind_proxy: bool,
    /// At which companies' identity providers people sign in.
    pub identity_providers: Vec<oidc::Provider>,
}

impl Console {
    /// The same as those who let people in take it.
    pub fn settings(&self) -> Settings {
        Settings {
            idle_ms: i64::from(self.idle_minutes.get()) * 60_000,
            absolute_ms: i64::from(self.absolute_hours.get()) * 3_600_000,
            confirmed_ms: i64::from(self.confirm_minutes.get()) * 60_000,
        }
    }
}

/// Why there is no configuration; the text says where and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadConfig(String);

impl Config {
    /// Reads the configuration: the default, the file (`file`, else the one `ROLECALL_CONFIG` names,
    /// else `rolecall.toml` if it is there), the environment.
    ///
    /// Errors: a file that cannot be read, a setting that is not known, a value that cannot be one.
    pub fn read(file: Option<&Path>) -> Result<Self, BadConfig> {
        let named = file.map(Path::to_owned).or_else(|| variable("ROLECALL_CONFIG").map(PathBuf::from));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(FILE));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(BadConfig(format!("cannot read {}: {error}", path.display()))),
        };
        let variables = variables();
        let environment = Env::raw().filter_map(move |name| {
            variables.iter().find(|(variable, _)| name == variable).map(|(_, setting)| setting.clone().into())
        });
        Self::of(&path, &text, environment)
    }

    /// The configuration of a file with this text, and of an environment.
    fn of(path: &Path, text: &str, environment: impl Provider) -> Result<Self, BadConfig> {
        let given = tables(text).map_err(|error| told(path, text, &error))?;
        check_keys(path, text, "", &given, &known())?;
        Figment::new()
            .merge(Toml::string(DEFAULT))
            .merge(Toml::string(text))
            .merge(environment)
            .extract()
            .map_err(|error| told(path, text, &error))
    }
}

/// Names of variables that are nearly those of settings, each with what it was most likely meant to
/// be. Others that begin alike are let be: container platforms set some of their own.
pub fn misspelt_variables() -> Vec<(String, String)> {
    let known: Vec<String> = variables().into_iter().map(|(name, _)| name).collect();
    let environment = Env::prefixed(PREFIX);
    let names = environment.iter().map(|(name, _)| format!("{PREFIX}{}", name.as_str().to_uppercase()));
    names.filter_map(|name| misspelt(&name, &known)).collect()
}

/// As many typing mistakes as a name may have and still be taken for another.
const MAX_MISTAKES: usize = 2;

fn misspelt(name: &str, known: &[String]) -> Option<(String, String)> {
    let meant = nearest::nearest(name, known.iter().map(String::as_str))?;
    let n_mistakes = strsim::osa_distance(name, meant);
    (1..=MAX_MISTAKES).contains(&n_mistakes).then(|| (name.to_owned(), meant.to_owned()))
}

/// A secret that may be given as `file:PATH` or `env:NAME`; white space around it does not matter.
///
/// Errors: where it should have been and was not. Never the secret.
pub fn secret(given: &str) -> Result<SecretString, BadConfig> {
    let text = if let Some(path) = given.strip_prefix("file:") {
        std::fs::read_to_string(path).map_err(|error| BadConfig(format!("cannot read {path}: {error}")))?
    } else if let Some(name) = given.strip_prefix("env:") {
        variable(name).ok_or_else(|| BadConfig(format!("the variable {name} is not set")))?
    } else {
        given.to_owned()
    };
    Ok(text.trim().into())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn tables(text: &str) -> Result<Dict, Box<figment::Error>> {
    Figment::from(Toml::string(text)).extract().map_err(Box::new)
}

/// Every setting, as the default has them.
fn known() -> Dict {
    tables(DEFAULT).unwrap_or_default()
}

/// The variable of each setting, and the setting's name with its section.
fn variables() -> Vec<(String, String)> {
    let mut settings = Vec::new();
    for (key, value) in known() {
        match value {
            Value::Dict(_, section) => settings.extend(section.into_keys().map(|inner| format!("{key}.{inner}"))),
            _ => settings.push(key),
        }
    }
    settings.into_iter().map(|setting| (variable_of(&setting), setting)).collect()
}

fn variable_of(setting: &str) -> String {
    format!("{PREFIX}{}", setting.replace('.', "_").to_uppercase())
}

fn check_keys(path: &Path, text: &str, section: &str, given: &Dict, known: &Dict) -> Result<(), BadConfig> {
    for (key, value) in given {
        match (value, known.get(key)) {
            (_, None) => {
                let place = place(path, text, section, key);
                let told = nearest::unknown(key, known.keys().map(String::as_str));
                return Err(BadConfig(format!("{place}: {key:?} {told}")));
            }
            (Value::Dict(_, given), Some(Value::Dict(_, known))) => check_keys(path, text, key, given, known)?,
            _ => {}
        }
    }
    Ok(())
}

/// The file, and the line of `key` if it stands on a line of its own as people write it.
fn place(path: &Path, text: &str, section: &str, key: &str) -> String {
    let mut current = String::new();
    for (line, number) in text.lines().map(str::trim).zip(1_u32..) {
        let heading = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.trim());
        let name = line.split_once('=').map(|(name, _)| name.trim().trim_matches('"'));
        if let Some(heading) = heading {
            heading.clone_into(&mut current);
        }
        let is_it = if heading.is_some() {
            section.is_empty() && current == key
        } else {
            current == section && name == Some(key)
        };
        if is_it {
            return format!("{}, line {number}", path.display());
        }
    }
    path.display().to_string()
}

/// What figment has to say, with the place people can go to.
fn told(path: &Path, text: &str, error: &figment::Error) -> BadConfig {
    let Some(key) = error.path.last() else {
        return BadConfig(format!("{}: {}", path.display(), error.kind));
    };
    let section = error.path.len().checked_sub(2).and_then(|nth| error.path.get(nth)).map_or("", String::as_str);
    let is_variable = error.metadata.as_ref().is_some_and(|data| data.name.contains("environment"));
    let place = if is_variable {
        variable_of(&error.path.join("."))
    } else {
        format!("{}: {}", place(path, text, section, key), error.path.join("."))
    };
    BadConfig(format!("{place}: {}", error.kind))
}

/// A key that looks like a number is still none of anybody's business: no error repeats it.
fn text_of_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::String(text) => Ok(text),
        _ => Err(de::Error::custom("must be a text: the key, file:PATH or env:NAME")),
    }
}

fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PublicUrl>, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "" => Ok(None),
        text => PublicUrl::parse(text).map(Some).map_err(de::Error::custom),
    }
}

fn format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LogFormat, D::Error> {
    match Json::deserialize(deserializer)?.as_str() {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        _ => Err(de::Error::custom("must be \"text\" or \"json\"")),
    }
}

fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
    let word = match Json::deserialize(deserializer)? {
        Json::String(word) => word,
        other => other.to_string(),
    };
    match word.as_str() {
        "off" => Ok(Profile::Off),
        "kore" => Ok(Profile::Kore),
        number => number
            .parse()
            .map(Profile::PerMinute)
            .map_err(|_| de::Error::custom("must be \"off\", \"kore\" or how many calls a minute, at least 1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        Config::of(Path::new("rolecall.toml"), text, Figment::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_file_that_ships_is_the_default() {
        let config = read(DEFAULT).expect("it is a configuration");
        let empty = read("").expect("nothing given is the default");
        assert_eq!(config.listen, "127.0.0.1:8080");
        assert_eq!(config.public_url, None);
        assert_eq!(config.database, "sqlite:rolecall.db");
        assert_eq!(config.key, "");
        assert_eq!((config.log.format, config.log.level.as_str()), (LogFormat::Text, "info"));
        assert_eq!(config.limits.profile, Profile::Off);
        assert_eq!(config.limits.request_seconds.get(), 120);
        assert_eq!(config.roster.memory_mb, DEFAULT_ROSTER_MB);
        assert_eq!(config.erasure.workers, 2);
        assert_eq!(config.console.settings(), Settings::default());
        assert!(!config.console.behind_proxy && config.console.identity_providers.is_empty());
        assert!(config.erasure.callback_hosts.is_empty() && config.erasure.stores.is_empty());
        assert_eq!(empty.listen, config.listen);
    }

    #[test]
    fn every_setting_is_explained_and_tells_its_variable() {
        let mut comment = String::new();
        let mut explained = Vec::new();
        for line in DEFAULT.lines() {
            if line.starts_with('#') {
                comment.push_str(line);
            } else if line.contains('=') {
                explained.push(comment.clone());
            } else {
                comment.clear();
            }
        }
        let variables = variables();
        assert_eq!(explained.len(), variables.len());
        for (variable, setting) in variables {
            assert!(explained.iter().any(|comment| comment.contains(&format!("# {variable}"))), "{setting}");
        }
    }
}
