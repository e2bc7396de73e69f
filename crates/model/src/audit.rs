//! The audit log's words: what happened, who did it, to what.

/// An event, by the vendor's name for it (wire fact 7.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is its name in `Event::name`")]
pub enum Event {
    UserCreated,
    UserModified,
    UserDeleted,
    GroupCreated,
    GroupUpdated,
    GroupDeleted,
    UsersAddedToGroup,
    UsersRemovedFromGroup,
    GroupsAddedToGroup,
    GroupsRemovedFromGroup,
    AdminRoleAssignedToUsers,
    AdminRoleDeletedForUsers,
    BotRoleAssigned,
    BotRoleDeleted,
    RoleCreated,
    RoleUpdated,
    RolePermissionsUpdated,
    RoleDeleted,
    RoleAssignedToGroups,
    RoleDeletedForGroups,
    AppCreated,
    AppModified,
    AppDeleted,
    AppScopesAssigned,
    AppScopesModified,
    AppScopesDeleted,
    SettingsModified,
    BotOwner,
    BotTaskAssignment,
    /// Not of the vendor's list: an account was made.
    AccountCreated,
    /// Not of the vendor's list: a bot was made.
    BotCreated,
    /// Not of the vendor's list: a bot was changed.
    BotModified,
    /// Not of the vendor's list: a bot was removed.
    BotDeleted,
    /// Not of the vendor's list: a file was uploaded.
    FileUploaded,
    /// Not of the vendor's list: a role import was applied or reverted.
    RolesImported,
}

impl Event {
    /// The event's name, as the audit log shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "User Created",
            Self::UserModified => "User Modified",
            Self::UserDeleted => "User Deleted",
            Self::GroupCreated => "Group Created",
            Self::GroupUpdated => "Group Updated",
            Self::GroupDeleted => "Group Deleted",
            Self::UsersAddedToGroup => "Users Added to Group",
            Self::UsersRemovedFromGroup => "Users Removed from Group",
            Self::GroupsAddedToGroup => "Groups Added to Group",
            Self::GroupsRemovedFromGroup => "Groups Removed from Group",
            Self::AdminRoleAssignedToUsers => "Admin Role Assigned to Users",
            Self::AdminRoleDeletedForUsers => "Admin Role Deleted for Users",
            Self::BotRoleAssigned => "Bot Role Assigned",
            Self::BotRoleDeleted => "Bot Role Deleted",
            Self::RoleCreated => "Role Created",
            Self::RoleUpdated => "Role Updated",
            Self::RolePermissionsUpdated => "Role Permissions Updated",
            Self::RoleDeleted => "Role Deleted",
            Self::RoleAssignedToGroups => "Role Assigned to Groups",
            Self::RoleDeletedForGroups => "Role Deleted for Groups",
            Self::AppCreated => "App Created",
            Self::AppModified => "App Modified",
            Self::AppDeleted => "App Deleted",
            Self::AppScopesAssigned => "App Scopes Assigned",
            Self::AppScopesModified => "App Scopes Modified",
            Self::AppScopesDeleted => "App Scopes Deleted",
            Self::SettingsModified => "Settings Modified",
            Self::BotOwner => "Bot Owner",
            Self::BotTaskAssignment => "Bot Task Assignment",
            Self::AccountCreated => "Account Created",
            Self::BotCreated => "Bot Created",
            Self::BotModified => "Bot Modified",
            Self::BotDeleted => "Bot Deleted",
            Self::FileUploaded => "File Uploaded",
            Self::RolesImported => "Roles Imported",
        }
    }

    /// The heading the event stands under.
    pub fn category(self) -> &'static str {
        match self {
            Self::UserCreated | Self::UserModified | Self::UserDeleted => "User Management",
            Self::GroupCreated
            | Self::GroupUpdated
            | Self::GroupDeleted
            | Self::UsersAddedToGroup
            | Self::UsersRemovedFromGroup
            | Self::GroupsAddedToGroup
            | Self::GroupsRemovedFromGroup => "Group Management",
            Self::AdminRoleAssignedToUsers
            | Self::AdminRoleDeletedForUsers
            | Self::BotRoleAssigned
            | Self::BotRoleDeleted
            | Self::RoleCreated
            | Self::RoleUpdated
            | Self::RolePermissionsUpdated
            | Self::RoleDeleted
            | Self::RoleAssignedToGroups
            | Self::RoleDeletedForGroups
            | Self::RolesImported => "Role Management",
            Self::AppCreated
            | Self::AppModified
            | Self::AppDeleted
            | Self::AppScopesAssigned
            | Self::AppScopesModified
            | Self::AppScopesDeleted => "API Scopes",
            Self::BotOwner | Self::BotTaskAssignment | Self::BotCreated | Self::BotModified | Self::BotDeleted => {
                "Bot Management"
            }
            Self::SettingsModified | Self::AccountCreated | Self::FileUploaded => "Account",
        }
    }
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client app, by its id.
    App(String),
    /// The operator of this server, at its command line.
    Operator,
}

impl Actor {
    /// The actor in one text, as entries keep it: `app:cs-...` or `operator`.
    pub fn as_text(&self) -> String {
        match self {
            Self::App(id) => format!("app:{id}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}
