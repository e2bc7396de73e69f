//! `rolecall erase`: erasures from the command line, as the API has them.

mod follow;
mod people;

use std::{
    collections::BTreeSet,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    pin::pin,
    sync::Arc,
};

use anyhow::ensure;
use clap::{Args, Subcommand};
use people::People;
use rolecall_control::{
    Ctx,
    erasure::{self, Accepted, NewErasure, Report},
};
use rolecall_erasure::{engine::Engine, map::Severity};
use rolecall_model::{
    erasure::{MAX_SUBJECTS, Outcome, State, Subject},
    time::Instant,
};
use serde_json::{Value, json};

use super::{Answer, Machine, account, datamap::OfAccount, open};
use crate::{
    api::wire::{preview::Preview, report::Erasure},
    config::Config,
    erasing::{self, Previewed},
};

/// The exit code that says that not everything that should be gone is gone.
const LEFT: u8 = 1;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Tell what an erasure would do, and change nothing
    Preview {
        #[command(flatten)]
        account: OfAccount,
        #[command(flatten)]
        whose: Whose,
    },
    /// Erase people's data: ask for it, and do it here and now; exit code 1 if anything is left
    Run {
        #[command(flatten)]
        account: OfAccount,
        #[command(flatten)]
        whose: Whose,
        /// Only by this plan, which a preview showed
        #[arg(long, value_name = "HASH")]
        plan_hash: Option<String>,
        /// Why, for the receipt; must name nobody
        #[arg(long, value_name = "TEXT")]
        grounds: Option<String>,
        /// Leave the work to a server that runs
        #[arg(long)]
        no_wait: bool,
        /// Do not ask whether to go on
        #[arg(long)]
        yes: bool,
    },
    /// Tell how far a request is, and how it fares for each person in each store
    Status(OfRequest),
    /// Follow a request until it has ended or waits for somebody
    Watch(OfRequest),
    /// Call a request off, as long as nothing was erased
    Cancel(OfRequest),
    /// Agree to the plan of a request that waits for it
    Approve(OfRequest),
    /// Do not wait any longer with what was put off
    Retry(OfRequest),
    /// Print the receipt of a request that has ended
    Receipt(OfRequest),
    /// After a restore: erase again whom the ledger knows and the stores have again
    Reapply {
        #[command(flatten)]
        account: OfAccount,
        /// Whom the ledger knows since then: when the backup was made, as 2026-01-31 or
        /// 2026-01-31T09:30:00Z
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Instant,
        /// Only tell how many there are
        #[arg(long)]
        dry_run: bool,
        /// Leave the work to a server that runs
        #[arg(long)]
        no_wait: bool,
    },
}

#[derive(Args)]
pub(super) struct Whose {
    #[command(flatten)]
    people: People,
    /// Only data of this bot; may be given several times [default: data of all bots]
    #[arg(long, value_name = "ID")]
    bot: Vec<String>,
}

#[derive(Args)]
pub(super) struct OfRequest {
    #[command(flatten)]
    account: OfAccount,
    /// The request's id
    #[arg(value_name = "REQUEST")]
    request: String,
}

fn time(text: &str) -> Result<Instant, String> {
    Instant::parse(text).map_err(|error| error.to_string())
}

impl Whose {
    fn wish(&self) -> anyhow::Result<NewErasure> {
        let subjects = self.people.read()?;
        Ok(NewErasure {
            subjects,
            bot_ids: self.bot.clone(),
            is_all_bots: self.bot.is_empty(),
            ..NewErasure::default()
        })
    }
}

impl Command {
    pub(super) async fn run(self, config: &Config, machine: Machine) -> anyhow::Result<Answer> {
        let core = open::core(config, machine).await?;
        let engine = erasing::engine(&core, config);
        let ctx = account::operator(&core, self.account()).await?;
        let done = self.work(&ctx, &engine).await;
        core.db.close().await;
        done
    }

    fn account(&self) -> Option<&str> {
        let account = match self {
            Self::Preview { account, .. } | Self::Run { account, .. } | Self::Reapply { account, .. } => account,
            Self::Status(of)
            | Self::Watch(of)
            | Self::Cancel(of)
            | Self::Approve(of)
            | Self::Retry(of)
            | Self::Receipt(of) => &of.account,
        };
        account.id.as_deref()
    }

