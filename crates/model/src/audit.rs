//! The audit log's words: what happened, who did it, to what.

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident = $name:literal, $category:literal;)*) => {
        /// An event, by the vendor's name for it (wire fact 7.17).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each variant is its name in `Event::name`")]
        pub enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$event),*];

            /// The event's name, as the audit log shows it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }

            /// The heading the event stands under.
            pub fn category(self) -> &'static str {
                match self {
                    $(Self::$event => $category,)*
                }
            }
        }
    };
}

// The vendor's words first, then those for what its list does not have.
events! {
    UserCreated = "User Created", "User Management";
    UserModified = "User Modified", "User Management";
    UserDeleted = "User Deleted", "User Management";
    GroupCreated = "Group Created", "Group Management";
    GroupUpdated = "Group Updated", "Group Management";
    GroupDeleted = "Group Deleted", "Group Management";
    UsersAddedToGroup = "Users Added to Group", "Group Management";
    UsersRemovedFromGroup = "Users Removed from Group", "Group Management";
    GroupsAddedToGroup = "Groups Added to Group", "Group Management";
    GroupsRemovedFromGroup = "Groups Removed from Group", "Group Management";
    AdminRoleAssignedToUsers = "Admin Role Assigned to Users", "Role Management";
    AdminRoleDeletedForUsers = "Admin Role Deleted for Users", "Role Management";
    BotRoleAssigned = "Bot Role Assigned", "Role Management";
    BotRoleDeleted = "Bot Role Deleted", "Role Management";
    RoleCreated = "Role Created", "Role Management";
    RoleUpdated = "Role Updated", "Role Management";
    RolePermissionsUpdated = "Role Permissions Updated", "Role Management";
    RoleDeleted = "Role Deleted", "Role Management";
    RoleAssignedToGroups = "Role Assigned to Groups", "Role Management";
    RoleDeletedForGroups = "Role Deleted for Groups", "Role Management";
    AppCreated = "App Created", "API Scopes";
    AppModified = "App Modified", "API Scopes";
    AppDeleted = "App Deleted", "API Scopes";
    AppScopesAssigned = "App Scopes Assigned", "API Scopes";
    AppScopesModified = "App Scopes Modified", "API Scopes";
    AppScopesDeleted = "App Scopes Deleted", "API Scopes";
    SettingsModified = "Settings Modified", "Account";
    BotOwner = "Bot Owner", "Bot Management";
    BotTaskAssignment = "Bot Task Assignment", "Bot Management";
    /// Not of the vendor's list: an account was made.
    AccountCreated = "Account Created", "Account";
    /// Not of the vendor's list: a bot was made.
    BotCreated = "Bot Created", "Bot Management";
    /// Not of the vendor's list: a bot was changed.
    BotModified = "Bot Modified", "Bot Management";
    /// Not of the vendor's list: a bot was removed.
    BotDeleted = "Bot Deleted", "Bot Management";
    /// Not of the vendor's list: a file was uploaded.
    FileUploaded = "File Uploaded", "Account";
    /// Not of the vendor's list: a role import was applied or reverted.
    RolesImported = "Roles Imported", "Role Management";
    /// Not of the vendor's list: somebody asked that people's data be erased.
    ErasureRequested = "User Data Erasure Requested", "Data Privacy";
    /// Not of the vendor's list: an erasure was called off.
    ErasureCancelled = "User Data Erasure Cancelled", "Data Privacy";
    /// Not of the vendor's list: somebody agreed to the plan of an erasure.
    ErasureApproved = "User Data Erasure Approved", "Data Privacy";
    /// Not of the vendor's list: an erasure that waited was made due.
    ErasureRetried = "User Data Erasure Retried", "Data Privacy";
    /// Not of the vendor's list: a data map came into force.
    DataMapSet = "Data Map Set", "Data Privacy";
    /// Not of the vendor's list: people's data is kept until further notice.
    HoldPlaced = "Hold Placed", "Data Privacy";
    /// Not of the vendor's list: people's data need no longer be kept.
    HoldReleased = "Hold Released", "Data Privacy";
    /// Not of the vendor's list: a person signed in.
    SignedIn = "Signed In", "Sign-In";
    /// Not of the vendor's list: a person ended a session of its own.
    SignedOut = "Signed Out", "Sign-In";
    /// Not of the vendor's list: signing in as a person failed so often that it takes a pause.
    SignInBlocked = "Sign-In Blocked", "Sign-In";
    /// Not of the vendor's list: an identity provider named a person and meant somebody else.
    SignInRefused = "Sign-In Refused", "Sign-In";
    /// Not of the vendor's list: somebody ended sessions.
    SessionEnded = "Session Ended", "Sign-In";
    /// Not of the vendor's list: a link was made with which a person sets its password.
    SignInLinkMade = "Sign-In Link Created", "Sign-In";
    /// Not of the vendor's list: a person's password was set.
    PasswordSet = "Password Set", "Sign-In";
    /// Not of the vendor's list: a person has a second factor or a passkey more.
    SecondFactorAdded = "Second Factor Added", "Sign-In";
    /// Not of the vendor's list: a person has a second factor or a passkey less.
    SecondFactorRemoved = "Second Factor Removed", "Sign-In";
    /// Not of the vendor's list: a person has new recovery codes.
    RecoveryCodesMade = "Recovery Codes Created", "Sign-In";
}

impl Event {
    /// The event of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client app, by its id.
    App(String),
    /// The operator of this server, at its command line.
    Operator,
    /// A user of the account who signed in, by its id.
    Person(String),
}

impl Actor {
    /// The actor in one text, as entries keep it: `app:cs-...`, `operator` or `user:u-...`.
    pub fn as_text(&self) -> String {
        match self {
            Self::App(id) => format!("app:{id}"),
            Self::Operator => "operator".to_owned(),
            Self::Person(id) => format!("user:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_is_found_by_its_name() {
        for event in Event::ALL {
            assert_eq!(Event::parse(event.name()), Some(*event));
        }
        assert_eq!(Event::parse("Logout"), None);
    }
}
