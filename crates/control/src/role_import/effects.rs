//! What an import, its reversal or an editor does to an account's roles, and what is kept of it.

use rolecall_model::{
    audit::Event,
    delta::Delta,
    ids::{RoleNo, hex24},
    problem::Problems,
    role::{Permissions, Role, RoleType},
};
use rolecall_store::{
    Error as StoreError,
    assignments::Assignment,
    role_imports::{self, Import},
    roles,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Record,
    assignments::{self, Known},
    authority::acts,
};

/// What changes. All roles are of one type, and each is in one of the lists once.
#[derive(Debug)]
pub(crate) struct Effects {
    role_type: RoleType,
    /// Roles that go, with their assignments.
    pub(crate) removed: Vec<Role>,
    /// Roles that change: as they are, and as they will be.
    pub(crate) updated: Vec<(Role, Role)>,
    /// Roles that come.
    pub(crate) made: Vec<Role>,
    /// Roles that come back as they were.
    pub(super) restored: Vec<Kept>,
    /// What was held of the roles that come back.
    pub(super) begun: Vec<Assignment>,
}

/// What the audit log shows of a role, and what is kept of it for a reversal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pub(super) role_id: String,
    pub(super) role: String,
    pub(super) r_desc: String,
    pub(super) permissions: Value,
    pub(super) ref_id: String,
}

impl Kept {
    pub(super) fn of(role: &Role) -> Self {
        Self {
            role_id: role.id.clone(),
            role: role.name.clone(),
            r_desc: role.description.clone(),
            permissions: role.permissions.to_wire(role.role_type),
            ref_id: role.ref_id.clone(),
        }
    }

    /// What it grants.
    pub(super) fn permissions(&self, role_type: RoleType) -> Result<Permissions, StoreError> {
        let mut problems = Problems::default();
        let permissions = Permissions::parse(role_type, &self.permissions, "", &mut problems);
        problems.or_ok(permissions).map_err(|_| unreadable())
    }
}

pub(super) fn unreadable() -> StoreError {
    StoreError::Failed { code: "unreadable role_imports.undo".to_owned() }
}

/// All that reverting takes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Undo {
    /// Roles that went.
    pub(super) removed: Vec<Kept>,
    /// Roles that changed: as they were, and as they became.
    pub(super) updated: Vec<(Kept, Kept)>,
    /// Roles that came, or came back.
    pub(super) made: Vec<Kept>,
    /// The audit entries of all this, among them the ends of assignments.
    pub(super) first_seq: i64,
    pub(super) last_seq: i64,
}

/// What the effects are of, for the audit log.
pub(super) enum Cause<'c> {
    /// An import.
    Import,
    /// The reversal of the import with this id.
    Reversal(&'c str),
}

impl Effects {
    /// Nothing yet, to roles of this type.
    pub(crate) fn none(role_type: RoleType) -> Self {
        Self {
            role_type,
            removed: Vec::new(),
            updated: Vec::new(),
            made: Vec::new(),
            restored: Vec::new(),
            begun: Vec::new(),
        }
    }

    fn is_none(&self) -> bool {
        self.removed.is_empty() && self.updated.is_empty() && self.made.is_empty() && self.restored.is_empty()
    }

    /// Does it, and keeps what it replaced; the id under which that is kept, if there was anything.
    pub(super) async fn apply(
        &self,
        ctx: &Ctx,
        change: &mut Change<'_>,
        cause: Cause<'_>,
    ) -> Result<Option<String>, Error> {
        if self.is_none() {
            return Ok(None);
        }
        let first_seq = change.account.audit_seq + 1;
        self.carry_out(change).await?;
        self.keep(ctx, change, cause, first_seq).await.map(Some)
    }

    /// Does it, and keeps nothing but the audit entries.
    ///
    /// Errors: [`Rule::NotPermitted`](crate::Rule::NotPermitted) for what goes beyond what whoever asks may.
    ///
    /// Names become free before they are taken: first roles go, then they change, then they come.
    pub(crate) async fn carry_out(&self, change: &mut Change<'_>) -> Result<(), Error> {
        self.permitted(change)?;
        self.remove(change).await?;
        self.update(change).await?;
        self.make(change).await?;
        change.keep_own_powers().await
    }

    /// Refuses what goes beyond what whoever asks may do.
    fn permitted(&self, change: &Change<'_>) -> Result<(), Error> {
        change.need_to(match self.role_type {
            RoleType::Admin => &acts::EDIT_ADMIN_ROLES,
            RoleType::Bot => &acts::EDIT_BOT_ROLES,
        })?;
        for (before, after) in &self.updated {
            change.may_edit(before, after)?;
        }
        if self.role_type == RoleType::Bot {
            return Ok(());
        }
        for role in self.removed.iter().chain(&self.made) {
            change.may_grant(&role.permissions)?;
        }
        for kept in &self.restored {
            change.may_grant(&kept.permissions(self.role_type)?)?;
        }
        Ok(())
    }

