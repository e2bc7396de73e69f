//! Bringing an image forward.

use std::sync::Arc;

use rolecall_model::{
    bot::Bot,
    delta::Delta,
    group::Group,
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    role::Role,
    user::User,
};

use crate::{
    catalogue::{GroupEntry, RoleEntry, RolesByType},
    chunk_edit::{Changes, Edit, Editor},
    facts::Fact,
    groups::reached,
    image::{Account, BoundApp, Image, Roster},
    index::Index,
    load::Unfit,
};

/// What happened to an account from one revision to a later one, and how what it names looks at
/// that later one. The row of what is gone is `None`.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The later revision.
    pub revision: i64,
    /// What happened, in its order.
    pub deltas: Vec<Delta>,
    /// The account, if it was named.
    pub account: Option<Account>,
    /// All builder apps, if one of them was named.
    pub apps: Option<Vec<BoundApp>>,
    /// The roles named.
    pub roles: Vec<(RoleNo, Option<Role>)>,
    /// The bots named.
    pub bots: Vec<(BotNo, Option<Bot>)>,
    /// The groups named.
    pub groups: Vec<(GroupNo, Option<Group>)>,
    /// The users named.
    pub users: Vec<(UserNo, Option<User>)>,
}

impl Roster {
    /// The image after `step`, which begins where this one is. What the step does not touch is
    /// shared by both.
    ///
    /// Errors: [`Unfit::Number`] for a user nothing here has room for.
    pub fn apply(&self, step: &Step) -> Result<Self, Unfit> {
        let mut image = (*self.0).clone();
        image.revision = step.revision;
        apply_things(&mut image, step);
        apply_group_facts(&mut image, step);
        apply_users(&mut image, step)?;
        Ok(Self(Arc::new(image)))
    }
}

fn apply_things(image: &mut Image, step: &Step) {
    if let Some(account) = &step.account {
        image.account = Arc::new(account.clone());
        Arc::make_mut(&mut image.roles).forget_rendered();
        Arc::make_mut(&mut image.groups).forget_rendered();
    }
    if let Some(apps) = &step.apps {
        image.apps = Arc::new(apps.clone());
    }
    if step.deltas.contains(&Delta::Apps) {
        image.apps_revision = step.revision;
    }
    if step.account.is_some() || step.apps.is_some() {
        Arc::make_mut(&mut image.bots).forget_rendered();
    }
    for (no, row) in &step.roles {
        let roles = Arc::make_mut(&mut image.roles);
        match row {
            None => _ = roles.remove(no.0),
            Some(role) => {
                if !image.permissions.knows(role) {
                    Arc::make_mut(&mut image.permissions).learn(role);
                }
                let entry = RoleEntry::new(role.clone(), &image.permissions);
                roles.put(entry);
            }
        }
    }
    if !step.roles.is_empty() {
        image.roles_by_type = Arc::new(RolesByType::new(&image.roles));
    }
    for (no, row) in &step.bots {
        let bots = Arc::make_mut(&mut image.bots);
        match row {
            None => _ = bots.remove(no.0),
            Some(bot) => _ = bots.put(bot.clone()),
        }
    }
    for (no, row) in &step.groups {
        // Its name orders what it gives, and what is inside of it may have what it holds from it.
        let slot = image.groups.slot(no.0);
        if let Some(slot) = slot {
            forget_gifts(image, [slot]);
        }
        let groups = Arc::make_mut(&mut image.groups);
        match (row, slot) {
            (None, _) => _ = groups.remove(no.0),
            (Some(group), Some(slot)) => {
                groups.edit(slot, |entry| GroupEntry { group: group.clone(), ..entry.forgetful() });
            }
            (Some(group), None) => {
                groups.put(GroupEntry::new(group.clone()));
                Arc::make_mut(&mut image.n_members).resize(groups.n_slots(), 0);
            }
        }
    }
}

/// Forgets what the groups in `slots`, and all inside of them, give to their members.
fn forget_gifts(image: &mut Image, slots: impl IntoIterator<Item = u32>) {
    let all = reached(&image.groups, slots, |entry| &entry.inside);
    if all.is_empty() {
        return;
    }
    let groups = Arc::make_mut(&mut image.groups);
    for slot in all {
        if groups.get(slot).is_some_and(|entry| entry.gives.get().is_some()) {
            groups.edit(slot, GroupEntry::forgetful);
        }
    }
}