    async fn work(self, ctx: &Ctx, engine: &Arc<Engine>) -> anyhow::Result<Answer> {
        match self {
            Self::Preview { whose, .. } => {
                let previewed = erasing::preview(ctx, engine, &whose.wish()?).await?;
                let text = plan(&previewed);
                Ok(Answer::new(text, serde_json::to_value(Preview::from(previewed))?))
            }
            Self::Run { whose, plan_hash, grounds, no_wait, yes, .. } => {
                let wish = NewErasure { plan_hash, grounds, ..whose.wish()? };
                ensure!(yes || agreed(ctx, engine, &wish).await?, "nothing was erased");
                let accepted = erasure::request(ctx, &wish).await?;
                if no_wait { Ok(left_to_others(&accepted)) } else { done(carry_out(ctx, engine, &accepted).await?) }
            }
            Self::Status(OfRequest { request, .. }) => {
                let report = erasure::report(ctx, &request).await?;
                Ok(Answer::new(told(&report), serde_json::to_value(Erasure::from(report))?))
            }
            Self::Watch(OfRequest { request, .. }) => done(follow::until_rest(ctx, &request).await?),
            Self::Cancel(OfRequest { request, .. }) => {
                erasure::cancel(ctx, &request).await?;
                Ok(Answer::new(format!("Request {request} called off."), json!({"requestId": request})))
            }
            Self::Approve(OfRequest { request, .. }) => {
                erasure::approve(ctx, &request).await?;
                Ok(Answer::new(format!("Request {request} approved."), json!({"requestId": request})))
            }
            Self::Retry(OfRequest { request, .. }) => {
                erasure::retry(ctx, &request).await?;
                Ok(Answer::new(format!("Request {request} is due now."), json!({"requestId": request})))
            }
            Self::Receipt(OfRequest { request, .. }) => {
                let jws = erasure::receipt(ctx, &request).await?;
                Ok(Answer::new(jws.clone(), json!({"requestId": request, "receipt": jws})))
            }
            Self::Reapply { since, dry_run, no_wait, .. } => reapply(ctx, engine, since, dry_run, no_wait).await,
        }
    }
}

