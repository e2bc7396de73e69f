//! The uploaded file: what is read from it, what is refused, what is passed over.

use std::collections::HashMap;

use serde_json::Value;

use crate::{
    json::{self, Object},
    phrase::quoted,
    problem::{Problem, Problems},
    role::{BUILT_IN, BuiltIn, Permissions, RoleType},
    say, text,
};

/// The most roles one file may hold.
pub const MAX_ROLES: usize = 20_000;
/// The most characters a refId may have.
pub const MAX_REF_ID_CHARS: usize = 128;
/// The most characters a role's description may have.
pub const MAX_DESCRIPTION_CHARS: usize = 2_000;

/// What a file says about one role. What it does not say stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is for; empty on a new role if the file does not say.
    pub description: Option<String>,
    /// What it grants: all of it, so a permission that is not listed is taken away.
    pub permissions: Permissions,
    /// The key that names the same role in every environment.
    pub ref_id: Option<String>,
}

impl Entry {
    /// Reads `role`, `rDesc`, `permissions` and `refId`. Every other member is passed over: ids,
    /// owners and assignments in a file are the environment's it came from, never orders to this one.
    pub fn read(role_type: RoleType, object: &Object<'_>, problems: &mut Problems) -> Self {
        Self {
            name: read_name(object, problems),
            description: read_description(object, problems),
            permissions: read_permissions(role_type, object, problems),
            ref_id: read_ref_id(object, problems),
        }
    }

    /// The built-in role this entry is, by its refId or its exact name.
    fn built_in(&self, role_type: RoleType) -> Option<&'static BuiltIn> {
        built_in_roles(role_type).find(|role| self.ref_id.as_deref() == Some(role.ref_id) || self.name == role.name)
    }
}

fn built_in_roles(role_type: RoleType) -> impl Iterator<Item = &'static BuiltIn> {
    BUILT_IN.iter().filter(move |role| role.role_type == role_type)
}

fn read_name(object: &Object<'_>, problems: &mut Problems) -> String {
    let name = object.text("role", problems);
    if !name.is_empty()
        && let Err(bad) = text::check_name(name)
    {
        problems.add(object.path_of("role"), bad);
    }
    name.to_owned()
}

fn read_description(object: &Object<'_>, problems: &mut Problems) -> Option<String> {
    let description = object.text_if_any("rDesc", problems)?;
    if description.chars().count() > MAX_DESCRIPTION_CHARS {
        problems.add(object.path_of("rDesc"), say::at_most_characters(MAX_DESCRIPTION_CHARS));
    }
    Some(description.to_owned())
}

fn read_permissions(role_type: RoleType, object: &Object<'_>, problems: &mut Problems) -> Permissions {
    let path = object.path_of("permissions");
    if let Some(value) = object.get("permissions") {
        return Permissions::parse(role_type, value, &path, problems);
    }
    problems.add(path, say::is_required());
    Permissions::default()
}

fn read_ref_id(object: &Object<'_>, problems: &mut Problems) -> Option<String> {
    let ref_id = object.text_if_any("refId", problems).filter(|ref_id| !ref_id.is_empty())?;
    if let Err(bad) = text::check_name(ref_id) {
        problems.add(object.path_of("refId"), bad);
    } else if ref_id.chars().count() > MAX_REF_ID_CHARS {
        problems.add(object.path_of("refId"), say::at_most_characters(MAX_REF_ID_CHARS));
    }
    Some(ref_id.to_owned())
}

/// The custom roles of one type that a file holds: no two with one name or one refId, none that
/// passes for a built-in role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub(super) role_type: RoleType,
    pub(super) entries: Vec<(String, Entry)>,
    pub(super) skipped: Vec<String>,
    pub(super) is_whole: bool,
}

