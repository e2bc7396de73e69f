//! Following a request: a bar for each store on a terminal, a line for each step elsewhere.

use std::{collections::BTreeMap, io::IsTerminal as _, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rolecall_control::{
    Ctx, Error as ControlError,
    erasure::{self, PartReport, Report},
};
use rolecall_model::erasure::State;

/// How often it is looked how far a request is.
const LOOK: Duration = Duration::from_millis(250);

/// Follows the request until it has ended, waits for a person, or begins only later; how it stood then.
pub(super) async fn until_rest(ctx: &Ctx, id: &str) -> Result<Report, ControlError> {
    let mut view = View::new();
    loop {
        let report = erasure::report(ctx, id).await?;
        view.show(&report);
        if is_at_rest(ctx, &report) {
            view.end();
            return Ok(report);
        }
        #[expect(clippy::disallowed_methods, reason = "who watches wants to see how far it is now and then")]
        tokio::time::sleep(LOOK).await;
    }
}

/// Whether nothing will happen for now unless somebody does something.
pub(super) fn is_at_rest(ctx: &Ctx, report: &Report) -> bool {
    let waits_for_somebody = matches!(report.state, State::Held | State::AwaitingApproval)
        || (report.state == State::Planned && report.cause == "plan_changed");
    let begins_later = report.state == State::Pending && report.not_before > ctx.now();
    report.state.is_final() || waits_for_somebody || begins_later
}

enum View {
    /// A bar for each store.
    Bars { bars: MultiProgress, of: BTreeMap<String, ProgressBar> },
    /// A line for each step; what was said last of each store, and of the request itself under "".
    Lines { said: BTreeMap<String, String> },
}

impl View {
    fn new() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bars { bars: MultiProgress::new(), of: BTreeMap::new() }
        } else {
            Self::Lines { said: BTreeMap::new() }
        }
    }

    fn show(&mut self, report: &Report) {
        match self {
            Self::Bars { bars, of } => {
                for part in &report.stores {
                    let bar = of.entry(part.store.clone()).or_insert_with(|| {
                        let bar = bars.add(ProgressBar::no_length());
                        let style = ProgressStyle::with_template("{prefix:16} {bar:30} {pos}/{len} {msg}");
                        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                        bar.set_prefix(part.store.clone());
                        bar
                    });
                    if let Some((done, total)) = progress(report, &part.store) {
                        bar.set_length(total);
                        bar.set_position(done);
                    }
                    bar.set_message(standing(part));
                }
            }
            Self::Lines { said } => {
                let request = std::iter::once((String::new(), words(report.state, &report.cause)));
                let parts = report.stores.iter().map(|part| (part.store.clone(), standing(part)));
                for (whose, words) in request.chain(parts) {
                    if said.get(&whose) != Some(&words) {
                        let of = if whose.is_empty() { report.id.clone() } else { format!("  {whose}") };
                        eprintln!("{of}  {words}");
                        said.insert(whose, words);
                    }
                }
            }
        }
    }

    fn end(&self) {
        if let Self::Bars { of, .. } = self {
            of.values().for_each(ProgressBar::abandon);
        }
    }
}

/// How many rows of a store are done with, of how many.
fn progress(report: &Report, store: &str) -> Option<(u64, u64)> {
    let progress = report.progress.iter().find(|progress| progress.store == store)?;
    Some((u64::try_from(progress.done).unwrap_or_default(), u64::try_from(progress.total).unwrap_or_default()))
}

fn standing(part: &PartReport) -> String {
    let words = words(part.state, &part.cause);
    match part.next_attempt_at {
        Some(at) => format!("{words}; tried again at {at}"),
        None => words,
    }
}

fn words(state: State, cause: &str) -> String {
    let state = state.as_str().replace('_', " ");
    if cause.is_empty() { state } else { format!("{state} ({})", cause.replace('_', " ")) }
}
