use proptest::{option, prelude::*};
use serde_json::Value;

use super::*;
use crate::{
    problem::Problems,
    role::{Level, Permissions},
    text,
};

fn told<T: std::fmt::Debug>(result: Result<T, Problems>) -> Vec<String> {
    result.expect_err("problems").into_vec().iter().map(ToString::to_string).collect()
}

fn user(email: &str) -> User {
    User {
        email: email.to_owned(),
        org_user_id: None,
        first_name: None,
        last_name: None,
        is_developer: None,
        can_create_bot: None,
        profile: Vec::new(),
    }
}

const EVERY_KIND: &str = r#"
# The whole of a small account.
bots:
  - name: Front Desk
    description: |
      Answers guests.
      Day and night.
    owner: ann@example.com
    purpose: customer
    defaultLanguage: en
users:
  - {email: ann@example.com, orgUserId: "0042", firstName: Ann, isDeveloper: true, canCreateBot: false, country: NO, city: Oslo}
  - email: bob@example.com
groups:
  - name: Night Shift
    members: [ann@example.com, bob@example.com]
    groups: [Day Shift]
roles:
  - roleType: admin
    role: Auditor
    rDesc: ""
    permissions: {View and Run Audit Reports: YES, Invite: NO}
    refId: 6f0c
  - roleType: bot
    role: Trainer
    permissions:
      Natural Language: [FULL]
assignments:
  - {role: Auditor, roleType: admin, users: [bob@example.com]}
  - {role: Trainer, roleType: bot, bot: Front Desk, groups: [Night Shift]}
"#;

#[test]
fn a_yaml_document_is_read_with_the_line_of_each_record() {
    let records = parse_document(EVERY_KIND).expect("a manifest");
    let lines: Vec<_> = records.iter().map(|(line, record)| (*line, record.kind().as_str())).collect();
    assert_eq!(
        lines,
        [
            (4, "bot"),
            (12, "user"),
            (13, "user"),
            (15, "group"),
            (19, "role"),
            (24, "role"),
            (29, "assignment"),
            (30, "assignment")
        ]
    );
    let records: Vec<_> = records.into_iter().map(|(_, record)| record).collect();
    assert_eq!(
        records[1],
        Record::User(User {
            org_user_id: Some("0042".to_owned()),
            first_name: Some("Ann".to_owned()),
            is_developer: Some(true),
            can_create_bot: Some(false),
            profile: vec![("city", "Oslo".to_owned()), ("country", "NO".to_owned())],
            ..user("ann@example.com")
        })
    );
    assert_eq!(records[2], Record::User(user("bob@example.com")));
    assert_eq!(
        records[4],
        Record::Role(Role {
            role_type: RoleType::Admin,
            entry: role_import::Entry {
                name: "Auditor".to_owned(),
                description: Some(String::new()),
                permissions: Permissions::of([("View and Run Audit Reports", Level::Yes), ("Invite", Level::No)]),
                ref_id: Some("6f0c".to_owned()),
            }
        })
    );
    assert_eq!(
        records[7],
        Record::Assignment(Assignment {
            role: "Trainer".to_owned(),
            role_type: RoleType::Bot,
            bot: Some("Front Desk".to_owned()),
            users: Vec::new(),
            groups: vec!["Night Shift".to_owned()],
        })
    );
}

