//! A change of an account: one at a time, with its audit entries, or not at all.

use rolecall_model::{
    audit::Event,
    authority::Powers,
    delta::{Delta, MAX_DELTAS},
    ids::AccountNo,
    time::Instant,
};
use rolecall_store::{Tx, accounts, audit, changes};
use serde_json::Value;

use crate::{
    Ctx, Error,
    audit::chain,
    authority::Authority,
    idempotency::{self, Claim},
};

/// One thing that was changed, for the audit log.
#[derive(Clone, Debug)]
pub struct Record {
    /// What happened.
    pub event: Event,
    /// What it happened to: ids, with a space between.
    pub target: String,
    /// The same in a sentence for people.
    pub description: String,
    /// What was; [`Value::Null`] for what is new.
    pub before: Value,
    /// What is; [`Value::Null`] for what is gone.
    pub after: Value,
}

/// A change of one account in the making. It holds the account's lock, so what it reads stays true
/// until it is finished, and every other change of the account waits.
pub struct Change<'t> {
    /// The transaction all of it is in.
    pub tx: &'t mut Tx,
    /// The account, with the numbers it will have.
    pub account: accounts::Account,
    /// When: the clock, but never before the account's last change, so that history stays in order
    /// when a clock jumps back.
    pub at: Instant,
    /// On whose authority this is done.
    pub(crate) authority: Authority,
    /// How far that reaches, as it is under the lock.
    pub(crate) powers: Powers,
    actor: String,
    pending: Vec<audit::Entry>,
    deltas: changes::Deltas,
    is_changed: bool,
    claim: Option<Claim>,
    first_seq: i64,
}

/// Entries are written in batches of this many, so that a change of millions runs in constant memory.
const BATCH: usize = 1_024;

impl<'t> Change<'t> {
    /// Locks the account, reads what whoever asks may do now, and begins.
    ///
    /// Errors: [`Rule::NotPermitted`](crate::Rule::NotPermitted) for a person who is gone or may no
    /// longer sign in.
    pub async fn begin(ctx: &Ctx, tx: &'t mut Tx) -> Result<Self, Error> {
        let mut change = Self::of_several(ctx, tx).await?;
        change.act_as(ctx).await?;
        Ok(change)
    }

    /// Locks the account and begins what several ask for. Nothing is permitted until it is said who asks
    /// for the next part of it ([`Self::act_as`]).
    pub(crate) async fn of_several(ctx: &Ctx, tx: &'t mut Tx) -> Result<Self, Error> {
        let mut account = accounts::lock(tx, ctx.account).await?;
        let at = ctx.now().max(account.changed_at);
        account.changed_at = at;
        account.revision += 1;
        let first_seq = account.audit_seq + 1;
        Ok(Self {
            tx,
            account,
            at,
            authority: ctx.authority.clone(),
            powers: Powers::default(),
            actor: ctx.actor.as_text(),
            pending: Vec::new(),
            deltas: Some(Vec::new()),
            is_changed: false,
            claim: ctx.claim.clone(),
            first_seq,
        })
    }

    /// The account's number.
    pub fn account_no(&self) -> AccountNo {
        self.account.no
    }

    /// The number of the next new thing of the account.
    pub fn next_no(&mut self) -> i64 {
        let no = self.account.next_no;
        self.account.next_no += 1;
        no
    }

    /// Says who asks for what is done from now on, where one change does what several ask for. What has
    /// been written so far counts: it may have given or taken what the next one may do.
    ///
    /// Errors: as of [`Self::begin`].
    pub async fn act_as(&mut self, ctx: &Ctx) -> Result<(), Error> {
        // Whatever comes of reading, what is done now is no longer on the authority of the last one.
        self.powers = Powers::default();
        self.powers = ctx.authority.powers_now(self.tx, self.account.no).await?;
        self.authority = ctx.authority.clone();
        self.actor = ctx.actor.as_text();
        Ok(())
    }

    /// Notes one thing that changed; the number of its audit entry.
    pub fn record(&mut self, record: Record) -> i64 {
        let text = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        self.account.audit_seq += 1;
        let mut entry = audit::Entry {
            seq: self.account.audit_seq,
            at: self.at,
            event: record.event.name().to_owned(),
            actor: self.actor.clone(),
            target: record.target,
            description: record.description,
            before: text(&record.before),
            after: text(&record.after),
            hash: String::new(),
        };
        entry.hash = chain(&self.account.id, &self.account.audit_hash, &entry);
        self.account.audit_hash.clone_from(&entry.hash);
        self.pending.push(entry);
        self.is_changed = true;
        self.account.audit_seq
    }

    /// Notes what images of the account in memory have to know of the change. More than is worth
    /// keeping is forgotten, and images are loaded again.
    pub fn note(&mut self, deltas: impl IntoIterator<Item = Delta>) {
        if let Some(noted) = &mut self.deltas {
            noted.extend(deltas);
            if noted.len() > MAX_DELTAS {
                self.deltas = None;
            }
        }
    }

    /// Writes the noted entries out if they have become many. Long changes call it between steps.
    pub async fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.pending.len() >= BATCH { self.flush().await } else { Ok(()) }
    }

    /// Writes the entries, what was noted, and the account's new numbers. A change that recorded nothing writes
    /// nothing, and the account's revision stays.
    pub async fn finish(mut self) -> Result<(), Error> {
        if !self.is_changed {
            self.tx.nothing_to_keep();
            return Ok(());
        }
        self.flush().await?;
        if let Some(claim) = &self.claim {
            idempotency::mark(self.tx, self.account.no, claim, self.first_seq).await?;
        }
        changes::insert(self.tx, self.account.no, self.account.revision, &self.deltas).await?;
        accounts::save(self.tx, &self.account).await?;
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let entries = std::mem::take(&mut self.pending);
        audit::insert(self.tx, self.account.no, &entries).await?;
        Ok(())
    }
}
