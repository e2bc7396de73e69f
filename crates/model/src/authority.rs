//! What people may do on the account: the admin permissions by name, and how far somebody's reach.
//!
//! A person may what the admin roles it holds say, and may hand out what it holds itself, nothing more.
//! All of that is decided by [`Powers`], which knows no rows and no requests.

use std::collections::BTreeSet;

use crate::{
    app::Scope,
    role::{Level, Permissions, Role, RoleType},
};

macro_rules! admin_permissions {
    ($($(#[$doc:meta])* $permission:ident = $name:literal;)*) => {
        /// A permission of admin roles that this program knows (wire fact 8.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum AdminPermission {
            $($(#[$doc])* $permission,)*
        }

        impl AdminPermission {
            /// All of them, in the vendor's order.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$permission),*];

            /// Their names, in the same order.
            pub const NAMES: [&'static str; [$($name),*].len()] = [$($name),*];

            /// Its name, as roles list it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$permission => $name,)*
                }
            }
        }
    };
}

admin_permissions! {
    /// Asking people into the account.
    Invite = "Invite";
    /// Bringing many people in at once.
    ImportUsers = "Import Users / Sync";
    /// Keeping people and groups in step with a directory.
    DirectorySync = "Directory Sync";
    /// Changing and removing users.
    ManageUsers = "Manage Users";
    /// Deciding what users may do in the builder.
    ManageUserSettings = "Manage User Settings";
    /// Changing what is known of users; the older name of a part of [`Self::ManageUsers`].
    ManageUserProfileFields = "Manage User Profile Fields";
    /// Making, changing and removing groups, and who is in them.
    ManageGroups = "Manage Groups";
    /// Admin roles that the account made itself, and who holds them.
    ManageCustomAdminRoles = "Manage Custom Admin Roles";
    /// Who holds the built-in admin role.
    ManageBuiltInAdminRoles = "Manage Built-In Admin Roles";
    /// Bot roles, and who holds them on which bot.
    ManageBotRoles = "Manage Bot Roles";
    /// What the account's bots run on, data maps among it.
    ManageDeployment = "Manage Deployment";
    /// Bots for employees.
    EnterpriseBots = "Enterprise Bots";
    /// Bots for customers, and the data they keep of them.
    ConsumerBots = "Consumer Bots";
    /// Bots made of other bots.
    SmartBots = "Smart Bots";
    /// The account's settings.
    Preferences = "Preferences";
    /// How people prove who they are.
    PasswordPolicies = "Password Policies";
    /// Which mail domains are the account's.
    DomainManagement = "Domain Management";
    /// The company's identity provider.
    SingleSignOn = "Single Sign On";
    /// Connections to where bots run on premises.
    KoreAiConnector = "Kore.ai Connector";
    /// The account's own key.
    EnterpriseKey = "Enterprise Key";
    /// Client apps and their scopes.
    ApiScopes = "API Scopes";
    /// Reading the audit log and reports.
    ViewAndRunAuditReports = "View and Run Audit Reports";
    /// Reading what people said to bots, and what became of it.
    ViewAndRunBotChatHistory = "View and Run Bot Chat History";
}

impl AdminPermission {
    /// The permission of exactly that name. A twin of a name, by case or by space, is no permission.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// How far somebody's authority on an account goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Powers {
    /// Everything: the operator, an app within its scopes, and whoever holds the built-in admin role.
    All,
    /// What the permissions of these names allow. Names nobody here knows are among them: the platform
    /// invents new ones, and whoever holds one may hand it on.
    Some(BTreeSet<String>),
}

impl Default for Powers {
    /// Nothing.
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl Powers {
    /// The authority of who holds `roles` on the account. Roles of type bot give none.
    pub fn of_roles<'r>(roles: impl IntoIterator<Item = &'r Role>) -> Self {
        let mut names = BTreeSet::new();
        for role in roles {
            if role.is_master_admin() {
                return Self::All;
            }
            if role.role_type == RoleType::Admin {
                names.extend(granted(&role.permissions).map(str::to_owned));
            }
        }
        Self::Some(names)
    }

    /// What an app with `scope` can bring about for whoever has its secret. Who may hand out roles can
    /// hand out each of them, to people of its choice, and calls about users hand out roles as well.
    pub fn of_scope(scope: Scope) -> Self {
        match scope {
            Scope::RoleManagement | Scope::UserManagement => Self::All,
            Scope::DeleteUserData => Self::of([AdminPermission::ConsumerBots]),
            Scope::AuditLogs => Self::of([AdminPermission::ViewAndRunAuditReports]),
        }
    }

    /// The authority of these permissions.
    pub fn of(permissions: impl IntoIterator<Item = AdminPermission>) -> Self {
        Self::Some(permissions.into_iter().map(|permission| permission.name().to_owned()).collect())
    }

    /// Whether `permission` is among them.
    pub fn has(&self, permission: AdminPermission) -> bool {
        self.has_name(permission.name())
    }

    /// Whether one of `permissions` is among them; also if there are none to have.
    pub fn has_any(&self, permissions: &[AdminPermission]) -> bool {
        permissions.is_empty() || permissions.iter().any(|permission| self.has(*permission))
    }

    /// Their names; none of [`Self::All`], which has no end.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::All => None,
            Self::Some(names) => Some(names),
        };
        names.into_iter().flatten().map(String::as_str)
    }

    /// The first of the admin permissions that `permissions` grant and these powers lack: who lacks one
    /// may not hand them out.
    pub fn lacking<'p>(&self, permissions: &'p Permissions) -> Option<&'p str> {
        granted(permissions).find(|name| !self.has_name(name))
    }

    /// The first admin permission that one of the two grants, the other does not, and these powers lack:
    /// who lacks one may not make the one out of the other.
    pub fn lacking_between(&self, before: &Permissions, after: &Permissions) -> Option<String> {
        before.delta(after).into_iter().map(|(name, ..)| name).find(|name| !self.has_name(name))
    }

    /// Whether all that `other` allows is allowed.
    pub fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Some(_), Self::All) => false,
            (Self::Some(own), Self::Some(others)) => others.is_subset(own),
        }
    }

    /// What `before` allowed and these powers do not: by name, or nothing by name if that was everything.
    pub fn lost_since(&self, before: &Self) -> Lost {
        match (before, self) {
            (_, Self::All) => Lost::Nothing,
            (Self::All, Self::Some(_)) => Lost::Everything,
            (Self::Some(before), Self::Some(now)) => {
                let lost: Vec<String> = before.difference(now).cloned().collect();
                if lost.is_empty() { Lost::Nothing } else { Lost::Names(lost) }
            }
        }
    }

    fn has_name(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.contains(name),
        }
    }
}

/// What somebody would no longer be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lost {
    /// Nothing.
    #[default]
    Nothing,
    /// To do everything.
    Everything,
    /// The permissions of these names.
    Names(Vec<String>),
}

/// The names that are granted, at whatever level.
fn granted(permissions: &Permissions) -> impl Iterator<Item = &str> {
    permissions.iter().filter(|(_, level)| *level != Level::No).map(|(name, _)| name)
}

#[cfg(test)]
mod tests;
