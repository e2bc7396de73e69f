use proptest::{collection, prelude::*, sample};

use super::*;
use crate::{ids::RoleNo, role::MASTER_ADMIN, time::Instant};

/// Two that are known here, one that is not, and a twin of a known one.
const NAMES: [&str; 4] = ["Manage Users", "API Scopes", "Brand New", "manage users"];

fn role(role_type: RoleType, name: &str, is_built_in: bool, permissions: Permissions) -> Role {
    Role {
        no: RoleNo(1),
        id: String::new(),
        role_type,
        name: name.to_owned(),
        description: String::new(),
        permissions,
        ref_id: String::new(),
        is_built_in,
        created_at: Instant::default(),
        created_by: String::new(),
        modified_at: Instant::default(),
        modified_by: String::new(),
    }
}

fn admin(permissions: &[&str]) -> Role {
    let permissions = Permissions::of(permissions.iter().map(|name| (*name, Level::Yes)));
    role(RoleType::Admin, "Custom", false, permissions)
}

fn powers(names: &[&str]) -> Powers {
    Powers::of_roles(&[admin(names)])
}

#[test]
fn each_permission_is_found_by_its_name_and_by_no_twin_of_it() {
    for permission in AdminPermission::ALL {
        assert_eq!(AdminPermission::parse(permission.name()), Some(permission));
        assert_eq!(AdminPermission::parse(&permission.name().to_lowercase()), None);
        assert_eq!(AdminPermission::parse(&format!("{} ", permission.name())), None);
    }
}

#[test]
fn who_holds_several_roles_may_what_any_of_them_says() {
    let held = [admin(&["Manage Users", "Brand New"]), admin(&["API Scopes"])];
    let powers = Powers::of_roles(&held);
    assert!(powers.has(AdminPermission::ManageUsers) && powers.has(AdminPermission::ApiScopes));
    assert!(!powers.has(AdminPermission::ManageGroups));
    assert_eq!(powers.names().collect::<Vec<_>>(), ["API Scopes", "Brand New", "Manage Users"]);
}

#[test]
fn only_the_built_in_admin_role_allows_everything_and_no_role_that_looks_like_it() {
    let all = Permissions::of(AdminPermission::NAMES.map(|name| (name, Level::Yes)));
    assert_eq!(Powers::of_roles(&[role(RoleType::Admin, MASTER_ADMIN, true, Permissions::default())]), Powers::All);
    for (role_type, name, is_built_in) in
        [(RoleType::Admin, MASTER_ADMIN, false), (RoleType::Admin, "Admin", true), (RoleType::Bot, MASTER_ADMIN, true)]
    {
        let powers = Powers::of_roles(&[role(role_type, name, is_built_in, all.clone())]);
        assert!(!powers.cover(&Powers::All), "{role_type} {name} {is_built_in}");
    }
}

#[test]
fn a_role_of_a_bot_gives_no_authority_on_the_account() {
    let bot = role(RoleType::Bot, "Mean", false, Permissions::of([("Manage Users", Level::Full)]));
    assert_eq!(Powers::of_roles(&[bot]), Powers::default());
}

#[test]
fn what_is_listed_as_no_can_be_handed_on_by_anybody() {
    let listed = Permissions::of([("Manage Users", Level::No)]);
    assert_eq!(Powers::default().lacking(&listed), None);
    assert_eq!(Powers::default().lacking_between(&listed, &Permissions::default()), None);
}

#[test]
fn a_twin_of_a_permission_is_another_permission() {
    let twin = Permissions::of([("manage users", Level::Yes)]);
    assert_eq!(powers(&["Manage Users"]).lacking(&twin), Some("manage users"));
    assert!(!powers(&["manage users"]).has(AdminPermission::ManageUsers));
}

#[test]
fn changing_a_role_takes_what_differs_and_not_what_stays() {
    let before = Permissions::of([("Manage Users", Level::Yes), ("API Scopes", Level::Yes)]);
    let after = Permissions::of([("API Scopes", Level::Yes), ("Brand New", Level::Yes)]);
    assert_eq!(powers(&["Manage Users", "Brand New"]).lacking_between(&before, &after), None);
    assert_eq!(powers(&["Manage Users"]).lacking_between(&before, &after).as_deref(), Some("Brand New"));
    assert_eq!(powers(&["Brand New"]).lacking_between(&before, &after).as_deref(), Some("Manage Users"));
}

#[test]
fn scopes_that_hand_out_roles_take_everything() {
    assert_eq!(Powers::of_scope(Scope::RoleManagement), Powers::All);
    assert_eq!(Powers::of_scope(Scope::UserManagement), Powers::All);
    assert_eq!(Powers::of_scope(Scope::AuditLogs), powers(&["View and Run Audit Reports"]));
}

fn some_names() -> impl Strategy<Value = Vec<&'static str>> {
    collection::vec(sample::select(NAMES.as_slice()), 0..4)
}

fn some_permissions() -> impl Strategy<Value = Permissions> {
    collection::vec((sample::select(NAMES.as_slice()), sample::select([Level::Yes, Level::No].as_slice())), 0..4)
        .prop_map(Permissions::of)
}

proptest! {
    #[test]
    fn one_more_permission_never_takes_anything_away(
        held in some_names(), more in sample::select(NAMES.as_slice()), given in some_permissions(),
        before in some_permissions(), others in some_names(),
    ) {
        let fewer = powers(&held);
        let more = Powers::of_roles(&[admin(&held), admin(&[more])]);
        let everything = Powers::All;
        for (less, greater) in [(&fewer, &more), (&more, &everything)] {
            prop_assert!(greater.cover(less));
            prop_assert!(less.lacking(&given).is_some() || greater.lacking(&given).is_none());
            prop_assert!(
                less.lacking_between(&before, &given).is_some() || greater.lacking_between(&before, &given).is_none()
            );
            prop_assert!(!less.cover(&powers(&others)) || greater.cover(&powers(&others)));
            for permission in AdminPermission::ALL {
                prop_assert!(!less.has(permission) || greater.has(permission));
            }
        }
    }

    #[test]
    fn what_may_be_handed_out_never_makes_anybody_more_than_who_hands_it_out(
        held in some_names(), theirs in some_names(), given in some_permissions(),
    ) {
        let giver = powers(&held);
        let given = role(RoleType::Admin, "Given", false, given);
        let before = powers(&theirs);
        let after = Powers::of_roles(&[admin(&theirs), given.clone()]);
        if giver.lacking(&given.permissions).is_none() {
            // Whatever they gained, the giver has.
            let gained: Vec<&str> = after.names().filter(|name| !theirs.contains(name)).collect();
            prop_assert!(gained.iter().all(|name| held.contains(name)));
            prop_assert!(!giver.cover(&before) || giver.cover(&after));
        }
    }

    #[test]
    fn what_is_lost_is_what_was_there_and_is_not(before in some_names(), now in some_names()) {
        let lost = powers(&now).lost_since(&powers(&before));
        match lost {
            Lost::Nothing => prop_assert!(powers(&now).cover(&powers(&before))),
            Lost::Names(names) => {
                prop_assert!(names.iter().all(|name| before.contains(&name.as_str())));
                prop_assert!(names.iter().all(|name| !now.contains(&name.as_str())));
            }
            Lost::Everything => prop_assert!(false, "nobody could do everything"),
        }
    }
}
