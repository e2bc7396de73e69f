//! `rolecall doctor`: checking that everything is as it should be.

use rolecall_control::doctor::{self, Finding};
use serde_json::{Value, json};

use super::{Answer, Machine, open};
use crate::config::Config;

/// The exit code that says that something is not well.
const UNWELL: u8 = 1;

pub(super) async fn run(config: &Config, machine: Machine) -> anyhow::Result<Answer> {
    let core = open::as_it_is(config, machine).await?;
    let findings = doctor::check(&core).await;
    core.db.close().await;
    let is_well = findings.iter().all(|finding| finding.is_ok);
    let text: Vec<String> = findings.iter().map(told).collect();
    let json = json!({"ok": is_well, "findings": findings.iter().map(shown).collect::<Vec<_>>()});
    let answer = Answer::new(text.join("\n"), json);
    Ok(if is_well { answer } else { answer.with_code(UNWELL) })
}

fn told(finding: &Finding) -> String {
    let mark = if finding.is_ok { "ok" } else { "BAD" };
    let account = finding.account.as_ref().map(|id| format!("account {id}: ")).unwrap_or_default();
    let mend = if finding.mend.is_empty() { String::new() } else { format!("\n{:<16}{}", "", finding.mend) };
    format!("{mark:<4}{:<12}{account}{}{mend}", finding.area.as_str(), finding.detail)
}

fn shown(finding: &Finding) -> Value {
    json!({
        "area": finding.area.as_str(),
        "account": finding.account,
        "ok": finding.is_ok,
        "detail": finding.detail,
        "mend": finding.mend,
    })
}