    async fn remove(&self, change: &mut Change<'_>) -> Result<(), Error> {
        for role in &self.removed {
            assignments::end_all_of_role(change, role.no).await?;
            let before = Kept::of(role);
            change.record(Record {
                event: Event::RoleDeleted,
                target: role.id.clone(),
                description: format!("{} deleted", self.called(&before)),
                before: json!(before),
                after: Value::Null,
            });
            change.flush_if_full().await?;
        }
        let nos: Vec<RoleNo> = self.removed.iter().map(|role| role.no).collect();
        let (account, at) = (change.account_no(), change.at);
        change.note(nos.iter().copied().map(Delta::Role));
        Ok(roles::remove(change.tx, account, at, &nos).await?)
    }

    async fn update(&self, change: &mut Change<'_>) -> Result<(), Error> {
        let after: Vec<Role> = self.updated.iter().map(|(_, after)| after.clone()).collect();
        let account = change.account_no();
        roles::update(change.tx, account, &after).await?;
        change.note(after.iter().map(|role| Delta::Role(role.no)));
        for (before, after) in &self.updated {
            self.record_update(change, &Kept::of(before), &Kept::of(after));
            change.flush_if_full().await?;
        }
        Ok(())
    }

    fn record_update(&self, change: &mut Change<'_>, before: &Kept, after: &Kept) {
        let facts = |kept: &Kept| json!({"role": kept.role, "rDesc": kept.r_desc, "refId": kept.ref_id});
        if facts(before) != facts(after) {
            let renamed = if before.role == after.role { String::new() } else { format!(", now {}", after.role) };
            change.record(Record {
                event: Event::RoleUpdated,
                target: after.role_id.clone(),
                description: format!("{} updated{renamed}", self.called(before)),
                before: facts(before),
                after: facts(after),
            });
        }
        if before.permissions != after.permissions {
            change.record(Record {
                event: Event::RolePermissionsUpdated,
                target: after.role_id.clone(),
                description: format!("Permissions of {} updated", self.called(after)),
                before: json!({"permissions": before.permissions}),
                after: json!({"permissions": after.permissions}),
            });
        }
    }

    async fn make(&self, change: &mut Change<'_>) -> Result<(), Error> {
        let account = change.account_no();
        let ids: Vec<String> = self.restored.iter().map(|kept| kept.role_id.clone()).collect();
        let restored = roles::restore(change.tx, account, &ids).await?;
        change.note(restored.into_iter().map(Delta::Role));
        roles::insert(change.tx, account, &self.made).await?;
        change.note(self.made.iter().map(|role| Delta::Role(role.no)));
        for kept in self.restored.iter().cloned().chain(self.made.iter().map(Kept::of)) {
            change.record(Record {
                event: Event::RoleCreated,
                target: kept.role_id.clone(),
                description: format!("{} created", self.called(&kept)),
                before: Value::Null,
                after: json!(kept),
            });
            change.flush_if_full().await?;
        }
        assignments::add(change, &mut Known::default(), &self.begun).await
    }

    fn called(&self, role: &Kept) -> String {
        match self.role_type {
            RoleType::Admin => format!("Admin role {}", role.role),
            RoleType::Bot => format!("Bot role {}", role.role),
        }
    }

    /// Keeps what reverting takes, and says in the audit log under which id.
    async fn keep(
        &self,
        ctx: &Ctx,
        change: &mut Change<'_>,
        cause: Cause<'_>,
        first_seq: i64,
    ) -> Result<String, Error> {
        let undo = Undo {
            removed: self.removed.iter().map(Kept::of).collect(),
            updated: self.updated.iter().map(|(before, after)| (Kept::of(before), Kept::of(after))).collect(),
            made: self.restored.iter().cloned().chain(self.made.iter().map(Kept::of)).collect(),
            first_seq,
            last_seq: change.account.audit_seq,
        };
        let undo_text = serde_json::to_string(&undo);
        let import = Import {
            id: hex24(change.at, ctx.core.random.bytes()),
            role_type: self.role_type,
            undo: undo_text.map_err(|_| StoreError::Failed { code: "roles cannot be written".to_owned() })?,
            created_at: change.at,
            created_by: ctx.actor.as_text(),
            reverted_at: None,
        };
        let account = change.account_no();
        role_imports::insert(change.tx, account, &import).await?;
        let (n_made, n_updated, n_removed) = (undo.made.len(), undo.updated.len(), undo.removed.len());
        let what = match cause {
            Cause::Import => format!("Roles of type {} imported", self.role_type),
            Cause::Reversal(import_id) => format!("Import {import_id} of roles of type {} reverted", self.role_type),
        };
        change.record(Record {
            event: Event::RolesImported,
            target: import.id.clone(),
            description: format!("{what}: {n_made} created, {n_updated} updated, {n_removed} deleted"),
            before: Value::Null,
            after: json!({
                "importId": import.id,
                "roleType": self.role_type.as_str(),
                "created": n_made,
                "updated": n_updated,
                "deleted": n_removed,
            }),
        });
        Ok(import.id)
    }
}
