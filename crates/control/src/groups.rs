//! Groups: making them. Who is in them is in [`crate::memberships`].

use rolecall_model::{
    audit::Event,
    group::Group,
    ids::{GroupNo, Kind, prefixed},
    problem::Problems,
    role_import::MAX_DESCRIPTION_CHARS,
    text,
};
use rolecall_store::{Tx, groups};
use serde_json::{Value, json};

use crate::{Change, Ctx, Error, Record, Rule};

/// What is asked for when a group is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Makes a group with nobody in it.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::Taken`] for one that is taken.
pub async fn create(ctx: &Ctx, new: &NewGroup) -> Result<Group, Error> {
    let mut problems = Problems::default();
    if let Err(bad) = text::check_name(&new.name) {
        problems.add("name", bad.to_string());
    }
    if new.description.chars().count() > MAX_DESCRIPTION_CHARS {
        problems.add("description", format!("must have at most {MAX_DESCRIPTION_CHARS} characters"));
    }
    problems.or_ok(())?;
    let mut attempts = ctx.attempts();
    loop {
        let mut tx = attempts.begin().await?;
        let result = create_in(ctx, &mut tx, new).await;
        if let Some(settled) = attempts.settle(tx, result).await {
            return settled;
        }
    }
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, new: &NewGroup) -> Result<Group, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    if !groups::find_by_names(change.tx, ctx.account, &[text::fold(&new.name)]).await?.is_empty() {
        return Err(Error::refused(Rule::Taken, "name", "another group of the account has that name"));
    }
    let mut made = insert(ctx, &mut change, std::slice::from_ref(new)).await?;
    change.finish().await?;
    made.pop().ok_or_else(|| rolecall_store::Error::Failed { code: "no group was made".to_owned() }.into())
}

/// Makes groups within a change, in their order. The caller has seen to it that their names are
/// names, and free.
pub async fn insert(ctx: &Ctx, change: &mut Change<'_>, new: &[NewGroup]) -> Result<Vec<Group>, Error> {
    let mut made = Vec::with_capacity(new.len());
    for new in new {
        let group = Group {
            no: GroupNo(change.next_no()),
            id: prefixed(Kind::Group, ctx.core.random.bytes()),
            name: new.name.clone(),
            description: new.description.clone(),
            created_at: change.at,
        };
        change.record(Record {
            event: Event::GroupCreated,
            target: group.id.clone(),
            description: format!("Group {} created", group.name),
            before: Value::Null,
            after: json!({"groupId": group.id, "name": group.name, "description": group.description}),
        });
        made.push(group);
    }
    let account = change.account_no();
    groups::insert(change.tx, account, &made).await?;
    change.flush_if_full().await?;
    Ok(made)
}
