//! Checking that everything is as it should be, and saying how to mend what is not.

use std::{fmt, sync::Arc};

use rolecall_model::group::closes_a_circle;
use rolecall_store::{
    Error as StoreError, Meter, Tx,
    accounts::{self, Account},
    apps as stored_apps, memberships, migrations,
    names::{self, Thing},
    users,
};

use crate::{Core, apps, audit};

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Area {
    /// That the database answers.
    Database,
    /// That it has this version's schema.
    Migrations,
    /// That nobody rewrote an account's audit log.
    AuditLog,
    /// That an account's counters are true.
    Counters,
    /// That the secrets of apps open.
    Secrets,
    /// That no group contains itself.
    Groups,
    /// That the clock goes right.
    Clock,
}

impl Area {
    /// The area in one word, as the command line shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Migrations => "migrations",
            Self::AuditLog => "audit",
            Self::Counters => "counters",
            Self::Secrets => "secrets",
            Self::Groups => "groups",
            Self::Clock => "clock",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub area: Area,
    /// The id of the account it is about; nothing if it is about the whole database.
    pub account: Option<String>,
    /// Whether all is well.
    pub is_ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it; empty if all is well.
    pub mend: String,
}

/// How far an account's last change may lie ahead of the clock. Units: milliseconds.
const LENIENCE_MS: i64 = 5 * 60_000;

/// What each account is checked for, and what there is to say if all of them are well.
const OF_ACCOUNTS: [(Area, &str); 5] = [
    (Area::AuditLog, "every entry of every audit log follows from the one before"),
    (Area::Counters, "every account has as many users as it counts"),
    (Area::Secrets, "every app's secret opens with this sealing key"),
    (Area::Groups, "no group contains itself"),
    (Area::Clock, "no account was changed in the future"),
];

/// Checks everything. Each area is told of once if all is well, and once for each account in which
/// it is not.
///
/// Memory: that of one account's groups and apps; logs are read in chunks.
/// Concurrency: reads one state of each account, whatever is changed meanwhile.
pub async fn check(core: &Arc<Core>) -> Vec<Finding> {
    let engine = core.db.engine().as_str();
    let mut findings = Vec::new();
    if let Err(error) = core.db.ping().await {
        let mend = "see that its server runs, and that the URL of --database leads to it";
        findings.push(bad(Area::Database, None, error.to_string(), mend));
        return findings;
    }
    findings.push(well(Area::Database, format!("the database answers ({engine})")));
    if let Err(error) = migrations::check(&core.db).await {
        findings.push(bad(Area::Migrations, None, error.to_string(), "do as it says"));
        return findings;
    }
    findings.push(well(Area::Migrations, format!("its schema is version {}", migrations::VERSION)));
    if let Err(error) = check_accounts(core, &mut findings).await {
        findings.push(bad(Area::Database, None, error.to_string(), "run `rolecall doctor` again"));
    }
    findings
}

async fn check_accounts(core: &Arc<Core>, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let meter = Meter::default();
    let listed = accounts::list(&mut core.db.glance(&meter).await?).await?;
    let mut ills = Vec::new();
    for account in &listed {
        let mut tx = core.db.read(&meter).await?;
        // Read again, in the state in which all the rest is read.
        let account = accounts::get(&mut tx, account.no).await?;
        ills.extend(check_account(core, &mut tx, &account).await?);
    }
    for (area, all_well) in OF_ACCOUNTS {
        if ills.iter().all(|ill| ill.area != area) {
            findings.push(well(area, format!("{all_well} ({} accounts)", listed.len())));
        }
    }
    findings.extend(ills);
    Ok(())
}

/// What is not well in one account.
async fn check_account(core: &Core, tx: &mut Tx, account: &Account) -> Result<Vec<Finding>, StoreError> {
    let mut ills = Vec::new();
    let mut ill = |area, detail, mend| ills.push(bad(area, Some(account.id.clone()), detail, mend));

    if let Some(broken) = audit::verify(tx, account).await? {
        ill(
            Area::AuditLog,
            broken.to_string(),
            "somebody wrote into the database past Rolecall: compare the log with a backup from before",
        );
    }
    let n_users = users::count(tx, account.no).await?;
    if n_users != account.n_users {
        let detail =
            format!("the account's count of users says {}, and counting them gives {n_users}", account.n_users);
        ill(Area::Counters, detail, "somebody wrote into the database past Rolecall: restore a backup from before");
    }
    for app in stored_apps::list(tx, account.no).await? {
        if apps::secrets(core, &app, core.clock.now()).is_err() {
            let detail = format!("the secret of app {} ({}) does not open", app.id, app.name);
            ill(
                Area::Secrets,
                detail,
                "give the key it was sealed with, by --key or ROLECALL_KEY, or make a new secret: `rolecall app rotate`",
            );
        }
    }
    if let Some(group) = group_in_itself(tx, account).await? {
        ill(Area::Groups, format!("the group {group} contains itself"), "take it out of the groups inside it");
    }
    let now = core.clock.now();
    if account.changed_at > now.plus_ms(LENIENCE_MS) {
        let detail = format!("the account was last changed at {}, and now it is {now}", account.changed_at);
        ill(
            Area::Clock,
            detail,
            "set this machine's clock; if it is right, changes are dated as the last one until time has caught up",
        );
    }
    Ok(ills)
}

/// A group that contains itself, by name and id.
async fn group_in_itself(tx: &mut Tx, account: &Account) -> Result<Option<String>, StoreError> {
    let nested = memberships::nested(tx, account.no).await?;
    let Some((group, _)) = closes_a_circle(&[], &nested).and_then(|index| nested.get(index)) else { return Ok(None) };
    let names = names::of(tx, account.no, Thing::Group, &[group.0]).await?;
    Ok(Some(names.get(&group.0).map_or_else(|| group.0.to_string(), |name| format!("{} ({})", name.name, name.id))))
}

fn well(area: Area, detail: String) -> Finding {
    Finding { area, account: None, is_ok: true, detail, mend: String::new() }
}

fn bad(area: Area, account: Option<String>, detail: String, mend: &str) -> Finding {
    Finding { area, account, is_ok: false, detail, mend: mend.to_owned() }
}