impl File {
    /// Reads a file of roles of type `role_type`.
    ///
    /// Shape: an array of roles, as an export or an import answers it, or a listing's object with
    /// that array under `roles`. Of a built-in role only the name is kept, in what was skipped.
    ///
    /// Errors: every problem of every role (the first [`crate::problem::MAX_TOLD`]), by JSON pointer.
    pub fn parse(role_type: RoleType, bytes: &[u8]) -> Result<Self, Problems> {
        let document = json::parse(bytes)?;
        let (root, list) = list_of(&document)?;
        let mut problems = Problems::default();
        let mut entries = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let path = json::child(root, index);
            let Some(object) = Object::of(value, &path, &mut problems) else { continue };
            check_type(role_type, &object, &mut problems);
            let entry = Entry::read(role_type, &object, &mut problems);
            entries.push((path, entry));
        }
        let mut file = Self::gather(role_type, entries, &mut problems);
        file.is_whole = is_whole(&document, list.len());
        problems.or_ok(file)
    }

    /// A file from entries that were read elsewhere, each with the place where it stands.
    ///
    /// Errors: two entries of one name or one refId, or one that passes for a built-in role.
    pub fn of(role_type: RoleType, entries: Vec<(String, Entry)>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let file = Self::gather(role_type, entries, &mut problems);
        problems.or_ok(file)
    }

    fn gather(role_type: RoleType, all: Vec<(String, Entry)>, problems: &mut Problems) -> Self {
        let built_in: Vec<_> = built_in_roles(role_type).map(|role| (text::fold(role.name), role.name)).collect();
        let mut skipped = Vec::new();
        let mut entries: Vec<(String, Entry)> = Vec::with_capacity(all.len());
        let mut by_name: HashMap<String, usize> = HashMap::with_capacity(all.len());
        let mut by_ref: HashMap<String, usize> = HashMap::new();
        for (path, entry) in all {
            if entry.built_in(role_type).is_some() {
                skipped.push(entry.name);
                continue;
            }
            let folded = text::fold(&entry.name);
            if let Some((_, name)) = built_in.iter().find(|(own, _)| *own == folded) {
                problems.add(json::child(&path, "role"), say::could_pass_for_built_in(quoted(name)));
            }
            // What could not be read as a name was told already, and does not repeat another.
            if !folded.is_empty()
                && let Some(first) = by_name.insert(folded, entries.len()).and_then(|first| entries.get(first))
            {
                problems.add(json::child(&path, "role"), say::name_of_another(&first.0));
            }
            if let Some(ref_id) = &entry.ref_id
                && let Some(first) = by_ref.insert(ref_id.clone(), entries.len()).and_then(|first| entries.get(first))
            {
                problems.add(json::child(&path, "refId"), say::ref_id_of_another(&first.0));
            }
            entries.push((path, entry));
        }
        Self { role_type, entries, skipped, is_whole: true }
    }

    /// The type of its roles.
    pub fn role_type(&self) -> RoleType {
        self.role_type
    }

    /// What it says of each custom role, in its order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// The names of the built-in roles it lists, which an import passes over.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

/// Where the array of roles stands in a document, and the array.
fn list_of(document: &Value) -> Result<(&'static str, &Vec<Value>), Problem> {
    let (root, list) = match (document, document.get("roles")) {
        (Value::Array(list), _) => ("", list),
        (_, Some(Value::Array(list))) => ("/roles", list),
        (Value::Object(_), _) => return Err(Problem::new("/roles", say::must_be_roles())),
        (other, _) => return Err(Problem::new("", say::must_be_roles_not(json::kind(other)))),
    };
    if list.len() > MAX_ROLES {
        return Err(Problem::new(root, say::at_most_roles(MAX_ROLES)));
    }
    Ok((root, list))
}

fn check_type(role_type: RoleType, object: &Object<'_>, problems: &mut Problems) {
    if let Some(word) = object.text_if_any("roleType", problems)
        && word != role_type.as_str()
    {
        problems.add(object.path_of("roleType"), say::must_be_type_of_import(quoted(role_type.as_str())));
    }
}