#[test]
fn a_record_is_written_in_one_order_without_what_it_does_not_say() {
    let records: Vec<_> =
        parse_document(EVERY_KIND).expect("a manifest").into_iter().map(|(_, record)| record).collect();
    let lines: Vec<_> = records.iter().map(|record| record.to_json().to_string()).collect();
    assert_eq!(
        lines[1],
        r#"{"kind":"user","email":"ann@example.com","orgUserId":"0042","firstName":"Ann","isDeveloper":true,"canCreateBot":false,"city":"Oslo","country":"NO"}"#
    );
    assert_eq!(lines[2], r#"{"kind":"user","email":"bob@example.com"}"#);
    assert_eq!(
        lines[5],
        r#"{"kind":"role","roleType":"bot","role":"Trainer","permissions":{"Natural Language":["FULL"]}}"#
    );
    assert_eq!(lines[6], r#"{"kind":"assignment","role":"Auditor","roleType":"admin","users":["bob@example.com"]}"#);
}

#[test]
fn a_json_document_is_read_with_the_line_of_each_record() {
    let text = "\u{FEFF}\n{\"groups\": null, \"users\": [\n  {\"email\": \"a@b\"},\n\n  {\n  \"email\": \"c@d\"}],\n\"bots\": [{\"name\": \"B\"}]}\n";
    let records = parse_document(text).expect("a manifest");
    let places: Vec<_> = records.iter().map(|(line, record)| (*line, record.kind().as_str())).collect();
    assert_eq!(places, [(3, "user"), (5, "user"), (7, "bot")]);
}

#[test]
fn every_problem_of_a_document_is_told_with_its_place() {
    let text = "
users:
  - {email: not an address, orgUserId: 42, canCreateBot: yes}
  - {email: a@b, phone: '1', canCreateBot: true, isDeveloper: false, state: true}
  - a@b
  - {firstName: [Ann]}
groups: [{name: '', members: [a@b, 7, x], groups: ['']}]
roles: [{roleType: bots, role: R, permissions: {}}, {roleType: admin, role: R, permissions: {Invite: true}}]
assignments:
  - {role: R, roleType: admin, bot: B}
  - {role: R, roleType: bot, user: [a@b]}
bot: [{name: x}]
";
    assert_eq!(
        told(parse_document(text)),
        [
            r#"/bot: is not known here: did you mean "bots"?"#,
            "line 3 /users/0/email: is no e-mail address",
            "line 3 /users/0/orgUserId: must be a string, not a number: put it in quotes",
            "line 3 /users/0/canCreateBot: must be true or false, not a string",
            r#"line 4 /users/1/phone: is not known here: did you mean "companyContactPhone"?"#,
            "line 4 /users/1/state: must be a string, not a boolean: put it in quotes",
            "line 4 /users/1/canCreateBot: needs isDeveloper: who makes bots enters the builder",
            "line 5 /users/2: must be an object, not a string",
            "line 6 /users/3/email: is required",
            "line 6 /users/3/firstName: must be a string, not an array",
            "line 7 /groups/0/name: must not be empty",
            "line 7 /groups/0/members/1: must be a string, not a number: put it in quotes",
            "line 7 /groups/0/members/2: is no e-mail address",
            "line 7 /groups/0/groups/0: must not be empty",
            r#"line 8 /roles/0/roleType: must be "admin" or "bot""#,
            r#"line 8 /roles/1/permissions/Invite: must be "YES" or "NO""#,
            "line 10 /assignments/0/bot: must not be there: an admin role is held on the account",
            r#"line 11 /assignments/1/user: is not known here: did you mean "users"?"#,
            "line 11 /assignments/1/bot: is required",
        ]
    );
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    for (text, problem) in [
        ("", "unexpected end of file"),
        ("# nothing\n", "unexpected end of file at line 2"),
        ("- a\n- b\n", "expected an object of lists: bots, users, groups, roles, assignments"),
        ("users:\n  - email: a@b\n    email: c@d\n", "line 3"),
        ("users: []\nbots: []\nusers: []\n", "line 3"),
        ("null\n", "expected an object of lists"),
        ("users: nobody\n", "expected sequence start at line 1"),
        ("users: [{email: \"a\\0@b\"}]\n", "U+0000"),
        ("users: [\n", "line"),
        ("a: b\n---\nc: d\n", "multiple"),
        (
            "{\"users\": [\n{\"email\": \"a@b\", \"email\": \"a@b\"}]}",
            "a key is repeated in one object at line 2 column 32",
        ),
        ("{\"users\": [],\n\"users\": []}", "users is there twice at line 2"),
        ("{\"users\": {}}", "expected a sequence at line 1"),
        ("{\"users\": []} x", "trailing characters"),
    ] {
        let told = told(parse_document(text)).join("\n");
        assert!(told.contains(problem), "{text:?}: {told}");
    }
}

#[test]
fn aliases_may_repeat_but_not_explode() {
    let repeated = "groups:\n  - &night {name: N, members: &both [a@b, c@d]}\n  - {name: D, members: *both}\n";
    let records = parse_document(repeated).expect("a manifest");
    let [(2, Record::Group(night)), (3, Record::Group(day))] = &records[..] else { panic!("{records:?}") };
    assert_eq!(night.members, day.members);

    let merged = "users:\n  - &dev {email: a@b, isDeveloper: true, city: Oslo}\n  - {<<: *dev, email: c@d}\n";
    let records = parse_document(merged).expect("a manifest");
    let profile = vec![("city", "Oslo".to_owned())];
    assert_eq!(records[1], (3, Record::User(User { is_developer: Some(true), profile, ..user("c@d") })));

    let tenfold = (1..12).map(|level| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        format!("a{level}: &a{level} [{aliases}]\n")
    });
    let bomb = format!("a0: &a0 [x]\n{}users: *a11\n", tenfold.collect::<String>());
    let told = told(parse_document(&bomb)).join("\n");
    assert!(told.contains("is not the YAML it should be"), "{told}");

    let deep = format!("users: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    assert!(!parse_document(&deep).expect_err("too deep").is_empty());
}

#[test]
fn a_line_is_a_record_of_the_kind_it_says() {
    let record = parse_line(1, r#"{"email": "a@b", "kind": "user", "zip": "01234", "dept": null, "companyName": ""}"#);
    let profile = vec![("companyName", String::new()), ("zip", "01234".to_owned())];
    assert_eq!(record, Ok(Record::User(User { profile, ..user("a@b") })));
}

#[test]
fn every_problem_of_a_line_is_told_with_its_number() {
    for (line, problems) in [
        (r#"{"kind":"users","email":"a@b"}"#, &[r#"line 7/kind: is not known here: did you mean "user"?"#][..]),
        (r#"{"email":"a@b"}"#, &["line 7/kind: must be one of bot, user, group, role, assignment"]),
        (r#"{"kind":7}"#, &["line 7/kind: must be one of bot, user, group, role, assignment"]),
        ("[]", &["line 7: must be an object, not an array"]),
        ("{\"kind\":\"user\",", &["line 7: is not the JSON it should be: EOF while parsing a value at column 15"]),
        (
            r#"{"kind":"group","nam":"N","members":["a"]}"#,
            &[
                r#"line 7/nam: is not known here: did you mean "name"?"#,
                "line 7/name: is required",
                "line 7/members/0: is no e-mail address",
            ],
        ),
        (
            r#"{"kind":"bot","name":"B","owner":"","purpose":"a\nb","description":7}"#,
            &[
                "line 7/description: must be a string, not a number: put it in quotes",
                "line 7/owner: is no e-mail address",
                "line 7/purpose: must not hold control or direction-changing characters",
            ],
        ),
    ] {
        assert_eq!(told(parse_line(7, line)), problems, "{line}");
    }
}

#[test]
fn the_syntax_is_told_from_the_first_line_and_the_name() {
    for (name, line, format) in [
        ("-", "{\"kind\": \"user\", \"email\": \"a@b\"}", Format::Ndjson),
        ("account.json", "\u{FEFF}  {\"email\": \"a@b\", \"kind\": \"user\"}", Format::Ndjson),
        ("a.NDJSON", "{", Format::Ndjson),
        ("a.jsonl", "", Format::Ndjson),
        ("account.json", "{", Format::Json),
        ("-", "{\"users\": [{\"kind\": \"user\"}]}", Format::Json),
        ("-", "{\"users\": [", Format::Json),
        ("account.yaml", "users:", Format::Yaml),
        ("-", "# all of us", Format::Yaml),
        ("-", "", Format::Yaml),
    ] {
        assert_eq!(Format::detect(name, line), format, "{name} {line}");
    }
}

/// Texts of one line, many of them such as YAML could take for something else.
fn lines() -> impl Strategy<Value = String> {
    const TRICKY: &[&str] = &[
        "yes",
        "NO",
        "null",
        "~",
        "true",
        "123",
        "012",
        "0x1F",
        "1e3",
        ".inf",
        "1:30",
        "2020-01-01",
        "- a",
        "# x",
        "{",
        "[a]",
        "&a",
        "*a",
        "!t",
        "a: b",
        "a #b",
        "'",
        "\"",
        " lead",
        "trail ",
        "---",
        "...",
        "<<",
        "|",
        ">",
        "%",
        "@",
        "`",
        "=",
        "역할 🙂",
        "é",
        "a\\nb",
    ];
    prop_oneof![proptest::sample::select(TRICKY).prop_map(str::to_owned), "\\PC{1,12}"]
        .prop_filter("a line", |text| text::check_name(text).is_ok())
}

fn descriptions() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), lines(), "[ -~\\n\\t\\PC]{0,30}"]
}

fn addresses() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9+.-]{1,8}@[a-z]{1,8}\\.com", Just("이름@예시.한국".to_owned())]
}

fn lists<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(of, 0..4)
}