/// Shows what would be erased, and asks. Only somebody at a terminal can be asked.
async fn agreed(ctx: &Ctx, engine: &Engine, wish: &NewErasure) -> anyhow::Result<bool> {
    ensure!(io::stdin().is_terminal(), "nobody is there to be asked; --yes says that it is meant");
    eprintln!("{}", plan(&erasing::preview(ctx, engine, wish).await?));
    eprint!("\nErase it? There is no way back. [y/N] ");
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Works on a request here, and shows how far it is meanwhile; how it stood in the end.
async fn carry_out(ctx: &Ctx, engine: &Arc<Engine>, accepted: &Accepted) -> anyhow::Result<Report> {
    let (worker, account, no) = (Arc::clone(engine), ctx.account, accepted.no);
    let mut work = tokio::spawn(async move { worker.work_on(account, no).await });
    let mut followed = pin!(follow::until_rest(ctx, &accepted.id));
    let report = tokio::select! {
        report = &mut followed => report,
        done = &mut work => {
            done??;
            return Ok(followed.await?);
        }
    };
    // One that begins later, or that somebody has to move on, is not waited for.
    work.abort();
    Ok(report?)
}

fn left_to_others(accepted: &Accepted) -> Answer {
    let id = &accepted.id;
    let text = format!("Request {id} accepted. To follow it: rolecall erase watch {id}");
    Answer::new(text, json!({"requestId": id}))
}

/// The answer once a request has come to rest.
fn done(report: Report) -> anyhow::Result<Answer> {
    let gone = [Outcome::Erased, Outcome::NotFound];
    let is_gone = report.state == State::Done && report.subjects.iter().all(|subject| gone.contains(&subject.outcome));
    let answer = Answer::new(told(&report), serde_json::to_value(Erasure::from(report))?);
    Ok(if is_gone { answer } else { answer.with_code(LEFT) })
}

async fn reapply(
    ctx: &Ctx,
    engine: &Arc<Engine>,
    since: Instant,
    dry_run: bool,
    no_wait: bool,
) -> anyhow::Result<Answer> {
    let hashes: BTreeSet<String> = erasure::ledger_since(ctx, since).await?.into_iter().map(|(hash, _)| hash).collect();
    let known = hashes.len();
    let back: Vec<Subject> =
        if hashes.is_empty() { Vec::new() } else { engine.find_again(ctx.account, &hashes).await? };
    let found = format!("Since {since} the ledger knows {known} people; {} of them are there again.", back.len());
    let mut json = json!({"since": since, "known": known, "found": back.len(), "requests": []});
    if dry_run || back.is_empty() {
        return Ok(Answer::new(found, json));
    }
    eprintln!("{found}");
    let (mut requests, mut is_gone, mut text) = (Vec::new(), true, Vec::new());
    for some in back.chunks(MAX_SUBJECTS) {
        let wish = NewErasure {
            subjects: some.to_vec(),
            is_all_bots: true,
            grounds: Some("erased again after a restore".to_owned()),
            ..NewErasure::default()
        };
        let accepted = erasure::request(ctx, &wish).await?;
        if no_wait {
            text.push(format!("Request {} accepted.", accepted.id));
            requests.push(json!({"requestId": accepted.id}));
            continue;
        }
        let report = carry_out(ctx, engine, &accepted).await?;
        text.push(told(&report));
        let n_left = report.subjects.iter().filter(|subject| subject.outcome != Outcome::Erased).count();
        is_gone &= report.state == State::Done && n_left == 0;
        requests.push(serde_json::to_value(Erasure::from(report))?);
    }
    json["requests"] = Value::from(requests);
    let answer = Answer::new(text.join("\n"), json);
    Ok(if is_gone { answer } else { answer.with_code(LEFT) })
}

/// What a preview shows, by person.
fn plan(previewed: &Previewed) -> String {
    let mut lines = Vec::new();
    for subject in &previewed.subjects {
        let why = match (subject.outcome, subject.cause.as_str()) {
            (None, "") if subject.stores.is_empty() => ": nothing is there".to_owned(),
            (None, "") => String::new(),
            (None, cause) => format!(": {}", cause.replace('_', " ")),
            (Some(outcome), "") => format!(": {}", outcome.as_str()),
            (Some(outcome), cause) => format!(": {} ({})", outcome.as_str(), cause.replace('_', " ")),
        };
        lines.push(format!("{}{why}", name(&subject.subject)));
        for store in &subject.stores {
            for part in &store.collections {
                let rows = if part.rows == 1 { "row" } else { "rows" };
                lines.push(format!(
                    "  {:<12}{:<24}{:<8}{:>8} {rows}",
                    store.store, part.collection, part.action, part.rows
                ));
            }
        }
    }
    for finding in &previewed.warnings {
        let mark = if finding.severity == Severity::Error { "BAD" } else { "warn" };
        lines.push(format!("{mark:<6}{} ({}): {}", finding.place, finding.code, finding.detail));
    }
    lines.push(format!("plan  {}", previewed.plan_hash));
    lines.join("\n")
}

/// How a request fares, by person.
fn told(report: &Report) -> String {
    let with = |word: &str, cause: &str| {
        let word = word.replace('_', " ");
        if cause.is_empty() { word } else { format!("{word} ({})", cause.replace('_', " ")) }
    };
    let mut lines = vec![format!("{}  {}", report.id, with(report.state.as_str(), &report.cause))];
    let ended = report.ended_at.map(|at| format!(", ended {at}")).unwrap_or_default();
    lines.push(format!("asked {}, due {}{ended}", report.requested_at, report.deadline));
    for part in &report.stores {
        let next = part.next_attempt_at.map(|at| format!("; tried again at {at}")).unwrap_or_default();
        let notes = if part.notes.is_empty() { String::new() } else { format!("; {}", part.notes) };
        lines.push(format!("{:<12}{}{next}{notes}", part.store, with(part.state.as_str(), &part.cause)));
    }
    for subject in &report.subjects {
        let who = subject.subject.as_ref().map_or_else(|| subject.hash.clone(), name);
        lines.push(format!("{who}  {}", with(subject.outcome.as_str(), &subject.cause)));
        for store in &subject.stores {
            let outcome = with(store.outcome.as_str(), &store.cause);
            let counts = format!(
                "{} found, {} erased, {} masked, {} left",
                store.found, store.erased, store.masked, store.quarantined
            );
            lines.push(format!("  {:<12}{outcome:<12}{counts}", store.store));
        }
    }
    for rows in &report.quarantine {
        let object = if rows.object.is_empty() { String::new() } else { format!(", {}", rows.object) };
        lines.push(format!(
            "{:<12}{} rows of {} would not go ({}{object})",
            rows.store, rows.n_rows, rows.collection, rows.code
        ));
    }
    lines.join("\n")
}

/// A person, as the operator named them.
fn name(subject: &Subject) -> String {
    match subject {
        Subject::Plain(text) => text.clone(),
        Subject::Channel { channel_id, channel_user_id } => format!("{channel_id}:{channel_user_id}"),
    }
}
