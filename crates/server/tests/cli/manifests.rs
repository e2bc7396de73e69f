use std::fmt::Write as _;

use rolecall_testkit::{Engine, TestDb};

use crate::rolecall::{Done, Place};

/// A company with everything a manifest can say.
const COMPANY: &str = "\
bots:
  - {name: Concierge, description: Answers guests, owner: aiko@acme.example, purpose: customer, defaultLanguage: ja}
  - {name: Helpdesk}
users:
  - {email: aiko@acme.example, firstName: 藍子, lastName: 佐藤, orgUserId: 'E-1', city: 東京}
  - {email: minjun@acme.example, firstName: 민준, lastName: 김, isDeveloper: false}
  - {email: ada@acme.example, firstName: Ada, dept: 'NO', zip: '0123'}
groups:
  - {name: Everybody, description: All of us, groups: [Support]}
  - {name: Support, members: [minjun@acme.example, Ada@ACME.example]}
roles:
  - roleType: bot
    role: Reviewer
    rDesc: Reads and comments
    permissions: {Tasks: [VIEW], Dashboard: ['YES']}
    refId: 3f1c9b0e-0000-5000-8000-000000000001
  - roleType: admin
    role: Auditor
    permissions: {View and Run Audit Reports: 'YES'}
assignments:
  - {role: Reviewer, roleType: bot, bot: Concierge, users: [ada@acme.example], groups: [Support]}
  - {role: Auditor, roleType: admin, groups: [Everybody]}
";

/// A place with an account, and the arguments that name its database.
struct Desk {
    place: Place,
    database: Vec<String>,
    _db: Option<TestDb>,
}

impl Desk {
    fn sqlite() -> Self {
        let desk = Self { place: Place::new(), database: Vec::new(), _db: None };
        desk.place.account();
        desk
    }

    async fn postgres() -> Option<Self> {
        let db = TestDb::start(Engine::Postgres).await?;
        let place = Place::new();
        let key = place.json(&["key", "generate"])["key"].as_str().expect("a key").to_owned();
        let database = vec!["--database".to_owned(), db.url.clone(), "--key".to_owned(), key];
        let desk = Self { place, database, _db: Some(db) };
        let create = ["account", "create", "--name", "Acme", "--owner", "owner@acme.example"];
        assert_eq!(desk.run(&create).code, Some(0));
        Some(desk)
    }

    fn run(&self, arguments: &[&str]) -> Done {
        let database = self.database.iter().map(String::as_str);
        self.place.run(&arguments.iter().copied().chain(database).collect::<Vec<_>>())
    }

    fn apply(&self, file: &str) -> Done {
        self.run(&["apply", "-f", file])
    }

