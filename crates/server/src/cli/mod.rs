//! The command line: what an operator can ask for, one file a group of commands.
//!
//! A command does its work through `rolecall-control`, as every other door does, and returns an
//! `Answer` that is printed here, for people or for programs.

mod account;
mod answer;
mod app;
mod backup;
mod datamap;
mod demo;
mod doctor;
mod duration;
mod erase;
mod export;
mod key;
mod manifest;
mod migrate;
mod open;
mod receipt;
mod roles;
mod serve;
mod token;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use answer::Answer;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use rolecall_control::{Clock, Random};

use crate::{
    config::{self, Config},
    logging,
};

/// What only the machine can give; the rest of the program takes it as a parameter.
pub struct Machine {
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness from the machine's generator.
    pub random: Random,
}

/// Who may do what on your bots, and proof that who asked to leave is gone.
///
/// A server that answers the account-administration calls of the Kore.ai public API, on an embedded
/// database or on PostgreSQL. `rolecall demo` shows it with a sample company.
#[derive(Parser)]
#[command(name = "rolecall", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Global {
    /// The database: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME [default: sqlite:rolecall.db]
    /// [env: ROLECALL_DATABASE]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// The key that seals secrets: file:PATH, env:NAME, or the key itself; on SQLite it is made
    /// beside the database if there is none [env: ROLECALL_KEY]
    #[arg(long, global = true, value_name = "KEY")]
    key: Option<String>,
    /// The configuration file [default: rolecall.toml, if it is there] [env: ROLECALL_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The form of the output
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    output: answer::Form,
}

#[derive(Subcommand)]
enum Command {
    /// Serve, until SIGTERM or Ctrl-C
    Serve(serve::Serve),
    /// Show a sample company: serve a fresh database, and print what to try
    Demo(demo::Demo),
    /// Bring the database to this version's schema; safe to run twice
    Migrate,
    /// Make and list accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Register client apps and manage them
    #[command(subcommand)]
    App(app::App),
    /// Make an account hold what a manifest says
    Apply(manifest::Apply),
    /// Tell what `apply` would change; exit code 3 if anything
    Plan(manifest::Plan),
    /// Write an account down as a manifest that `apply` takes
    Export(export::Export),
    /// Make the key that seals secrets, and renew the one that signs receipts
    #[command(subcommand)]
    Key(key::Key),
    /// Say which collections and fields of which stores hold whose data
    #[command(subcommand)]
    Datamap(datamap::Command),
    /// Erase people's data from the stores, and follow it
    #[command(subcommand)]
    Erase(erase::Command),
    /// Check receipts of erasures
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Take imports of roles back
    #[command(subcommand)]
    Roles(roles::Roles),
    /// Copy an embedded database to a file, also while it is served
    Backup(backup::Backup),
    /// Put a copy of an embedded database in its place
    Restore(backup::Restore),
    /// Check that everything is as it should be, and say how to mend what is not
    Doctor,
    /// Print a signed token of an app, and nothing else
    Token(token::Token),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Does what was asked, prints the answer, and tells the exit code.
pub async fn run(cli: Cli, machine: Machine) -> ExitCode {
    let form = cli.global.output;
    match work(cli, machine).await {
        Ok(answer) => answer.print(form),
        Err(error) => answer::print_error(&error, form),
    }
}

async fn work(cli: Cli, machine: Machine) -> anyhow::Result<Answer> {
    let Cli { global, command } = cli;
    let form = global.output;
    // These need neither configuration nor database, and must work when those are broken.
    match command {
        Command::Key(key::Key::Generate) => return Ok(key::generate(&machine)),
        Command::Receipt(command) => return command.run().await,
        Command::Completions { shell } => return Ok(completions(shell)),
        _ => {}
    }
    let mut config = Config::read(global.config.as_deref())?;
    if let Some(database) = global.database {
        config.database = database;
    }
    if let Some(key) = global.key {
        config.key = key;
    }
    let _logging = begin_logging(&config)?;
    match command {
        Command::Serve(serve) => serve.run(config, machine).await,
        Command::Demo(demo) => demo.run(config, machine, form).await,
        Command::Migrate => migrate::run(&config, &machine).await,
        Command::Account(account) => account.run(&config, machine).await,
        Command::App(app) => app.run(&config, machine).await,
        Command::Apply(apply) => apply.run(&config, machine).await,
        Command::Plan(plan) => plan.run(&config, machine).await,
        Command::Export(export) => export.run(&config, machine, form).await,
        Command::Datamap(command) => command.run(&config, machine).await,
        Command::Erase(command) => command.run(&config, machine).await,
        Command::Roles(roles) => roles.run(&config, machine).await,
        Command::Backup(backup) => backup.run(&config).await,
        Command::Restore(restore) => restore.run(&config, machine).await,
        Command::Doctor => doctor::run(&config, machine).await,
        Command::Token(token) => token.run(&config, machine).await,
        Command::Key(_) => key::renew(&config, machine).await,
        Command::Receipt(_) | Command::Completions { .. } => Ok(Answer::default()),
    }
}

fn completions(shell: clap_complete::Shell) -> Answer {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rolecall", &mut script);
    let script = String::from_utf8_lossy(&script);
    Answer::new(script.trim_end(), serde_json::json!({ "script": script }))
}

/// Begins to log, and tells of what was meant to configure something and does not.
fn begin_logging(config: &Config) -> anyhow::Result<logging::Logging> {
    let logging = logging::begin(&config.log)?;
    for (name, meant) in config::misspelt_variables() {
        tracing::warn!("the variable {name} is not known: did you mean {meant}?");
    }
    Ok(logging)
}
