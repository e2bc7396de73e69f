//! The account's own settings, as those see and change them who belong to it.

use rolecall_model::{audit::Event, delta::Delta, ids::UserNo, problem::Problems, text};
use rolecall_store::{
    Tx, accounts, attempt,
    names::{self, Thing},
};
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Record,
    authority::acts,
    version::{Expected, Version},
};

/// An account, as those see it who belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its id: 24 hex digits.
    pub account_id: String,
    /// Its id as the vendor's organisation.
    pub org_id: String,
    /// Its name.
    pub name: String,
    /// The id of the user who owns it.
    pub owner_id: String,
    /// That user's e-mail address.
    pub owner_email: String,
}

impl Settings {
    async fn of(tx: &mut Tx, account: &accounts::Account) -> Result<Self, Error> {
        let UserNo(owner_no) = account.owner_no;
        let mut owner = names::of(tx, account.no, Thing::User, &[owner_no]).await?;
        let owner = owner.remove(&owner_no);
        let (owner_id, owner_email) = owner.map(|owner| (owner.id, owner.name)).unwrap_or_default();
        Ok(Self {
            account_id: account.id.clone(),
            org_id: account.org_id.clone(),
            name: account.name.clone(),
            owner_id,
            owner_email,
        })
    }

    /// The version of the settings, for whoever is about to change them.
    pub fn version(&self) -> Version {
        Version::of(&self.facts())
    }

    fn facts(&self) -> Value {
        json!([self.account_id, self.org_id, self.name, self.owner_id, self.owner_email])
    }
}

/// The settings of the account that `ctx` acts on.
pub async fn settings(ctx: &Ctx) -> Result<Settings, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    Settings::of(&mut tx, &account).await
}

/// What is to be changed of the settings; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The account's name.
    pub name: Option<String>,
}

/// Changes the account's settings. What is so already stays so, and leaves no trace.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::Stale`](crate::Rule::Stale) if they
/// are not what their editor takes them to be.
pub async fn update(ctx: &Ctx, expected: &Expected, edit: &Edit) -> Result<Settings, Error> {
    let mut problems = Problems::default();
    if let Some(Err(bad)) = edit.name.as_deref().map(text::check_name) {
        problems.add("/name", bad);
    }
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, expected, edit))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, expected: &Expected, edit: &Edit) -> Result<Settings, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::CHANGE_SETTINGS)?;
    let before = Settings::of(change.tx, &change.account).await?;
    expected.check(&before.facts())?;
    let after = Settings { name: edit.name.clone().unwrap_or_else(|| before.name.clone()), ..before.clone() };
    if after != before {
        accounts::rename(change.tx, ctx.account, &after.name).await?;
        change.account.name.clone_from(&after.name);
        change.note([Delta::Account]);
        change.record(Record {
            event: Event::SettingsModified,
            target: after.account_id.clone(),
            description: format!("Account {} renamed, now {}", before.name, after.name),
            before: json!({"name": before.name}),
            after: json!({"name": after.name}),
        });
    }
    change.finish().await?;
    Ok(after)
}
