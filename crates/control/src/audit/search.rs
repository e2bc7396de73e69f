//! Looking for entries of the log, one entry whole, and taking the log out.

use rolecall_model::{
    audit::Event,
    page::{Page, Start},
    text::fold,
    time::Instant,
};
use rolecall_store::{Tx, accounts, audit};

use super::{Entry, chain, entry_id, find_seq};
use crate::{Ctx, Error, authority::acts, list};

/// The name of [`search()`] in cursors.
pub const SEARCH: &str = "audit";

/// How many entries a search looks at before it answers with what it has found so far.
const MAX_LOOKED_AT: usize = 10_000;
/// How many entries are read at once.
const CHUNK: i64 = 1_000;

/// Which entries are looked for; all that is said must be so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this event.
    pub event: Option<Event>,
    /// By whom, as entries have it: `app:cs-...`, `user:u-...` or `operator`.
    pub actor: Option<String>,
    /// About the thing with this id.
    pub target: Option<String>,
    /// With this in the sentence that describes it, in any case of letters.
    pub text: Option<String>,
    /// Not from before this.
    pub from: Option<Instant>,
    /// From before this.
    pub until: Option<Instant>,
}

/// A page of what was found, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entries, each with its id.
    pub entries: Vec<(String, Entry)>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    pub next_cursor: Option<String>,
    /// How far back was looked, if it was not all the way.
    pub looked_back_to: Option<Instant>,
}

/// The filter in the form in which entries are held against it.
struct Sieve<'f> {
    filter: &'f Filter,
    text: Option<String>,
}

impl<'f> Sieve<'f> {
    fn of(filter: &'f Filter) -> Self {
        Self { filter, text: filter.text.as_deref().map(fold).filter(|text| !text.is_empty()) }
    }

    fn lets_through(&self, entry: &Entry) -> bool {
        let Filter { event, actor, target, .. } = self.filter;
        event.is_none_or(|event| event.name() == entry.event)
            && actor.as_ref().is_none_or(|actor| *actor == entry.actor)
            && target.as_ref().is_none_or(|target| entry.target.split(' ').any(|id| id == target))
            && self.text.as_ref().is_none_or(|text| fold(&entry.description).contains(text))
    }
}

/// The numbers of the first entry in the time of `filter`, and of the first one past it.
async fn bounds(tx: &mut Tx, account: &accounts::Account, filter: &Filter) -> Result<(i64, i64), Error> {
    // Numbers have no gaps and times never go back.
    let end = account.audit_seq + 1;
    let mut first_from = async |at: Option<Instant>, otherwise: i64| match at {
        None => Ok::<_, Error>(otherwise),
        Some(at) => Ok(audit::first_from(tx, account.no, at).await?.unwrap_or(end)),
    };
    Ok((first_from(filter.from, 1).await?, first_from(filter.until, end).await?))
}

/// A page of the entries that `filter` asks for, the newest first.
pub async fn search(ctx: &Ctx, filter: &Filter, page: Page) -> Result<Found, Error> {
    ctx.need_to(&acts::READ_AUDIT)?;
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    let (first, past) = bounds(&mut tx, &account, filter).await?;
    let mut newest = match page.start {
        Start::After(seq) => (seq - 1).min(past - 1),
        Start::Offset(_) => past - 1,
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let sieve = Sieve::of(filter);
    let mut found: Vec<Entry> = Vec::new();
    let mut n_looked_at = 0;
    let mut oldest: Option<(i64, Instant)> = None;
    while newest >= first && found.len() <= limit && n_looked_at < MAX_LOOKED_AT {
        let entries = audit::list_down(&mut tx, ctx.account, newest, first, CHUNK).await?;
        let Some(last) = entries.last() else { break };
        oldest = Some((last.seq, last.at));
        newest = last.seq - 1;
        n_looked_at += entries.len();
        found.extend(entries.into_iter().filter(|entry| sieve.lets_through(entry)));
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let (next, looked_back_to) = if has_more {
        (found.last().map(|entry| entry.seq), found.last().map(|entry| entry.at))
    } else {
        let stopped = oldest.filter(|_| newest >= first);
        (stopped.map(|(seq, _)| seq), stopped.map(|(_, at)| at))
    };
    Ok(Found {
        entries: found.into_iter().map(|entry| (entry_id(&account.id, entry.seq, entry.at), entry)).collect(),
        next_cursor: next.map(|seq| list::cursor(ctx, SEARCH, seq)),
        looked_back_to,
    })
}

/// An entry with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its id.
    pub id: String,
    /// The entry.
    pub entry: Entry,
    /// The id of the entry before; none for the first.
    pub previous_id: Option<String>,
    /// The hash of the entry before; empty for the first.
    pub previous_hash: String,
}

/// An entry whole, and whether the chain holds where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The entry.
    pub linked: Linked,
    /// Whether its hash is that of what it says and of the entry before, and the entry after it, or the
    /// account itself, has been made on top of it.
    pub holds: bool,
}

