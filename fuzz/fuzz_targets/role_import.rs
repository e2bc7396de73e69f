//! Files of roles: two, one imported after the other into an account with its built-in roles.
//!
//! Whatever a file says, an import that is planned leaves no two roles of one name or one refId,
//! leaves the built-in roles alone, and has nothing left to do when it is planned again.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use rolecall_model::role::{BUILT_IN, RoleType};
use rolecall_model::role_import::{Entry, File, MAX_REF_ID_CHARS, Mode, Plan, Role, Step, plan};
use rolecall_model::text;

fuzz_target!(|bytes: &[u8]| {
    // No text holds this byte, so it can stand between two.
    let mut files = bytes.splitn(2, |byte| *byte == 0xFF);
    let (first, second) = (files.next().unwrap_or_default(), files.next().unwrap_or_default());
    for role_type in [RoleType::Admin, RoleType::Bot] {
        for mode in [Mode::Incremental, Mode::Full] {
            let roles = import(role_type, first, built_in(role_type), mode);
            import(role_type, second, roles, mode);
        }
    }
});

fn import(role_type: RoleType, bytes: &[u8], roles: Vec<Role>, mode: Mode) -> Vec<Role> {
    let Ok(file) = File::parse(role_type, bytes) else { return roles };
    let Ok(planned) = plan(file.clone(), roles.clone(), mode) else { return roles };
    let roles = applied(roles, planned);

    let names: HashSet<_> = roles.iter().map(|role| text::fold(&role.name)).collect();
    assert_eq!(names.len(), roles.len(), "two roles of one name: {roles:?}");
    let ref_ids: HashSet<_> = roles.iter().map(|role| &role.ref_id).collect();
    assert_eq!(ref_ids.len(), roles.len(), "two roles of one refId: {roles:?}");
    let fixed: Vec<_> = roles.iter().filter(|role| role.is_built_in).cloned().collect();
    assert_eq!(fixed, built_in(role_type), "a built-in role changed");

    let again = plan(file, roles.clone(), mode).expect("what was imported can be imported again");
    assert!(again.is_empty(), "something is left to do: {again:?}");
    roles
}

fn applied(mut roles: Vec<Role>, plan: Plan) -> Vec<Role> {
    for step in plan.steps {
        match step {
            Step::Create(entry) => roles.push(created(entry, roles.len())),
            Step::Update { before, after } => {
                let role = roles.iter_mut().find(|role| **role == *before).expect("an update is of a role that is");
                *role = *after;
            }
            Step::Unchanged(role) => assert!(roles.contains(&role), "unchanged, but not there: {role:?}"),
            Step::Delete(gone) => roles.retain(|role| *role != gone),
        }
    }
    roles
}

fn created(entry: Entry, n_roles: usize) -> Role {
    Role {
        role_id: String::new(),
        // Longer than any that a file may give.
        ref_id: entry.ref_id.unwrap_or_else(|| format!("{n_roles:0>width$}", width = MAX_REF_ID_CHARS + 1)),
        name: entry.name,
        description: entry.description.unwrap_or_default(),
        permissions: entry.permissions,
        is_built_in: false,
    }
}

fn built_in(role_type: RoleType) -> Vec<Role> {
    let own = BUILT_IN.iter().filter(|role| role.role_type == role_type);
    own.map(|role| Role {
        role_id: String::new(),
        name: role.name.to_owned(),
        description: role.description.to_owned(),
        permissions: (role.permissions)(),
        ref_id: role.ref_id.to_owned(),
        is_built_in: true,
    })
    .collect()
}