    /// The account as it is now, as one text.
    fn exported(&self) -> String {
        let done = self.run(&["export"]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        done.stdout
    }
}

fn company_is_applied_once_and_exported(desk: &Desk) {
    let place = &desk.place;
    place.write("company.yaml", COMPANY);
    let plan = desk.run(&["plan", "-f", "company.yaml"]);
    insta::assert_snapshot!("company_plan", plan.shown(&[]));
    insta::assert_snapshot!("company_apply", desk.apply("company.yaml").shown(&[]));
    insta::assert_snapshot!("company_plan_after", desk.run(&["plan", "-f", "company.yaml"]).shown(&[]));
    let again = desk.run(&["apply", "-f", "company.yaml", "--output", "json"]);
    insta::assert_snapshot!("company_apply_again_json", again.shown(&[]));
    // The refId of the role that the manifest gives none is made up.
    let exported = desk.exported();
    let made_up = exported.lines().find_map(|line| line.trim().strip_prefix("refId: ")).expect("a refId");
    insta::assert_snapshot!("company_exported", exported.replace(made_up, "REF"));
}

fn an_export_makes_the_same_account_again(from: &Desk, to: &Desk) {
    from.place.write("company.yaml", COMPANY);
    assert_eq!(from.apply("company.yaml").code, Some(0));
    for name in ["out.yaml", "out.json", "out.ndjson"] {
        assert_eq!(from.run(&["export", "-o", name]).code, Some(0));
        assert_eq!(from.run(&["plan", "-f", name, "--prune"]).code, Some(0), "{name} differs from where it came from");
        let text = std::fs::read_to_string(from.place.path(name)).expect("it was written");
        to.place.write(name, &text);
        assert_eq!(to.apply(name).code, Some(0), "{name}");
        assert_eq!(to.exported(), from.exported(), "{name}");
        assert_eq!(to.run(&["plan", "-f", name, "--prune"]).code, Some(0), "{name}");
    }
}

#[test]
fn a_company_is_applied_once_and_exported() {
    company_is_applied_once_and_exported(&Desk::sqlite());
}

#[tokio::test]
async fn a_company_is_applied_once_and_exported_on_postgres() {
    if let Some(desk) = Desk::postgres().await {
        company_is_applied_once_and_exported(&desk);
    }
}

#[test]
fn an_export_is_applied_to_an_empty_account() {
    an_export_makes_the_same_account_again(&Desk::sqlite(), &Desk::sqlite());
}

#[tokio::test]
async fn an_export_is_applied_from_one_engine_to_the_other_and_back() {
    if let Some(desk) = Desk::postgres().await {
        an_export_makes_the_same_account_again(&Desk::sqlite(), &desk);
    }
    if let Some(desk) = Desk::postgres().await {
        an_export_makes_the_same_account_again(&desk, &Desk::sqlite());
    }
}

#[test]
fn a_manifest_is_taken_from_standard_input() {
    let desk = Desk::sqlite();
    desk.place.write("company.yaml", COMPANY);
    let file = std::fs::File::open(desk.place.path("company.yaml")).expect("it is there");
    let status = desk.place.command(&["apply", "-f", "-"]).stdin(file).status().expect("the binary runs");
    assert!(status.success());
    assert_eq!(desk.run(&["plan", "-f", "company.yaml"]).code, Some(0));
}

fn everything_that_is_wrong_is_told_with_its_line_and_nothing_is_done(desk: &Desk) {
    let before = desk.exported();
    for (name, lines) in [
        (
            "bad_lines",
            &[
                r#"{"kind":"user","email":"nobody"}"#,
                "",
                r#"{"kind":"usr","email":"ada@acme.example"}"#,
                r#"{"kind":"user","email":"ada@acme.example","isDeveloper":"yes"}"#,
                r#"{"kind":"group"}"#,
                "{",
            ][..],
        ),
        (
            "bad_twice",
            &[
                r#"{"kind":"user","email":"ada@acme.example","orgUserId":"1"}"#,
                r#"{"kind":"user","email":"Ada@acme.example"}"#,
                r#"{"kind":"user","email":"bob@acme.example","orgUserId":"1"}"#,
                r#"{"kind":"bot","name":"Helpdesk"}"#,
                r#"{"kind":"bot","name":"HELPDESK"}"#,
                r#"{"kind":"group","name":"Support","description":"one"}"#,
                r#"{"kind":"group","name":"support","description":"another"}"#,
            ],
        ),
        (
            "bad_roles",
            &[
                r#"{"kind":"role","roleType":"bot","role":"Reviewer","permissions":{}}"#,
                r#"{"kind":"role","roleType":"bot","role":"reviewer","permissions":{}}"#,
                r#"{"kind":"role","roleType":"bot","role":"bot owner","permissions":{}}"#,
                r#"{"kind":"bot","name":"Helpdesk","owner":"nobody@acme.example"}"#,
            ],
        ),
        (
            "bad_references",
            &[
                r#"{"kind":"group","name":"Support","members":["owner@acme.example","nobody@acme.example"],"groups":["None"]}"#,
                r#"{"kind":"assignment","roleType":"bot","role":"Auditor","bot":"None","users":["owner@acme.example"]}"#,
                r#"{"kind":"bot","name":"Helpdesk"}"#,
                r#"{"kind":"assignment","roleType":"bot","role":"Bot Tester","bot":"Helpdesk","users":["nobody@acme.example"],"groups":["None"]}"#,
                r#"{"kind":"assignment","roleType":"bot","role":"Bot Owner","bot":"Helpdesk","users":["owner@acme.example"]}"#,
                r#"{"kind":"assignment","roleType":"admin","role":"admin","groups":["Support"]}"#,
            ],
        ),
        (
            "bad_circle",
            &[
                r#"{"kind":"group","name":"A","groups":["B"]}"#,
                r#"{"kind":"group","name":"B","groups":["C"]}"#,
                r#"{"kind":"group","name":"C","groups":["A"]}"#,
            ],
        ),
        (
            "bad_creator",
            &[
                r#"{"kind":"user","email":"owner@acme.example","isDeveloper":false}"#,
                r#"{"kind":"user","email":"ada@acme.example","isDeveloper":false,"canCreateBot":true}"#,
            ],
        ),
    ] {
        desk.place.write("bad.ndjson", &lines.join("\n"));
        insta::assert_snapshot!(name, desk.apply("bad.ndjson").shown(&[]));
        assert_eq!(desk.exported(), before, "{name}");
    }
}

#[test]
fn whatever_is_wrong_is_told_with_its_line_and_nothing_is_done() {
    everything_that_is_wrong_is_told_with_its_line_and_nothing_is_done(&Desk::sqlite());
}

#[tokio::test]
async fn whatever_is_wrong_is_told_with_its_line_and_nothing_is_done_on_postgres() {
    if let Some(desk) = Desk::postgres().await {
        everything_that_is_wrong_is_told_with_its_line_and_nothing_is_done(&desk);
    }
}

fn what_differs_is_changed_and_what_is_not_said_stays(desk: &Desk) {
    let place = &desk.place;
    place.write("company.yaml", COMPANY);
    assert_eq!(desk.apply("company.yaml").code, Some(0));
    place.write(
        "changes.yaml",
        "\
bots: [{name: concierge, owner: minjun@acme.example}]
users:
  - {email: AIKO@acme.example, lastName: 田中, city: ''}
  - {email: minjun@acme.example, isDeveloper: true}
groups: [{name: SUPPORT, description: First line, members: [aiko@acme.example]}]
roles:
  - {roleType: bot, role: Editor, permissions: {Tasks: [FULL]}, refId: 3f1c9b0e-0000-5000-8000-000000000001}
assignments: [{role: editor, roleType: bot, bot: helpdesk, groups: [everybody]}]
",
    );
    insta::assert_snapshot!("changes_plan", desk.run(&["plan", "-f", "changes.yaml"]).shown(&[]));
    assert_eq!(desk.apply("changes.yaml").code, Some(0));
    assert_eq!(desk.run(&["plan", "-f", "changes.yaml"]).code, Some(0));
    let changed = desk.exported();
    for line in
        ["lastName: 田中", "firstName: 藍子", "description: First line", "role: Editor", "owner: minjun@acme.example"]
    {
        assert!(changed.contains(line), "{line} in {changed}");
    }
    assert!(!changed.contains("東京"), "{changed}");
}

#[test]
fn what_differs_is_changed() {
    what_differs_is_changed_and_what_is_not_said_stays(&Desk::sqlite());
}

#[tokio::test]
async fn what_differs_is_changed_on_postgres() {
    if let Some(desk) = Desk::postgres().await {
        what_differs_is_changed_and_what_is_not_said_stays(&desk);
    }
}

fn what_is_not_listed_goes_only_if_that_is_asked_for(desk: &Desk) {
    let place = &desk.place;
    place.write("company.yaml", COMPANY);
    assert_eq!(desk.apply("company.yaml").code, Some(0));
    let less = "\
bots: [{name: Concierge, owner: ada@acme.example}]
users: [{email: ada@acme.example}]
groups: [{name: Support, members: [ada@acme.example], groups: [Everybody]}, {name: Everybody}]
assignments: [{role: Bot Tester, roleType: bot, bot: Concierge, groups: [Support]}]
";
    place.write("less.yaml", less);
    // Without pruning, the groups would come to contain each other.
    assert_eq!(desk.apply("less.yaml").code, Some(1));
    insta::assert_snapshot!("prune_plan", desk.run(&["plan", "--prune", "-f", "less.yaml"]).shown(&[]));
    assert_eq!(desk.run(&["apply", "--prune", "-f", "less.yaml"]).code, Some(0));
    assert_eq!(desk.run(&["plan", "--prune", "-f", "less.yaml"]).code, Some(0));
    insta::assert_snapshot!("prune_exported", desk.exported());

    place.write("nobody.yaml", "bots: [{name: Concierge}]\n");
    insta::assert_snapshot!("prune_owner_of_a_bot", desk.run(&["apply", "--prune", "-f", "nobody.yaml"]).shown(&[]));
    place.write("unlisted.yaml", "groups: [{name: Support, members: [ada@acme.example]}]\n");
    insta::assert_snapshot!(
        "prune_named_but_not_listed",
        desk.run(&["apply", "--prune", "-f", "unlisted.yaml"]).shown(&[])
    );

    place.write("nothing.yaml", "{}\n");
    assert_eq!(desk.run(&["apply", "--prune", "-f", "nothing.yaml"]).code, Some(0));
    insta::assert_snapshot!("prune_everything", desk.exported());
    let accounts = desk.run(&["account", "list", "--output", "json"]).json();
    assert_eq!(accounts["accounts"][0]["users"], 1);
    assert_eq!(desk.run(&["doctor"]).code, Some(0));
}

#[test]
fn what_is_not_listed_goes_when_asked() {
    what_is_not_listed_goes_only_if_that_is_asked_for(&Desk::sqlite());
}

#[tokio::test]
async fn what_is_not_listed_goes_when_asked_on_postgres() {
    if let Some(desk) = Desk::postgres().await {
        what_is_not_listed_goes_only_if_that_is_asked_for(&desk);
    }
}

/// 20,000 users in 40 groups, each with a role, in an order in which nothing is there yet when it is
/// named first.
fn big() -> String {
    let addresses = |first: usize, step: usize| -> String {
        let addresses = (first..20_000).step_by(step).map(|no| format!("\"user{no}@acme.example\""));
        addresses.collect::<Vec<_>>().join(",")
    };
    let mut text = String::new();
    for no in 0..40 {
        let (group, bot, users) = (no, no % 7, addresses(no, 40));
        let assignment = r#""kind":"assignment","role":"Bot Tester","roleType":"bot""#;
        writeln!(text, r#"{{{assignment},"bot":"Bot {bot}","users":[{users}]}}"#).expect("a text grows");
        writeln!(text, r#"{{"kind":"group","name":"Group {group}","members":[{users}]}}"#).expect("a text grows");
    }
    for no in 0..20_000 {
        writeln!(text, r#"{{"kind":"user","email":"user{no}@acme.example","lastName":"{no}"}}"#).expect("a text grows");
    }
    for no in 0..7 {
        writeln!(text, r#"{{"kind":"bot","name":"Bot {no}"}}"#).expect("a text grows");
    }
    text
}

fn many_records_are_applied(desk: &Desk) {
    desk.place.write("big.ndjson", &big());
    let done = desk.run(&["apply", "-f", "big.ndjson", "--output", "json"]);
    insta::assert_snapshot!("big_apply", done.shown(&[]));
    // More than can be looked at in a document: a record a line.
    let exported = desk.exported();
    assert!(exported.lines().all(|line| line.starts_with(r#"{"kind":"#)));
    desk.place.write("exported.ndjson", &exported);
    let plan = desk.run(&["plan", "-f", "exported.ndjson", "--prune"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stdout);
    assert_eq!(desk.run(&["doctor"]).code, Some(0));
}

#[test]
fn twenty_thousand_users_are_applied() {
    many_records_are_applied(&Desk::sqlite());
}

#[tokio::test]
async fn twenty_thousand_users_are_applied_on_postgres() {
    if let Some(desk) = Desk::postgres().await {
        many_records_are_applied(&desk);
    }
}