/// The account's entry with this id.
pub async fn find(ctx: &Ctx, id: &str) -> Result<Option<Detail>, Error> {
    ctx.need_to(&acts::READ_AUDIT)?;
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    let Some(seq) = find_seq(&mut tx, &account, id).await? else { return Ok(None) };
    let mut around = audit::list_after(&mut tx, ctx.account, seq - 2, 3).await?;
    let previous = around.iter().find(|entry| entry.seq == seq - 1).cloned();
    let next = around.iter().find(|entry| entry.seq == seq + 1).cloned();
    let Some(at) = around.iter().position(|entry| entry.seq == seq) else { return Ok(None) };
    let entry = around.swap_remove(at);
    let linked = Linked {
        id: id.to_owned(),
        previous_id: previous.as_ref().map(|previous| entry_id(&account.id, previous.seq, previous.at)),
        previous_hash: previous.map(|previous| previous.hash).unwrap_or_default(),
        entry,
    };
    let entry = &linked.entry;
    let is_own = entry.hash == chain(&account.id, &linked.previous_hash, entry);
    let is_built_upon = match next {
        Some(next) => next.hash == chain(&account.id, &entry.hash, &next),
        None => account.audit_seq == seq && account.audit_hash == entry.hash,
    };
    let is_linked = seq == 1 || linked.previous_id.is_some();
    Ok(Some(Detail { holds: is_own && is_built_upon && is_linked, linked }))
}

/// A log on its way out: the entries that a filter asks for, the oldest first, as they are when it begins.
#[derive(Debug)]
pub struct Export {
    filter: Filter,
    account_id: String,
    /// The entry looked at last: its number, its id and its hash.
    last: (i64, Option<String>, String),
    past: i64,
}

impl Export {
    /// Begins.
    pub async fn begin(ctx: &Ctx, filter: Filter) -> Result<Self, Error> {
        ctx.need_to(&acts::READ_AUDIT)?;
        let mut tx = ctx.read().await?;
        let account = accounts::get(&mut tx, ctx.account).await?;
        let (first, past) = bounds(&mut tx, &account, &filter).await?;
        let before = audit::list_down(&mut tx, ctx.account, first - 1, first - 1, 1).await?.pop();
        let id = before.as_ref().map(|before| entry_id(&account.id, before.seq, before.at));
        let hash = before.map(|before| before.hash).unwrap_or_default();
        Ok(Self { filter, account_id: account.id, last: (first - 1, id, hash), past })
    }

    /// The account's id, which names the chain.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The next entries, of up to 1,000 looked at; nothing once there are no more.
    pub async fn next(&mut self, ctx: &Ctx) -> Result<Option<Vec<Linked>>, Error> {
        let limit = (self.past - 1 - self.last.0).min(CHUNK);
        if limit <= 0 {
            return Ok(None);
        }
        let entries = audit::list_after(&mut ctx.read().await?, ctx.account, self.last.0, limit).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        let sieve = Sieve::of(&self.filter);
        let mut linked = Vec::new();
        for entry in entries {
            let id = entry_id(&self.account_id, entry.seq, entry.at);
            let last = (entry.seq, Some(id.clone()), entry.hash.clone());
            let (_, previous_id, previous_hash) = std::mem::replace(&mut self.last, last);
            if sieve.lets_through(&entry) {
                linked.push(Linked { id, entry, previous_id, previous_hash });
            }
        }
        Ok(Some(linked))
    }
}
