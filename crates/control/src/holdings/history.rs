//! What became of one user over time, and who brought it about.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    ids::UserNo,
    page::{Page, Start},
    time::Instant,
    user::UserRow,
};
use rolecall_store::{
    Error as StoreError, Tx, accounts,
    assignments::NO_BOT,
    audit,
    history::{self as stored, Subject},
    names::{self, Thing},
    users,
};

use super::Named;
use crate::{Ctx, Error, audit::entry_id, authority::acts, list, users::Row};

/// The name of [`history()`] in cursors.
pub const HISTORY: &str = "user history";

/// What happened to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It was given a role itself.
    Assigned,
    /// It lost one.
    Unassigned,
    /// It came into a group.
    Joined,
    /// It left one.
    Left,
}

impl Moment {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Joined => "joined",
            Self::Left => "left",
        }
    }
}

/// Something that happened to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub moment: Moment,
    /// The role it was given or lost.
    pub role: Option<Named>,
    /// The bot that the role acts on; none if it acts on the account.
    pub bot: Option<Named>,
    /// The group it came into or left.
    pub group: Option<Named>,
    /// Who did it, as the audit log has it.
    pub by: String,
    /// The id of the audit log's entry about it.
    pub entry_id: String,
}

/// A page of what became of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The user, as it is known now or was last.
    pub user: Row,
    /// What happened to it, the newest first.
    pub events: Vec<Event>,
    /// Where the next page begins, while there is one.
    pub next_cursor: Option<String>,
}

/// A page of what became of the user with id `id`, who may be gone: the roles it was given and lost itself,
/// the groups it came into and left, the newest first.
pub async fn history(ctx: &Ctx, id: &str, page: Page) -> Result<Option<History>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let found = names::find_ever(&mut tx, ctx.account, Thing::User, &[id.to_owned()]).await?.remove(id);
    let Some(no) = found.map(|name| UserNo(name.no)) else { return Ok(None) };
    let user = users::find_many(&mut tx, ctx.account, users::Key::EverNo, &[no.0.to_string()]).await?.pop();
    let Some(user) = user else { return Ok(None) };
    let before = match page.start {
        Start::After(seq) => seq,
        Start::Offset(_) => i64::MAX,
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut moments = stored::list(&mut tx, ctx.account, no, before, i64::from(page.limit) + 1).await?;
    let has_more = moments.len() > limit;
    moments.truncate(limit);
    let last = moments.last().filter(|_| has_more).map(|moment| moment.seq);
    let told = Told::read(&mut tx, ctx, &moments).await?;
    Ok(Some(History {
        user: UserRow::from(&user).into(),
        events: moments.iter().map(|moment| told.event(moment)).collect(),
        next_cursor: last.map(|seq| list::cursor(ctx, HISTORY, seq)),
    }))
}

/// What moments are about, by number.
struct Told {
    account_id: String,
    roles: HashMap<i64, Named>,
    bots: HashMap<i64, Named>,
    groups: HashMap<i64, Named>,
    actors: HashMap<i64, String>,
}

impl Told {
    async fn read(tx: &mut Tx, ctx: &Ctx, moments: &[stored::Moment]) -> Result<Self, StoreError> {
        let (mut roles, mut bots, mut groups) = (HashSet::new(), HashSet::new(), HashSet::new());
        for moment in moments {
            match moment.subject {
                Subject::Group(group) => groups.insert(group.0),
                Subject::Role(NO_BOT, role) => roles.insert(role.0),
                Subject::Role(bot, role) => {
                    bots.insert(bot.0);
                    roles.insert(role.0)
                }
            };
        }
        let seqs: Vec<i64> = moments.iter().map(|moment| moment.seq).collect();
        Ok(Self {
            account_id: accounts::get(tx, ctx.account).await?.id,
            roles: named(tx, ctx, Thing::Role, roles).await?,
            bots: named(tx, ctx, Thing::Bot, bots).await?,
            groups: named(tx, ctx, Thing::Group, groups).await?,
            actors: audit::actors(tx, ctx.account, &seqs).await?,
        })
    }

    fn event(&self, moment: &stored::Moment) -> Event {
        let (kind, role, bot, group) = match (moment.subject, moment.has_begun) {
            (Subject::Group(group), true) => (Moment::Joined, None, None, Some(group)),
            (Subject::Group(group), false) => (Moment::Left, None, None, Some(group)),
            (Subject::Role(bot, role), true) => (Moment::Assigned, Some(role), Some(bot), None),
            (Subject::Role(bot, role), false) => (Moment::Unassigned, Some(role), Some(bot), None),
        };
        Event {
            at: moment.at,
            moment: kind,
            role: role.and_then(|role| self.roles.get(&role.0).cloned()),
            bot: bot.and_then(|bot| self.bots.get(&bot.0).cloned()),
            group: group.and_then(|group| self.groups.get(&group.0).cloned()),
            by: self.actors.get(&moment.seq).cloned().unwrap_or_default(),
            entry_id: entry_id(&self.account_id, moment.seq, moment.at),
        }
    }
}

async fn named(tx: &mut Tx, ctx: &Ctx, thing: Thing, nos: HashSet<i64>) -> Result<HashMap<i64, Named>, StoreError> {
    let mut nos: Vec<i64> = nos.into_iter().collect();
    nos.sort_unstable();
    let names = names::of(tx, ctx.account, thing, &nos).await?;
    Ok(names.into_iter().map(|(no, name)| (no, name.into())).collect())
}