fn entries(role_type: RoleType) -> impl Strategy<Value = role_import::Entry> {
    let level = match role_type {
        RoleType::Admin => prop_oneof![Just(Level::Yes), Just(Level::No)].boxed(),
        RoleType::Bot => prop_oneof![Just(Level::Full), Just(Level::View), Just(Level::Yes), Just(Level::No)].boxed(),
    };
    let name = lines().prop_filter("a name nobody knows, which takes every level", |name| {
        crate::role::vocabulary(RoleType::Bot, name).len() == 4
    });
    let permissions = proptest::collection::hash_map(name, level, 0..4);
    (lines(), option::of(descriptions()), permissions, option::of(lines())).prop_map(
        |(name, description, permissions, ref_id)| role_import::Entry {
            name,
            description,
            permissions: Permissions::of(permissions.iter().map(|(name, level)| (name.as_str(), *level))),
            ref_id,
        },
    )
}

fn records() -> impl Strategy<Value = Record> {
    let bot = (lines(), option::of(descriptions()), option::of(addresses()), option::of(lines()), option::of(lines()));
    let bot = bot.prop_map(|(name, description, owner, purpose, default_language)| {
        Record::Bot(Bot { name, description, owner, purpose, default_language })
    });
    let names = (option::of(lines()), option::of(lines()), option::of(lines()));
    let flags = (option::of(any::<bool>()), option::of(Just(true)));
    let profile = proptest::collection::vec(option::of(prop_oneof![lines(), Just(String::new())]), PROFILE_KEYS.len());
    let user = (addresses(), names, flags, profile).prop_map(|(email, names, flags, profile)| {
        let (org_user_id, first_name, last_name) = names;
        let (can_create_bot, is_developer) = flags;
        let profile = PROFILE_KEYS.into_iter().zip(profile).filter_map(|(key, value)| Some((key, value?))).collect();
        Record::User(User { email, org_user_id, first_name, last_name, is_developer, can_create_bot, profile })
    });
    let group = (lines(), option::of(descriptions()), lists(addresses()), lists(lines()));
    let group = group
        .prop_map(|(name, description, members, groups)| Record::Group(Group { name, description, members, groups }));
    let role = prop_oneof![Just(RoleType::Admin), Just(RoleType::Bot)]
        .prop_flat_map(|role_type| entries(role_type).prop_map(move |entry| Record::Role(Role { role_type, entry })));
    let assignment = (lines(), option::of(lines()), lists(addresses()), lists(lines()));
    let assignment = assignment.prop_map(|(role, bot, users, groups)| {
        let role_type = if bot.is_some() { RoleType::Bot } else { RoleType::Admin };
        Record::Assignment(Assignment { role, role_type, bot, users, groups })
    });
    prop_oneof![bot, user, group, role, assignment]
}