/// Whether a document holds all the roles there were: a listing may be one page of several.
fn is_whole(document: &Value, len: usize) -> bool {
    let has_more = document.get("availableMore").and_then(Value::as_bool).unwrap_or(false);
    let total = document.get("total").and_then(Value::as_u64);
    !has_more && total.is_none_or(|total| usize::try_from(total).is_ok_and(|total| total <= len))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::role::{ADMIN_PERMISSIONS, Level};

    fn parse(role_type: RoleType, document: &Value) -> Result<File, Problems> {
        File::parse(role_type, document.to_string().as_bytes())
    }

    fn told(role_type: RoleType, document: &Value) -> String {
        parse(role_type, document).expect_err("a problem").to_string()
    }

    /// As an import answers it: everything the platform keeps about a role (wire fact 7.5).
    fn stored(name: &str, ref_id: &str, granted: &[&str]) -> Value {
        let old = ["Manage User Profile Fields", "Password Policies", "Domain Management"];
        let names = ADMIN_PERMISSIONS.into_iter().filter(|name| !old.contains(name));
        let permissions: serde_json::Map<_, _> =
            names.map(|name| (name.to_owned(), json!(if granted.contains(&name) { "YES" } else { "NO" }))).collect();
        json!({
            "mapping": {"users": ["u-1"], "groups": [], "bots": []}, "roleType": "admin", "rStatus": "unpublished",
            "isASystemRole": true, "category": "admin", "audit": [], "_userAndGroups": [{"id": "u-1"}],
            "isDefault": false, "_id": "5bf132388c4f4e433d46783b", "orgId": "o-other", "role": name,
            "createdDate": "2018-11-18T09:34:48.501Z", "createdBy": "u-2", "modifiedDate": "2018-11-18T09:34:48.501Z",
            "modifiedBy": "u-2", "permissions": permissions, "rDesc": "", "refId": ref_id, "_product": "Bots", "__v": 0
        })
    }

    #[test]
    fn what_an_import_answered_is_a_file() {
        let document =
            json!([stored("CustomAdmin1", "a287e9fb", &["Invite"]), stored("CA2", "86ccb9c3", &["Manage Users"])]);
        let file = parse(RoleType::Admin, &document).expect("a file");
        let entries: Vec<_> = file.entries().collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].name, "CustomAdmin1");
        assert_eq!(entries[0].description.as_deref(), Some(""));
        assert_eq!(entries[0].ref_id.as_deref(), Some("a287e9fb"));
        assert_eq!(entries[0].permissions.iter().count(), 20);
        assert_eq!(entries[0].permissions.level("Invite"), Level::Yes);
        assert_eq!(entries[1].permissions.level("Invite"), Level::No);
        assert_eq!(entries[1].permissions.level("Manage Users"), Level::Yes);
    }

    #[test]
    fn what_a_listing_answered_is_a_file_without_its_built_in_roles() {
        let document = json!({"total": 2, "availableMore": false, "roles": [
            {"roleType": "admin", "role": "admin", "rDesc": "Master", "permissions": {"Invite": "YES"}},
            {"roleType": "admin", "role": "sample admin", "permissions": {"Password Policies": "YES"}, "rDesc": ""},
        ]});
        let file = parse(RoleType::Admin, &document).expect("a file");
        assert_eq!(file.skipped(), ["admin"]);
        assert_eq!(file.entries().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["sample admin"]);
        assert!(file.is_whole);
    }

    #[test]
    fn a_page_of_a_longer_listing_is_not_whole() {
        for (total, has_more, whole) in [(1, false, true), (1, true, false), (2, false, false)] {
            let document =
                json!({"total": total, "availableMore": has_more, "roles": [{"role": "a", "permissions": {}}]});
            assert_eq!(parse(RoleType::Bot, &document).expect("a file").is_whole, whole, "{document}");
        }
    }

    #[test]
    fn a_built_in_role_is_known_by_its_ref_id_or_its_exact_name() {
        let document = json!([
            {"role": "App Owner", "refId": "5bca33e75513765737ef9cae", "permissions": {"Tasks": ["FULL"]}},
            {"role": "Bot Tester", "refId": "a-ref-of-another-place", "permissions": {}},
            {"role": "admin", "permissions": {}},
        ]);
        let file = parse(RoleType::Bot, &document).expect("a file");
        assert_eq!(file.skipped(), ["App Owner", "Bot Tester"]);
        assert_eq!(file.entries().count(), 1, "admin is no built-in role among bot roles");
    }

    #[test]
    fn no_twin_of_a_built_in_role_comes_in() {
        for twin in ["bot owner", "Bot Owner ", "Bot\u{00A0}Owner", "Ｂｏｔ Owner", "Bot\u{200B} Owner"] {
            let document = json!([{"role": "a", "permissions": {}}, {"role": twin, "permissions": {}}]);
            assert_eq!(told(RoleType::Bot, &document), r#"/1/role: could pass for the built-in role "Bot Owner""#);
        }
    }

    #[test]
    fn every_element_is_checked_and_every_problem_told_with_its_place() {
        let document = json!({"roles": [
            {"role": "ok", "permissions": {}, "refId": "r1"},
            {"role": "two", "permissions": {"Invite": true, "Preferences": "MAYBE"}, "roleType": "bot"},
            {"permissions": [], "rDesc": 7, "refId": {}},
            "three",
            {"role": "ＯＫ", "permissions": {}, "refId": "r1"},
            {"role": "a\nb", "refId": "\u{200B}", "rDesc": "d".repeat(2_001)},
            {"role": "long", "refId": "r".repeat(129), "permissions": null},
        ]});
        let problems = parse(RoleType::Admin, &document).expect_err("problems").into_vec();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                r#"/roles/1/roleType: must be "admin", the type of this import"#,
                r#"/roles/1/permissions/Invite: must be "YES" or "NO""#,
                r#"/roles/1/permissions/Preferences: must be "YES" or "NO""#,
                "/roles/2/role: is required",
                "/roles/2/rDesc: must be a string, not a number",
                "/roles/2/permissions: must be an object, not an array",
                "/roles/2/refId: must be a string, not an object",
                "/roles/3: must be an object, not a string",
                "/roles/5/role: must not hold control or direction-changing characters",
                "/roles/5/rDesc: must have at most 2000 characters",
                "/roles/5/permissions: is required",
                "/roles/5/refId: must not be empty",
                "/roles/6/permissions: is required",
                "/roles/6/refId: must have at most 128 characters",
                "/roles/4/role: is the name of /roles/0 too",
                "/roles/4/refId: is the refId of /roles/0 too",
            ]
        );
    }

    #[test]
    fn what_is_no_file_of_roles_is_refused_in_one_sentence() {
        for (bytes, problem) in [
            (&b"{\"role\":\"a\"}"[..], "/roles: must be an array of roles"),
            (b"{\"roles\":{}}", "/roles: must be an array of roles"),
            (b"7", "must be an array of roles, not a number"),
            (b"[{\"role\":\"a\",\"role\":\"b\"}]", "a key is repeated"),
            (b"[{\"role\":\"a\\u0000\"}]", "U+0000"),
            (b"role,rDesc\nCustom1,x\n", "is not the JSON it should be"),
            (b"\xff\xfe[\x00]\x00", "is not UTF-8"),
        ] {
            let told = File::parse(RoleType::Bot, bytes).expect_err("no file").to_string();
            assert!(told.contains(problem), "{told}");
        }
    }

    #[test]
    fn a_file_is_bounded_in_roles_and_in_problems() {
        let roles = |n: usize| {
            Value::from((0..n).map(|i| json!({"role": format!("r{i}"), "permissions": {}})).collect::<Vec<_>>())
        };
        assert_eq!(parse(RoleType::Bot, &roles(MAX_ROLES)).expect("a file").entries().count(), MAX_ROLES);
        assert_eq!(told(RoleType::Bot, &roles(MAX_ROLES + 1)), "must hold at most 20000 roles");
        let bad = Value::from(vec![json!({}); 1_000]);
        assert_eq!(parse(RoleType::Bot, &bad).expect_err("problems").into_vec().len(), crate::problem::MAX_TOLD);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_file_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = File::parse(RoleType::Bot, &bytes);
        }

        #[test]
        fn any_member_values_are_a_file_or_a_problem(
            role in "\\PC{0,8}|.{0,4}", key in "[A-Za-z_]{0,12}", value in "\\PC{0,8}", level in "YES|NO|FULL|[a-z]{0,3}",
        ) {
            let document = json!([{"role": role, "permissions": {"Tasks": [level]}, key: value}]);
            if let Ok(file) = parse(RoleType::Bot, &document) {
                prop_assert_eq!(file.entries().count() + file.skipped().len(), 1);
            }
        }
    }
}
