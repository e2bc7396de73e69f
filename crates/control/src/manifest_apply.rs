//! Making an account hold what a manifest says: all of it, in one transaction.
//!
//! The records are gone through twice. The first time users are written, a chunk at a time, and the
//! few bots, groups and roles are gathered; the second time, when all of them are there, who is in
//! which group and who holds which role. So records may come in any order, and memory does not grow
//! with the users. A plan is the same work, undone at its end.

mod catalogue;
mod facts;
mod numbers;
mod prune;
mod report;
mod source;
mod users;

use rolecall_model::{
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    manifest::Record,
    problem::{Problem, Problems},
};
use rolecall_store::{Tx, attempt};

use self::{
    catalogue::Listed,
    numbers::{Facts, Numbers},
};
use crate::{Change, Ctx, Error};

pub use report::{Example, Kind, MAX_EXAMPLES, Outcome, Report};
pub use source::{OnRead, Source};

/// How a manifest is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether what the manifest does not list is removed. The account's owner never is.
    pub prune: bool,
    /// Whether everything is undone at the end, so that the report tells what would be done.
    pub dry_run: bool,
}

/// Makes the account hold what the manifest says; what that changed.
///
/// What is as the manifest has it is not touched, and what the manifest does not say of a thing
/// stays as it is.
/// Errors: [`Error::Invalid`] with every problem found, each at its line; then nothing has changed.
/// Concurrency: other changes of the account wait until it is done.
pub async fn apply(ctx: &Ctx, source: &Source, options: Options) -> Result<Report, Error> {
    attempt!(ctx.attempts(), |tx| apply_in(ctx, tx, source, options))
}

async fn apply_in(ctx: &Ctx, tx: &mut Tx, source: &Source, options: Options) -> Result<Report, Error> {
    tx.grow().await?;
    let mut change = Change::begin(ctx, tx).await?;
    change.need_everything()?;
    let mut work = Work::begin(ctx, options, change.account.owner_no);
    let listed = work.read_through(&mut change, source).await?;
    let catalogue = work.put_catalogue(&mut change, listed).await?;
    work.put_facts(&mut change, &catalogue, source).await?;
    if options.prune {
        work.prune(&mut change, &catalogue).await?;
    }
    let report = work.report;
    if options.dry_run {
        change.tx.nothing_to_keep();
    } else {
        change.finish().await?;
    }
    Ok(report)
}

/// Applying a manifest, under way.
struct Work<'c> {
    ctx: &'c Ctx,
    options: Options,
    owner: UserNo,
    problems: Problems,
    report: Report,
    /// The users the manifest lists.
    users: Numbers,
    /// Which users it has in which groups; gathered for removing the others.
    memberships: Facts<GroupNo>,
    /// Which users hold which roles; likewise.
    held_by_users: Facts<(BotNo, RoleNo)>,
    /// Which groups do; likewise.
    held_by_groups: Facts<(BotNo, RoleNo)>,
}

impl<'c> Work<'c> {
    fn begin(ctx: &'c Ctx, options: Options, owner: UserNo) -> Self {
        Self {
            ctx,
            options,
            owner,
            problems: Problems::default(),
            report: Report::default(),
            users: Numbers::default(),
            memberships: Facts::new(),
            held_by_users: Facts::new(),
            held_by_groups: Facts::new(),
        }
    }

    /// The first time through: users are written, the rest is gathered or left for later.
    async fn read_through(&mut self, change: &mut Change<'_>, source: &Source) -> Result<Listed, Error> {
        let mut listed = Listed::default();
        let mut pass = source.pass();
        while let Some(chunk) = pass.next().await {
            self.tell(chunk.problems);
            let mut users = Vec::with_capacity(chunk.records.len());
            for (line, record) in chunk.records {
                match record {
                    Record::User(user) => users.push((line, user)),
                    Record::Bot(bot) => self.list_bot(&mut listed, line, bot),
                    Record::Group(group) => self.list_group(&mut listed, line, group),
                    Record::Role(role) => listed.list_role(line, role),
                    Record::Assignment(_) => {}
                }
            }
            if !users.is_empty() {
                self.put_users(change, &users).await?;
            }
            if self.problems.is_full() {
                break;
            }
        }
        self.so_far_so_good()?;
        Ok(listed)
    }

    fn tell(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.problems.add(problem.path, problem.detail);
        }
    }

    /// Notes a problem with a member of the record on a line.
    fn problem(&mut self, line: u64, member: &str, detail: impl Into<String>) {
        self.problems.add_in_english(format!("line {line}/{member}"), detail);
    }

    /// Errors: the problems, if there are any.
    fn so_far_so_good(&mut self) -> Result<(), Error> {
        Ok(std::mem::take(&mut self.problems).or_ok(())?)
    }

    /// Whether the user is there when all is done.
    fn is_kept(&self, user: UserNo) -> bool {
        !self.options.prune || user == self.owner || self.users.contains(user.0)
    }
}

/// Why a user that is there may not be named all the same.
const NOT_LISTED: &str = "is the address of a user that the manifest does not list, and that would be removed: list it";

/// Why a user cannot be named.
const NO_USER: &str = "is the address of no user of the account or the manifest";

/// Sorted, so that look-ups go through their index in its order.
fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}