/// As a document lists them: by kind.
fn sorted(mut records: Vec<Record>) -> Vec<Record> {
    records.sort_by_key(|record| Kind::ALL.iter().position(|kind| *kind == record.kind()));
    records
}

fn without_lines(records: Vec<(u64, Record)>) -> Vec<Record> {
    records.into_iter().map(|(_, record)| record).collect()
}

proptest! {
    #[test]
    fn a_record_survives_a_line(record in records()) {
        prop_assert_eq!(parse_line(1, &record.to_json().to_string()), Ok(record));
    }

    #[test]
    fn records_survive_a_json_document(records in lists(records())) {
        let text = document(&records).to_string();
        prop_assert_eq!(parse_document(&text).map(without_lines), Ok(sorted(records)));
    }

    #[test]
    fn records_survive_a_yaml_document(records in proptest::collection::vec(records(), 1..4)) {
        let text = serde_saphyr::to_string(&document(&records)).expect("YAML");
        prop_assert_eq!(parse_document(&text).map(without_lines), Ok(sorted(records)), "{}", text);
    }

    #[test]
    fn any_text_is_a_manifest_or_a_problem(text in "\\PC{0,40}|[\\[\\]{}:,&*!|>#\"'\\-\n a-c]{0,40}") {
        let _ = parse_line(1, &text);
        let _ = parse_document(&text);
        let _ = parse_document(&format!("users: {text}"));
        let _ = Format::detect("", &text);
    }

    #[test]
    fn any_members_are_a_record_or_a_problem(
        kind in "bot|user|group|role|assignment", key in "[a-zA-Z]{0,9}|email|name|role|roleType|users|bot", value in "\\PC{0,9}",
    ) {
        let line = serde_json::json!({"kind": kind, "permissions": {}, key: value});
        let _ = parse_line(1, &line.to_string());
        let _: Result<Vec<(u64, Record)>, Problems> = parse_document(&Value::to_string(&line));
    }
}
