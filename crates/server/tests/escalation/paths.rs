//! Every path to more than one was given that is known from systems of this kind, and the doors it might lead
//! through. Who tries it is Eve, who may much: see [`HERS`](super::world::HERS). `Keys` and the group `Holders` grant
//! `Preferences`, which she lacks; so did a role that an import took from her.
//!
//! The vendor's API knows no people. An app there may what its scopes say, so what is tried is whether any other
//! scope does.

use rolecall_model::app::Scope::{self, RoleManagement, UserManagement};

/// A way to more.
pub(crate) struct Path {
    pub(crate) title: &'static str,
    pub(crate) console: Door,
    /// `/api/v1`, as a person with a session.
    pub(crate) ours: Door,
    pub(crate) vendors: Door,
}

/// What comes of it at one door.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    /// Each is refused to her, because she may not, and changes nothing.
    Refused(&'static [Call]),
    /// Even done by who may all, each gives nobody more or less than they had.
    Harmless(&'static [Call]),
    /// It takes more than one call: in this file of the crates is a test of this name.
    Shown(&'static str, &'static str),
    /// There is no such door, and why.
    Absent(&'static str),
}

/// A call at one of the doors. What stands in angle brackets is filled in by the world.
#[derive(Debug)]
pub(crate) enum Call {
    /// A form of the console: its path and its fields; `<version>` is the one its page has.
    Form(&'static str, &'static str),
    /// An import of admin roles on the console, uploaded, planned and applied: how, and the file.
    Upload(&'static str, &'static str),
    /// A call of our own API: method, path, body.
    Json(&'static str, &'static str, &'static str),
    /// The same import on our own API: whether it is full, and the file.
    Import(bool, &'static str),
    /// A call of the vendor's API, and the scope it takes.
    Scoped(Scope, &'static str, &'static str, &'static str),
}

use Call::{Form, Import, Json, Scoped, Upload};
use Door::{Absent, Harmless, Refused, Shown};

const ROLES: &str = "/console/roles";
const ASSIGN: &str = "/api/v1/assignments";
const VENDORS_ASSIGN: &str = "/api/public/adminroles/assignments";
const VENDORS_IMPORT: &str = "/api/public/roles/import?roleType=admin";
const USERS: &str = "/api/public/users";

const NO_MAKER: Door = Absent("the vendor's API makes and changes roles by import alone");
const NO_APPS: Door = Absent("the vendor's API registers no apps");
const NO_PEOPLE: Door = Absent("users are made and changed by the vendor's API alone, and let in by the console");
const GIVING: Door = Shown("server/tests/console/people.rs", "nobody_is_offered_or_given_more_than_they_hold");

pub(crate) const PATHS: &[Path] = &[
    Path {
        title: "a role is made that grants more",
        console: Refused(&[Form(ROLES, "type=admin&name=Made&permission=Preferences&level-0=YES")]),
        ours: Refused(&[Json(
            "POST",
            "/api/v1/roles",
            r#"{"roleType":"admin","name":"Made","permissions":{"Preferences":"YES"}}"#,
        )]),
        vendors: NO_MAKER,
    },
    Path {
        title: "a role that one holds is changed to grant more",
        console: Refused(&[Form(
            "/console/roles/<own>",
            "version=<version>&name=Role+of+eve@acme.example&<hers in a form>&permission=Preferences&level-6=YES",
        )]),
        ours: Refused(&[
            Json("PATCH", "/api/v1/roles/<own>", r#"{"permissions":<hers and Preferences>}"#),
            Json("PATCH", "/api/v1/roles/<keys>", r#"{"permissions":{}}"#),
        ]),
        vendors: NO_MAKER,
    },
    Path {
        title: "a role is imported that grants more, new or one that is there, first or among others",
        console: Refused(&[
            Upload("add", r#"[{"role":"Made","permissions":{"Preferences":"YES"}}]"#),
            Upload(
                "add",
                r#"[{"role":"Role of eve@acme.example","refId":"<own ref>","permissions":<hers and Preferences>}]"#,
            ),
            Upload(
                "add",
                r#"[{"role":"Good","permissions":{"Invite":"YES"}},{"role":"Bad","permissions":{"Preferences":"YES"}}]"#,
            ),
        ]),
        ours: Refused(&[
            Import(false, r#"[{"role":"Made","permissions":{"Preferences":"YES"}}]"#),
            Import(
                false,
                r#"[{"role":"Role of eve@acme.example","refId":"<own ref>","permissions":<hers and Preferences>}]"#,
            ),
            Import(
                false,
                r#"[{"role":"Good","permissions":{"Invite":"YES"}},{"role":"Bad","permissions":{"Preferences":"YES"}}]"#,
            ),
        ]),
        vendors: Refused(&[Scoped(RoleManagement, "POST", VENDORS_IMPORT, r#"{"fileId":"<file>"}"#)]),
    },
    Path {
        title: "what an import took away is brought back by undoing it",
        console: Refused(&[Form("/console/imports/<import>/undo", "")]),
        ours: Refused(&[Json("POST", "/api/v1/role-imports/<import>/undo", "{}")]),
        vendors: Absent("the vendor's API undoes no imports"),
    },
    Path {
        title: "a role that grants more is copied",
        console: Refused(&[
            Form("/console/roles/<keys>/copy", "name=Copied"),
            Form("/console/roles/<admin>/copy", "name=Copied"),
        ]),
        ours: Refused(&[
            Json("POST", "/api/v1/roles/<keys>/copy", r#"{"name":"Copied"}"#),
            Json("POST", "/api/v1/roles/<admin>/copy", r#"{"name":"Copied"}"#),
        ]),
        vendors: Absent("the vendor's API copies no roles"),
    },
    Path {
        title: "a role within a role brings what it grants (composites)",
        console: Harmless(&[Form(
            ROLES,
            "type=admin&name=Composite+A&roles=<keys>&role=<keys>&composites=<admin>&parent=<admin>",
        )]),
        ours: Harmless(&[
            Json(
                "POST",
                "/api/v1/roles",
                r#"{"roleType":"admin","name":"Composite B","permissions":{},"composites":["<admin>"]}"#,
            ),
            Json("PATCH", "/api/v1/roles/<own>", r#"{"permissions":<hers>,"roles":["<keys>"]}"#),
        ]),
        vendors: Harmless(&[Scoped(
            RoleManagement,
            "POST",
            VENDORS_ASSIGN,
            r#"[{"roleId":"<admin>","addRoles":["<own>"],"addGroups":[],"addUsers":[]}]"#,
        )]),
    },
    Path {
        title: "a role is given to oneself, alone or after one that one may give",
        console: GIVING,
        ours: Refused(&[
            Json("POST", ASSIGN, r#"{"roleType":"admin","add":[{"roleId":"<keys>","email":"eve@acme.example"}]}"#),
            Json("POST", ASSIGN, r#"{"roleType":"admin","add":[{"roleId":"<admin>","userId":"<eve>"}]}"#),
            Json("POST", ASSIGN, r#"{"roleType":"admin","add":[{"roleId":"<keys>","orgUserId":"emp-eve"}]}"#),
            Json(
                "POST",
                ASSIGN,
                r#"{"roleType":"admin","add":[{"roleId":"<own>","userId":"<dan>"},{"roleId":"<keys>","userId":"<eve>"}]}"#,
            ),
        ]),
        vendors: Refused(&[
            Scoped(
                RoleManagement,
                "POST",
                VENDORS_ASSIGN,
                r#"[{"roleId":"<own>","addUsers":["dan@acme.example"]},{"roleId":"<keys>","addUsers":["eve@acme.example"]}]"#,
            ),
            Scoped(
                UserManagement,
                "POST",
                USERS,
                r#"{"users":[{"userInfo":{"emailId":"new@acme.example"},"roles":[{"roleId":"<admin>"}]}]}"#,
            ),
            Scoped(
                UserManagement,
                "PUT",
                USERS,
                r#"{"users":[{"userInfo":{"emailId":"eve@acme.example"},"roles":{"addTo":[{"roleId":"<keys>"}]}}]}"#,
            ),
        ]),
    },
    Path {
        title: "a role is given to a group that one is in, or to one around it",
        console: GIVING,
        ours: Refused(&[
            Json("POST", ASSIGN, r#"{"roleType":"admin","add":[{"roleId":"<keys>","groupId":"<eves>"}]}"#),
            Json("POST", ASSIGN, r#"{"roleType":"admin","add":[{"roleId":"<keys>","groupId":"<around>"}]}"#),
        ]),
        vendors: Refused(&[Scoped(
            RoleManagement,
            "POST",
            VENDORS_ASSIGN,
            r#"[{"roleId":"<keys>","addGroups":["Eves","Around Eves"]}]"#,
        )]),
    },
    Path {
        title: "one joins a group that holds more, or one inside it",
        console: Refused(&[
            Form("/console/groups/<holders>/members", "add=eve@acme.example"),
            Form("/console/groups/<inner>/members", "add=eve@acme.example"),
            Form("/console/groups/<inner>/members", "add=EVE@ACME.EXAMPLE%0D%0A"),
        ]),
        ours: Refused(&[
            Json("POST", "/api/v1/groups/<holders>/members", r#"{"add":[{"userId":"<eve>"}]}"#),
            Json("POST", "/api/v1/groups/<inner>/members", r#"{"add":[{"emailId":"eve@acme.example"}]}"#),
        ]),
        vendors: Refused(&[Scoped(
            UserManagement,
            "PUT",
            USERS,
            r#"{"users":[{"userInfo":{"emailId":"eve@acme.example"},"groups":{"addTo":["<inner>"]}}]}"#,
        )]),
    },
    Path {
        title: "a group that one is in is put into one that holds more",
        console: Refused(&[
            Form("/console/groups/<holders>/members", "add=Eves"),
            Form("/console/groups/<inner>/members", "add=Around+Eves"),
        ]),
        ours: Refused(&[
            Json("POST", "/api/v1/groups/<holders>/members", r#"{"add":[{"groupId":"<eves>"}]}"#),
            Json("POST", "/api/v1/groups/<inner>/members", r#"{"add":[{"groupName":"Around Eves"}]}"#),
        ]),
        vendors: Absent("the vendor's API puts no group into a group"),
    },
    Path {
        title: "the name or refId of what grants more is taken for something else, renamed or removed and made anew",
        console: Refused(&[
            Form("/console/roles/<keys>", "version=<version>&name=Old+keys&permission=Preferences&level-0=YES"),
            Form("/console/roles/<keys>/remove", "version=<version>"),
            Form("/console/groups/<holders>", "version=<version>&name=Old+holders"),
            Form("/console/groups/<holders>/remove", "version=<version>"),
            Upload("add", r#"[{"role":"Old keys","refId":"<keys ref>","permissions":{"Preferences":"YES"}}]"#),
            Upload("add", r#"[{"role":"Keys","refId":"another","permissions":{"Preferences":"YES"}}]"#),
        ]),
        ours: Refused(&[
            Json("PATCH", "/api/v1/roles/<keys>", r#"{"name":"Old keys"}"#),
            Json("DELETE", "/api/v1/roles/<keys>", ""),
            Json("PATCH", "/api/v1/groups/<holders>", r#"{"name":"Old holders"}"#),
            Json("DELETE", "/api/v1/groups/<holders>", ""),
            Import(false, r#"[{"role":"Old keys","refId":"<keys ref>","permissions":{"Preferences":"YES"}}]"#),
            Import(false, r#"[{"role":"Keys","refId":"another","permissions":{"Preferences":"YES"}}]"#),
        ]),
        vendors: Refused(&[Scoped(RoleManagement, "POST", VENDORS_IMPORT, r#"{"fileId":"<file>"}"#)]),
    },
    Path {
        title: "a rename takes what was given with the name along, or leaves it behind",
        console: Harmless(&[
            Form("/console/roles/<keys>", "version=<version>&name=Keys+2&permission=Preferences&level-0=YES"),
            Form("/console/groups/<holders>", "version=<version>&name=Holders+2"),
        ]),
        ours: Harmless(&[
            Json("PATCH", "/api/v1/roles/<keys>", r#"{"name":"Keys"}"#),
            Json("PATCH", "/api/v1/groups/<holders>", r#"{"name":"Holders"}"#),
            Import(false, r#"[{"role":"Keys 3","refId":"<keys ref>","permissions":{"Preferences":"YES"}}]"#),
        ]),
        vendors: NO_MAKER,
    },
    Path {
        title: "a twin of the built-in role, by case, by white space, by width or by what nobody sees",
        console: Harmless(&[
            Form(ROLES, "type=admin&name=Admin"),
            Form(ROLES, "type=admin&name=%20ADMIN%20"),
            Form(ROLES, "type=admin&name=admin%E2%80%8B"),
            Form(ROLES, "type=admin&name=%EF%BD%81dmin"),
            Form(ROLES, "type=admin&name=ad%C2%ADmin&isASystemRole=true"),
            Form("/console/roles/<own>", "version=<version>&name=ADMIN%C2%A0&<hers in a form>"),
            Form("/console/roles/<keys>/copy", "name=AdMiN"),
        ]),
        ours: Harmless(&[
            Json("POST", "/api/v1/roles", r#"{"roleType":"admin","name":"Admin","permissions":{}}"#),
            Json("POST", "/api/v1/roles", r#"{"roleType":"admin","name":"admin ","permissions":{}}"#),
            Json("POST", "/api/v1/roles", r#"{"roleType":"admin","name":"ad\u200bmin","permissions":{}}"#),
            Json("PATCH", "/api/v1/roles/<own>", r#"{"name":"ａｄｍｉｎ"}"#),
            Json("POST", "/api/v1/roles/<keys>/copy", r#"{"name":"ADMIN\u00a0"}"#),
        ]),
        vendors: Shown("server/tests/kore/escalation.rs", "no_twin_of_the_built_in_admin_role_is_it"),
    },
    Path {
        title: "fields that are none of the caller's business: ids, owners, holders, what is built in",
        console: Harmless(&[
            Form(
                ROLES,
                "type=admin&name=Filled&isASystemRole=true&is_built_in=true&_id=<admin>&id=<admin>&orgId=o&createdBy=<eve>&mapping=<eve>&users=<eve>&ref_id=admin",
            ),
            Form(
                "/console/roles/<own>",
                "version=<version>&name=Role+of+eve@acme.example&<hers in a form>&type=admin&id=<admin>&is_built_in=true&level=YES",
            ),
            Form("/console/groups", "name=Filled&members=<eve>&roles=<admin>&around=<holders>&id=<holders>"),
            Form("/console/bots", "name=Filled&id=<bot>&roles=<admin>&holders=<eve>"),
            Upload(
                "add",
                r#"[{"role":"Filled 2","permissions":{"Invite":"YES"},"_id":"<admin>","isASystemRole":true,"isBuiltIn":true,"orgId":"o","createdBy":"<owner>","mapping":[{"userId":"<eve>","roleId":"<admin>"}],"_userAndGroups":{"users":[{"_id":"<eve>"}],"groups":[{"_id":"<eves>"}]},"__proto__":{"isASystemRole":true}}]"#,
            ),
        ]),
        ours: Harmless(&[
            Json(
                "POST",
                "/api/v1/roles",
                r#"{"roleType":"admin","name":"Filled 3","permissions":{},"isBuiltIn":true,"id":"<admin>","holders":["<eve>"]}"#,
            ),
            Json("PATCH", "/api/v1/roles/<own>", r#"{"isBuiltIn":true,"id":"<admin>"}"#),
            Json("POST", "/api/v1/groups", r#"{"name":"Filled 3","members":["<eve>"],"roles":["<admin>"]}"#),
            Json("PATCH", "/api/v1/account", r#"{"name":"Acme","owner":"eve@acme.example","ownerId":"<eve>"}"#),
            Import(
                false,
                r#"[{"role":"Filled 4","permissions":{"Invite":"YES"},"_id":"<admin>","isASystemRole":true,"isBuiltIn":true,"orgId":"o","createdBy":"<owner>","mapping":[{"userId":"<eve>","roleId":"<admin>"}],"_userAndGroups":{"users":[{"_id":"<eve>"}],"groups":[{"_id":"<eves>"}]},"__proto__":{"isASystemRole":true}}]"#,
            ),
        ]),
        vendors: Shown(
            "server/tests/kore/escalation.rs",
            "what_a_call_about_users_says_beyond_its_fields_makes_nobody_more",
        ),
    },
    Path {
        title: "the last administrator is demoted, or the built-in role emptied, renamed or removed",
        console: Harmless(&[
            Form("/console/roles/<admin>", "version=<version>&name=Nobody"),
            Form("/console/roles/<admin>/remove", "version=<version>"),
        ]),
        ours: Harmless(&[
            Json("PATCH", "/api/v1/roles/<admin>", r#"{"name":"Nobody"}"#),
            Json("PATCH", "/api/v1/roles/<admin>", r#"{"permissions":{}}"#),
            Json("DELETE", "/api/v1/roles/<admin>", ""),
            Json("POST", ASSIGN, r#"{"roleType":"admin","remove":[{"roleId":"<admin>","userId":"<owner>"}]}"#),
        ]),
        vendors: Shown(
            "server/tests/kore/escalation.rs",
            "the_owner_can_be_neither_demoted_nor_removed_nor_outnumbered_by_a_group",
        ),
    },
    Path {
        title: "a full import takes its maker's own role, which would leave nobody who sees to it",
        console: Refused(&[Upload("replace", r#"[{"role":"Only","permissions":{}}]"#)]),
        ours: Refused(&[Import(true, r#"[{"role":"Only","permissions":{}}]"#)]),
        vendors: Refused(&[Scoped(
            RoleManagement,
            "POST",
            "/api/public/roles/import?roleType=admin&fullImport=true",
            r#"{"fileId":"<file of nothing>"}"#,
        )]),
    },
    Path {
        title: "an app does what its maker may not",
        console: Refused(&[
            Form("/console/apps", "name=Mine&kind=admin&algorithm=HS256&scope=role_management:role_management"),
            Form("/console/apps", "name=Mine&kind=admin&algorithm=HS256&scope=user_management:user_management"),
            Form(
                "/console/apps",
                "name=Mine&kind=admin&algorithm=HS256&scope=logs:admin_console_audit_logs&scope=delete:delete_user_data",
            ),
            Form("/console/apps/<app>/rotate", "overlap=0"),
        ]),
        ours: Refused(&[
            Json(
                "POST",
                "/api/v1/apps",
                r#"{"name":"Mine","kind":"admin","algorithm":"HS256","scopes":["role_management:role_management"]}"#,
            ),
            Json("POST", "/api/v1/apps", r#"{"name":"Mine","scopes":["user_management:user_management"]}"#),
            Json("POST", "/api/v1/apps/<app>/rotate", "{}"),
            Json("PATCH", "/api/v1/apps/<app>", r#"{"expiresAt":null,"scopes":["role_management:role_management"]}"#),
        ]),
        vendors: NO_APPS,
    },
    Path {
        title: "an app of one's own is given more, or one that can do more is switched on",
        console: Shown("server/tests/escalation/at_once.rs", "an_app_gets_no_more_than_who_changes_it"),
        ours: Shown("server/tests/escalation/at_once.rs", "an_app_gets_no_more_than_who_changes_it"),
        vendors: NO_APPS,
    },
    Path {
        title: "somebody who may more is changed, removed, or let in by a link that one makes",
        console: Shown("server/tests/console/people.rs", "nobody_is_offered_or_given_more_than_they_hold"),
        ours: NO_PEOPLE,
        vendors: Refused(&[
            Scoped(
                UserManagement,
                "PUT",
                USERS,
                r#"{"users":[{"userInfo":{"emailId":"owner@acme.example","orgUserId":"emp-eve-2"}}]}"#,
            ),
            Scoped(UserManagement, "DELETE", USERS, r#"{"deleteEmailIds":["bob@acme.example"]}"#),
            Scoped(
                RoleManagement,
                "POST",
                "/api/public/useraccess",
                r#"{"emailIds":["eve@acme.example"],"canCreateBot":true,"isDeveloper":true}"#,
            ),
        ]),
    },
    Path {
        title: "a bot changes hands, and its owner's role with it",
        console: Refused(&[Form(
            "/console/bots/<bot>",
            "version=<version>&name=Desk&purpose=customer&language=en&owner=eve@acme.example",
        )]),
        ours: Refused(&[Json("PATCH", "/api/v1/bots/<bot>", r#"{"owner":"eve@acme.example"}"#)]),
        vendors: Absent("the vendor's API changes no bots"),
    },
    Path {
        title: "two take from each other at once, and both go by what they had",
        console: Shown("server/tests/escalation/at_once.rs", "of_two_who_disarm_each_other_one_is_refused"),
        ours: Shown("server/tests/escalation/at_once.rs", "of_two_who_disarm_each_other_one_is_refused"),
        vendors: Absent("apps hold no roles that one could take from another"),
    },
    Path {
        title: "what was taken away counts a moment longer, in a cache, a session or a token",
        console: Shown("server/tests/escalation/at_once.rs", "what_was_taken_away_is_gone_at_the_next_page"),
        ours: Shown("server/tests/api/escalation.rs", "what_was_taken_away_is_refused_at_the_very_next_request"),
        vendors: Shown("server/tests/kore/escalation.rs", "an_app_that_was_stopped_changes_nothing_more"),
    },
    Path {
        title: "a permission to look opens something that changes",
        console: Shown(
            "server/tests/console/permissions.rs",
            "a_button_is_there_exactly_where_what_it_sends_is_let_through",
        ),
        ours: Shown(
            "server/tests/api/escalation.rs",
            "a_person_is_let_in_by_each_permission_that_takes_and_by_no_other",
        ),
        vendors: Shown("server/tests/kore/escalation.rs", "no_scope_but_its_own_opens_a_call"),
    },
    Path {
        title: "another account's id is taken for one's own",
        console: Shown("server/tests/console/people.rs", "somebody_of_another_account_is_nobody_here"),
        ours: Shown("server/tests/routes/tenancy.rs", "an_id_of_another_account_is_an_id_of_nobody"),
        vendors: Shown("server/tests/routes/tenancy.rs", "an_id_of_another_account_is_an_id_of_nobody"),
    },
    Path {
        title: "what was removed and made anew has what the old one had",
        console: Shown("server/tests/escalation/at_once.rs", "who_comes_again_under_the_same_address_is_somebody_else"),
        ours: Shown("server/tests/escalation/at_once.rs", "who_comes_again_under_the_same_address_is_somebody_else"),
        vendors: Shown("server/tests/escalation/at_once.rs", "who_comes_again_under_the_same_address_is_somebody_else"),
    },
    Path {
        title: "a claim of another type is taken for an absent one, or a key out of the message for the right one",
        console: Shown(
            "server/src/auth/oidc/id_token/tests.rs",
            "a_claim_that_is_missing_or_wrong_or_of_another_type_refuses_the_token",
        ),
        ours: Shown("server/src/auth/token/tests.rs", "a_claim_of_the_wrong_type_is_never_a_missing_one"),
        vendors: Shown("server/src/auth/token/tests.rs", "a_claim_of_the_wrong_type_is_never_a_missing_one"),
    },
    Path {
        title: "a name with a delimiter in it becomes the id of something else",
        console: Absent("ids are drawn at random and hold no names; addresses of pages hold ids alone"),
        ours: Absent("ids are drawn at random and hold no names"),
        vendors: Absent("ids are drawn at random, and names stand in bodies, each as one JSON string"),
    },
];
