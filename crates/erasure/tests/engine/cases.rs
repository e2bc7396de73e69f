//! Cases in which erasures elsewhere were silently untrue.

use rolecall_model::erasure::{State, Subject};
use rolecall_testkit::Kind as ForeignKind;

use crate::{
    each_world,
    world::{ROWS_EACH, World, outcomes},
};

each_world! {
    async fn a_missing_table_is_a_failure_and_says_which(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.chat.run("DROP TABLE event").await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "failed: map_check");
        assert!(report.stores[0].notes.contains("missing_table chat.event"), "{}", report.stores[0].notes);
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM bot_user").await, 1, "nothing was half done");
    }

    async fn what_a_constraint_would_forbid_is_said_before_anything_is_erased(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        // A table the map does not know holds on to users.
        world.chat.run(
            "CREATE TABLE invoice (id VARCHAR(20) NOT NULL PRIMARY KEY, user_id VARCHAR(64), FOREIGN KEY (user_id) REFERENCES bot_user (id));
             CREATE INDEX invoice_by_user ON invoice (user_id);").await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "failed: map_check");
        assert!(report.stores[0].notes.contains("restrict_blocks"), "{}", report.stores[0].notes);
        world.chat.run("DROP TABLE invoice").await;
        // NULL into a column that takes none.
        let map = MASKS.replace("URL", &world.chat.url).replace("strategy: random_string_rewrite", "strategy: null_rewrite");
        world.set_map(&map).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert!(report.stores[0].notes.contains("not_null"), "{}", report.stores[0].notes);
        assert_eq!(world.rows_of("ana").await, ROWS_EACH, "nothing was changed");
    }

    async fn a_pseudonym_for_a_unique_address_is_another_for_each(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        world.chat.run("CREATE UNIQUE INDEX bot_user_one_email ON bot_user (email)").await;
        world.set_map(&MASKS.replace("URL", &world.chat.url)).await;
        let id = world.ask(&["ana", "ben"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report).into_values().collect::<Vec<_>>(), ["erased", "erased"], "{report:?}");
        assert_eq!(world.chat.count("SELECT COUNT(DISTINCT email) FROM bot_user WHERE email NOT LIKE '%@%'").await, 2);
    }

    async fn without_a_data_map_nobody_is_called_erased(world: World) {
        let other = world.app.another_tenant().await;
        let ctx = rolecall_control::Ctx::new(&world.app.server.core, other.account.no, rolecall_model::audit::Actor::Operator, rolecall_store::Meter::default());
        let new = rolecall_control::erasure::NewErasure {
            subjects: vec![Subject::Plain("ana@chat.example".to_owned())],
            bot_ids: Vec::new(),
            is_all_bots: true,
            plan_hash: None,
            not_before: None,
            grounds: None,
            callback_url: None,
        };
        let id = rolecall_control::erasure::request(&ctx, &new).await.expect("the request is taken").id;
        world.work().await;
        let report = rolecall_control::erasure::report(&ctx, &id).await.expect("it is there");
        assert_eq!(report.state, State::Done);
        assert_eq!(outcomes(&report)["ana@chat.example"], "failed: no_data_map");
    }

    async fn an_identifier_the_map_cannot_look_for_is_not_called_missing(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.set_map(&world.data_map("").replace(", fides_meta: {identity: channel_id}", "")).await;
        let id = world.ask_for(&[], |new| {
            new.subjects.push(Subject::Channel { channel_id: "web".to_owned(), channel_user_id: "web-id-ana".to_owned() });
        }).await;
        let report = world.work_through(&id).await;
        assert_eq!(report.subjects[0].outcome.as_str(), "failed");
        assert_eq!(report.subjects[0].cause, "no_identity");
    }

    async fn members_of_the_account_are_refused_and_others_go_on(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.app.users(["member@acme.example"]).await;
        let id = world.ask(&["member@acme.example", "owner@acme.example", "ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        let outcomes = outcomes(&report);
        assert!(outcomes["member@acme.example"].starts_with("refused"), "{outcomes:?}");
        assert!(outcomes["owner@acme.example"].starts_with("refused"), "{outcomes:?}");
        assert_eq!(outcomes["ana@chat.example"], "erased");
    }

    async fn erasing_somebody_again_finds_nothing_to_count_again(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        // Only masks: the rows stay, and are found again by whoever looks.
        world.set_map(&MASKS.replace("URL", &world.chat.url)).await;
        for (told, found) in [("erased", 1), ("not_found", 0)] {
            let id = world.ask(&["ana"]).await;
            let report = world.work_through(&id).await;
            assert_eq!(outcomes(&report)["ana"], told, "{report:?}");
            assert_eq!(report.subjects[0].stores[0].found, found);
        }
        let masked = world.chat.text("SELECT full_name FROM bot_user").await;
        assert_eq!(masked, "[erased]");
        let email = world.chat.text("SELECT email FROM bot_user").await;
        assert!(email.len() == 30 && email.chars().all(|c| c.is_ascii_alphanumeric()), "{email}");
    }

    async fn two_people_with_one_address_on_two_bots_are_told_apart_by_bot(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.chat.run(&format!(
            "INSERT INTO bot_user VALUES ('twin', 'ana@chat.example', 'Another Ana');
             INSERT INTO session VALUES ('s-twin', 'twin', '{}');
             INSERT INTO message VALUES ('m-twin', 's-twin', 'twin', 'secret of twin. 0');", bots.b)).await;
        let id = world.ask_for(&["ana@chat.example"], |new| {
            new.is_all_bots = false;
            new.bot_ids = vec![bots.a.clone()];
        }).await;
        world.work_through(&id).await;
        assert_eq!(world.rows_of("twin").await, 3, "the twin is on the other bot");
        let id = world.ask(&["ana@chat.example"]).await;
        world.work_through(&id).await;
        assert_eq!((world.rows_of("ana").await, world.rows_of("twin").await), (0, 0), "one address is one request's whole");
    }

    async fn what_others_say_about_somebody_stays(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        world.chat.run("INSERT INTO message VALUES ('quote', 'a-ben', 'ben', 'ana@chat.example told me')").await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased");
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM message WHERE id = 'quote'").await, 1);
        assert_eq!(world.rows_of("ben").await, ROWS_EACH);
    }

    async fn identifiers_inside_json_are_found(world: World) {
        let json = if matches!(world.chat.kind, ForeignKind::Postgres) { "JSONB" } else { "JSON" };
        world.chat.run(&format!(
            "CREATE TABLE handoff (id VARCHAR(20) NOT NULL PRIMARY KEY, about {json} NOT NULL, notes VARCHAR(100));
             INSERT INTO handoff VALUES ('h1', '{{\"contact\": {{\"email\": \"ana@chat.example\"}}}}', 'secret of ana. h');
             INSERT INTO handoff VALUES ('h2', '{{\"contact\": {{\"email\": \"ben@chat.example\"}}}}', 'secret of ben. h');")).await;
        world.set_map(&JSON.replace("URL", &world.chat.url)).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased", "{report:?}");
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM handoff").await, 1);
    }

    async fn names_in_a_map_are_names_and_never_sql(world: World) {
        let name = "x'; DROP TABLE bot_user; --";
        let quote = if matches!(world.chat.kind, ForeignKind::Mysql) { '`' } else { '"' };
        let quoted = |name: &str| format!("{quote}{name}{quote}");
        world.chat.run(&format!("CREATE TABLE {} ({} VARCHAR(20) NOT NULL PRIMARY KEY, {} VARCHAR(60))", quoted(name), quoted("select"), quoted("e mail"))).await;
        world.chat.run(&format!("INSERT INTO {} VALUES ('1', 'ana@chat.example')", quoted(name))).await;
        world.set_map(&ODD.replace("URL", &world.chat.url).replace("NAME", name)).await;
        let id = world.ask(&["ana@chat.example", "'; DELETE FROM bot_user; --"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased", "{report:?}");
        assert_eq!(world.chat.count(&format!("SELECT COUNT(*) FROM {}", quoted(name))).await, 0);
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM bot_user").await, 0, "it is there, and empty as before");
    }

    async fn a_store_that_is_reached_through_a_failed_one_is_not_called_clean(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        let Some(other) = rolecall_testkit::ForeignDb::start(world.chat.kind).await else { return };
        other.run(PROFILES).await;
        world.set_map(&with_crm(&world, &other.url)).await;
        world.chat.run("DROP TABLE event").await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert!(outcomes(&report)["ana@chat.example"].starts_with("failed"), "{report:?}");
        let causes: Vec<&str> = report.stores.iter().map(|store| store.cause.as_str()).collect();
        assert_eq!(causes, ["map_check", "unreached"]);
        assert_eq!(other.count("SELECT COUNT(*) FROM profile WHERE likes IS NULL").await, 0);
    }

    async fn values_of_one_store_lead_into_another(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let Some(other) = rolecall_testkit::ForeignDb::start(world.chat.kind).await else { return };
        other.run(PROFILES).await;
        world.set_map(&with_crm(&world, &other.url)).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased", "{report:?}");
        assert_eq!(other.count("SELECT COUNT(*) FROM profile WHERE likes IS NULL").await, 1);
        assert_eq!(other.count("SELECT COUNT(*) FROM profile WHERE id = '1' AND likes IS NULL").await, 1);
        assert_eq!(world.rows_of("ana").await, 0);
    }
}

/// The chat's map, and beside it one of a second store whose rows are reached by users' ids.
fn with_crm(world: &World, url: &str) -> String {
    let map = world.data_map("").replace("stores: {chat: ", "stores:\n  chat: ").replace("35d}}", "35d}");
    let map = map.replace("\npolicy:", &format!("\n  crm: {{url: '{url}', datasets: [crm]}}\npolicy:"));
    format!("{map}{CRM}")
}

const PROFILES: &str = "
CREATE TABLE profile (id VARCHAR(20) NOT NULL PRIMARY KEY, user_id VARCHAR(64), likes VARCHAR(60));
CREATE INDEX profile_by_user ON profile (user_id);
INSERT INTO profile VALUES ('1', 'ana', 'tea');
INSERT INTO profile VALUES ('2', 'ben', 'tea');
";

const MASKS: &str = "
stores: {chat: {url: 'URL', datasets: [chat]}}
policy: {settle: 0s, strategy: null_rewrite}
dataset:
  - fides_key: chat
    collections:
      - name: bot_user
        fields:
          - {name: id, fides_meta: {primary_key: true, identity: user_id}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {masking_strategy_override: {strategy: random_string_rewrite}}}
          - {name: full_name, data_categories: [user.name], fides_meta: {masking_strategy_override: {strategy: string_rewrite, configuration: {rewrite_value: '[erased]'}}}}
      - name: event
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: bot_id}
          - {name: props}
      - name: session
        fields:
          - {name: id, fides_meta: {primary_key: true, identity: org_user_id}}
          - {name: bot_id, data_categories: [system.operations]}
";

const JSON: &str = "
stores: {chat: {url: 'URL', datasets: [chat]}}
policy: {settle: 0s}
dataset:
  - fides_key: chat
    collections:
      - name: handoff
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - name: about
            fields:
              - name: contact
                fields:
                  - {name: email, fides_meta: {identity: email}}
";

const ODD: &str = "
stores: {chat: {url: 'URL', datasets: [chat]}}
policy: {settle: 0s}
dataset:
  - fides_key: chat
    collections:
      - name: \"NAME\"
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: select, fides_meta: {primary_key: true}}
          - {name: 'e mail', fides_meta: {identity: email}}
";

const CRM: &str = "  - fides_key: crm
    collections:
      - name: profile
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: likes, data_categories: [user.behavior]}
";
