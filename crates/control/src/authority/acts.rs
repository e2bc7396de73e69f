//! What people do, and which admin permissions allow it. `docs/PERMISSIONS.md` is this table.

use rolecall_model::authority::AdminPermission;

/// Something people do on the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Act {
    /// What it is.
    pub title: &'static str,
    /// Whoever has one of these permissions may; anybody who signed in, if there are none.
    pub any_of: &'static [AdminPermission],
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident = $title:literal: [$($permission:ident),* $(,)?];)*) => {
        $(
            $(#[$doc])*
            pub const $name: Act = Act { title: $title, any_of: &[$(AdminPermission::$permission),*] };
        )*

        /// All of them, in the order of the table.
        pub const ALL: &[Act] = &[$($name),*];
    };
}

acts! {
    /// Who is there, and who may what. Whoever decides about any of it has to see all of it.
    LOOK = "See users, groups, bots and roles, who holds what and why, and what anybody may do": [
        Invite, ImportUsers, DirectorySync, ManageUsers, ManageUserSettings, ManageUserProfileFields, ManageGroups,
        ManageCustomAdminRoles, ManageBuiltInAdminRoles, ManageBotRoles, EnterpriseBots, ConsumerBots, SmartBots,
        Preferences, ApiScopes, ViewAndRunAuditReports,
    ];
    /// New users, with nothing but what is known of them.
    MAKE_USERS = "Make users": [Invite, ImportUsers, ManageUsers];
    /// Users that are there.
    CHANGE_USERS = "Change what is known of users": [ManageUsers, ManageUserProfileFields];
    /// What users may do outside of roles.
    SET_ACCESS = "Decide who may enter the builder, create bots and see data": [ManageUserSettings];
    /// Users that are to go.
    REMOVE_USERS = "Remove users": [ManageUsers];
    /// Any of these; which of them it is, the use case sees.
    MANAGE_USERS = "Make, change and remove users, as far as the rows above allow": [
        Invite, ImportUsers, ManageUsers, ManageUserSettings, ManageUserProfileFields,
    ];
    /// A call that changes users may change nothing but what they hold.
    MANAGE_USERS_OR_GRANTS = "Change users, their groups and their roles, as far as the rows of each allow": [
        ManageUsers, ManageUserSettings, ManageUserProfileFields, ManageGroups, ManageCustomAdminRoles,
        ManageBuiltInAdminRoles, ManageBotRoles,
    ];
    /// Whoever comes in by such a link is the user, so nobody makes one for who may do more than they.
    LET_IN = "Make sign-in links for users, and take lost second factors away": [Invite, ManageUsers];
    /// Who is signed in.
    END_SESSIONS = "See and end the sessions of users": [ManageUsers, ManageUserSettings];
    /// Groups and who is in them.
    MANAGE_GROUPS = "Make, change and remove groups, and who is in them": [ManageGroups];
    /// What an account's own admin roles grant.
    EDIT_ADMIN_ROLES = "Make, change, import and remove admin roles": [ManageCustomAdminRoles];
    /// What bot roles grant.
    EDIT_BOT_ROLES = "Make, change, import and remove bot roles": [ManageBotRoles];
    /// Who holds an account's own admin roles.
    ASSIGN_ADMIN_ROLES = "Give and take admin roles of the account's own": [ManageCustomAdminRoles];
    /// Who holds the built-in admin role.
    ASSIGN_MASTER_ADMIN = "Give and take the built-in admin role": [ManageBuiltInAdminRoles];
    /// Any admin role; which of the two rows above it is, the role says.
    ASSIGN_ANY_ADMIN_ROLE = "Give and take admin roles, as far as the rows above allow": [
        ManageCustomAdminRoles, ManageBuiltInAdminRoles,
    ];
    /// Who holds bot roles.
    ASSIGN_BOT_ROLES = "Give and take bot roles": [ManageBotRoles];
    /// Any of these; which of them it is, the use case sees.
    EDIT_ROLES = "Change roles, or who holds them, as far as the rows above allow": [
        ManageCustomAdminRoles, ManageBuiltInAdminRoles, ManageBotRoles,
    ];
    /// Files wait for an import.
    UPLOAD = "Upload a file": [ManageCustomAdminRoles, ManageBuiltInAdminRoles, ManageBotRoles, ImportUsers];
    /// Bots of all kinds.
    MANAGE_BOTS = "Make, change and remove bots": [EnterpriseBots, ConsumerBots, SmartBots];
    /// Client apps.
    MANAGE_APPS = "See, register, change and remove client apps": [ApiScopes];
    /// What happened.
    READ_AUDIT = "Read and export the audit log": [ViewAndRunAuditReports];
    /// What became of requests to erase.
    WATCH_ERASURES = "See erasures, their previews, receipts and holds": [
        ConsumerBots, ViewAndRunBotChatHistory, ViewAndRunAuditReports,
    ];
    /// What cannot be undone.
    ERASE = "Ask for erasures, approve, retry and cancel them, place and release holds": [ConsumerBots];
    /// Where people's data is.
    SET_DATA_MAP = "Set the data map": [ManageDeployment];
    /// The account itself.
    CHANGE_SETTINGS = "Change the account's settings": [Preferences];
}