fn apply_group_facts(image: &mut Image, step: &Step) {
    let mut changed = Vec::new();
    for delta in &step.deltas {
        match delta {
            Delta::Nested { group, member } | Delta::Unnested { group, member } => {
                let (Some(outer), Some(inner)) = (image.groups.slot(group.0), image.groups.slot(member.0)) else {
                    continue;
                };
                let is_in = matches!(delta, Delta::Nested { .. });
                let groups = Arc::make_mut(&mut image.groups);
                groups.edit(outer, |entry| {
                    let mut entry = entry.forgetful();
                    set(&mut entry.inside, inner, is_in);
                    entry
                });
                groups.edit(inner, |entry| {
                    let mut entry = entry.forgetful();
                    set(&mut entry.around, outer, is_in);
                    entry
                });
                changed.push(inner);
            }
            Delta::GroupAssigned { bot, role, group } | Delta::GroupUnassigned { bot, role, group } => {
                let (Some(fact), Some(slot)) = (fact(image, *bot, *role), image.groups.slot(group.0)) else { continue };
                let holds = matches!(delta, Delta::GroupAssigned { .. });
                Arc::make_mut(&mut image.groups).edit(slot, |entry| {
                    let mut entry = entry.forgetful();
                    entry.holds.retain(|own| *own != fact);
                    if holds {
                        entry.holds.push(fact);
                    }
                    entry
                });
                changed.push(slot);
            }
            _ => {}
        }
    }
    if !changed.is_empty() {
        forget_gifts(image, changed);
    }
}

/// Puts `slot` among `slots`, or takes it out.
fn set(slots: &mut Vec<u32>, slot: u32, is_in: bool) {
    slots.retain(|own| *own != slot);
    if is_in {
        slots.push(slot);
    }
}

fn fact(image: &Image, bot: BotNo, role: RoleNo) -> Option<Fact> {
    let bot = if bot.0 == 0 { 0 } else { image.bots.slot(bot.0)? };
    Some(Fact { bot, role: image.roles.slot(role.0)? })
}

fn apply_users(image: &mut Image, step: &Step) -> Result<(), Unfit> {
    let number = |user: UserNo| u32::try_from(user.0).map_err(|_| Unfit::Number(user));
    let mut edits: Vec<(u32, Edit<'_>)> = Vec::with_capacity(step.users.len() + step.deltas.len());
    for (user, row) in &step.users {
        edits.push((number(*user)?, row.as_ref().map_or(Edit::Gone, Edit::Row)));
    }
    for delta in &step.deltas {
        let (user, edit) = match delta {
            Delta::UserAssigned { bot, role, user } => (user, fact(image, *bot, *role).map(Edit::Holds)),
            Delta::UserUnassigned { bot, role, user } => (user, fact(image, *bot, *role).map(Edit::Lost)),
            Delta::Joined { group, user } => (user, image.groups.slot(group.0).map(Edit::In)),
            Delta::Left { group, user } => (user, image.groups.slot(group.0).map(Edit::Out)),
            _ => continue,
        };
        edits.extend(edit.map(|edit| Ok((number(*user)?, edit))).transpose()?);
    }
    if edits.is_empty() {
        return Ok(());
    }
    // Stable, so that the edits of one user keep their order.
    edits.sort_by_key(|(no, _)| *no);
    let nos: Vec<u32> = edits.iter().map(|(no, _)| *no).collect();
    let mut editor = Editor::new(image);
    let mut rest = edits.as_slice();
    let users = image.users.change(&nos, |chunk, own| {
        let (edits, others) = rest.split_at(own.len());
        rest = others;
        editor.edit(chunk, edits)
    });
    let mut ever_held = Arc::clone(&image.ever_held);
    editor.held_by(&mut ever_held);
    let Editor { domains, came, went, ids, emails, .. } = editor;
    image.users = users;
    image.ever_held = ever_held;
    image.domains = domains;
    if !came.is_empty() || !went.is_empty() {
        let n_members = Arc::make_mut(&mut image.n_members);
        for (slots, by) in [(came, 1), (went, -1)] {
            for slot in slots {
                if let Some(n) = n_members.get_mut(slot as usize) {
                    *n = n.saturating_add_signed(by);
                }
            }
        }
    }
    change_index(image, &ids, |image| &mut image.by_id, |image| index_all(image, |user| user.id().to_string()));
    change_index(
        image,
        &emails,
        |image| &mut image.by_email,
        |image| index_all(image, |user| rolecall_model::text::fold(&user.email().to_string())),
    );
    Ok(())
}

fn change_index(
    image: &mut Image,
    changes: &Changes,
    index: impl Fn(&mut Image) -> &mut Index,
    make: impl Fn(&Image) -> Index,
) {
    if changes.gone.is_empty() && changes.come.is_empty() {
        return;
    }
    index(image).change(&changes.gone, &changes.come);
    if index(image).is_crowded() {
        *index(image) = make(image);
    }
}

/// The index of all users by a key of theirs.
fn index_all(image: &Image, key: impl Fn(crate::UserRef<'_>) -> String) -> Index {
    let users = crate::Users::new(image, rolecall_model::page::Start::Offset(0));
    let entry = |user: crate::UserRef<'_>| {
        let no = u32::try_from(user.no().0).unwrap_or(u32::MAX);
        (image.hasher.hash(key(user).as_bytes()), no)
    };
    Index::of(users.map(entry).collect())
}
