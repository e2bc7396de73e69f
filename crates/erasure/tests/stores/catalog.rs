//! What a database says of itself, in one form whatever the database.

use std::fmt::Write as _;

use rolecall_erasure::catalog::{Catalog, Table};
use rolecall_testkit::{ForeignDb, Kind, each_store};

use crate::world::World;

const SHARED: &str = "\
    CREATE TABLE bot (id $key PRIMARY KEY); \
    CREATE TABLE person (id INT NOT NULL PRIMARY KEY, bot_id $key, email VARCHAR(120) NOT NULL, name $text, \
        custom $json, age INT, CONSTRAINT person_email UNIQUE (email), CONSTRAINT person_adult CHECK (age > 17), \
        CONSTRAINT person_bot FOREIGN KEY (bot_id) REFERENCES bot (id) ON DELETE SET NULL); \
    CREATE TABLE message (id INT NOT NULL PRIMARY KEY, person_id INT, at TIMESTAMP NULL, \
        CONSTRAINT message_person FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE CASCADE); \
    CREATE TABLE attachment (id INT NOT NULL PRIMARY KEY, message_id INT, \
        CONSTRAINT attachment_message FOREIGN KEY (message_id) REFERENCES message (id)); \
    CREATE TABLE membership (team $key NOT NULL, person_id INT NOT NULL, role CHAR(10), PRIMARY KEY (team, person_id), \
        CONSTRAINT membership_person FOREIGN KEY (person_id) REFERENCES person (id)); \
    CREATE TABLE badge (id INT NOT NULL PRIMARY KEY, team $key, person_id INT, \
        CONSTRAINT badge_membership FOREIGN KEY (team, person_id) REFERENCES membership (team, person_id) \
        ON DELETE CASCADE); \
    CREATE TABLE unrelated (id INT NOT NULL PRIMARY KEY, bot_id $key, \
        CONSTRAINT unrelated_bot FOREIGN KEY (bot_id) REFERENCES bot (id)); \
    CREATE INDEX person_age ON person (age, id); \
    CREATE VIEW adults AS SELECT id, email FROM person; ";

const SQLITE: &str = "\
    CREATE UNIQUE INDEX person_name ON person (lower(name)); \
    CREATE INDEX person_old ON person (bot_id) WHERE age > 90; \
    CREATE TRIGGER person_log AFTER UPDATE OF email ON person BEGIN SELECT 1; END; \
    CREATE TRIGGER person_keep BEFORE DELETE ON person BEGIN SELECT 1; END; \
    CREATE TRIGGER person_new AFTER INSERT ON person BEGIN SELECT 1; END; \
    CREATE TABLE odd (a, b UUID, c VARCHAR(7), d REAL, e INT GENERATED ALWAYS AS (1) VIRTUAL, f BLOB, \
        PRIMARY KEY (b, a)) WITHOUT ROWID";

const POSTGRES: &str = "\
    CREATE UNIQUE INDEX person_name ON person (lower(name)); \
    CREATE INDEX person_old ON person (bot_id) WHERE age > 90; \
    CREATE INDEX person_custom ON person USING gin (custom); \
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; \
    CREATE TRIGGER person_log AFTER UPDATE OF email ON person FOR EACH ROW EXECUTE FUNCTION nothing(); \
    CREATE TRIGGER person_keep BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION nothing(); \
    CREATE TRIGGER person_new AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION nothing(); \
    CREATE TRIGGER person_off BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION nothing(); \
    ALTER TABLE person DISABLE TRIGGER person_off; \
    CREATE TYPE mood AS ENUM ('sad', 'glad'); \
    CREATE DOMAIN mail AS VARCHAR(60) NOT NULL CHECK (VALUE LIKE '%@%'); \
    CREATE TABLE odd (a UUID, b DATE, c mood, d mail, e INT GENERATED ALWAYS AS (1) STORED, f BYTEA, \
        g INT GENERATED ALWAYS AS IDENTITY, h CHAR(3), i NUMERIC(5,2), PRIMARY KEY (a, b)) PARTITION BY RANGE (b); \
    CREATE TABLE odd_2024 PARTITION OF odd FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); \
    CREATE TABLE of_odd (id INT PRIMARY KEY, a UUID, b DATE, \
        CONSTRAINT of_odd_odd FOREIGN KEY (a, b) REFERENCES odd (a, b) DEFERRABLE); \
    CREATE RULE odd_keep AS ON DELETE TO odd DO INSTEAD NOTHING";

const MYSQL: &str = "\
    CREATE INDEX person_name ON person (name(10)); \
    CREATE TRIGGER person_log AFTER UPDATE ON person FOR EACH ROW SET @x = 1; \
    CREATE TRIGGER person_keep BEFORE DELETE ON person FOR EACH ROW SET @x = 1; \
    CREATE TRIGGER person_new AFTER INSERT ON person FOR EACH ROW SET @x = 1; \
    CREATE TABLE odd (a BINARY(16), b DATE, c ENUM('sad', 'glad'), d CHAR(3) CHARACTER SET latin1, \
        e INT GENERATED ALWAYS AS (1) VIRTUAL, f BLOB, g BIGINT UNSIGNED, h SET('x', 'y'), i NUMERIC(5,2), j UUID, \
        PRIMARY KEY (a, b))";

/// A catalog, a line for each thing in it.
fn shown(catalog: &Catalog) -> String {
    let mut text = String::new();
    for (name, table) in &catalog.tables {
        show(&mut text, name, table).expect("a String takes everything");
    }
    text
}

fn show(text: &mut String, name: &str, table: &Table) -> std::fmt::Result {
    writeln!(text, "{} {name} ({})", if table.is_table { "table" } else { "view" }, table.primary_key.join(", "))?;
    for (name, column) in &table.columns {
        let null = if column.is_nullable { "" } else { " not null" };
        let generated = if column.is_generated { " generated" } else { "" };
        let length = column.max_length.map(|length| format!(" at most {length}")).unwrap_or_default();
        writeln!(text, "  {name}: {:?} = {}{null}{generated}{length}", column.kind, column.type_name)?;
    }
    for columns in &table.uniques {
        writeln!(text, "  unique ({})", columns.join(", "))?;
    }
    for columns in &table.indexes {
        writeln!(text, "  index ({})", columns.join(", "))?;
    }
    for key in &table.foreign_keys {
        let (own, other) = (key.columns.join(", "), key.referred.join(", "));
        writeln!(text, "  key {:?} ({own}) to {} ({other}) {:?}", key.name, key.table, key.on_delete)?;
    }
    for check in &table.checks {
        writeln!(text, "  check {:?}: {}", check.name, check.condition)?;
    }
    for trigger in &table.triggers {
        writeln!(text, "  trigger {} delete={} update={}", trigger.name, trigger.on_delete, trigger.on_update)?;
    }
    Ok(())
}

each_store! {
    async fn a_schema_with_everything_in_it_is_told(store: ForeignDb) {
        let kind = store.kind;
        let (own, name) = match kind {
            Kind::Sqlite => (SQLITE, "sqlite"),
            Kind::Postgres => (POSTGRES, "postgres"),
            Kind::Mysql => (MYSQL, "mysql"),
        };
        let asked = ["person", "adults", "odd", "nothing_like_it"];
        let world = World::new(store, &format!("{SHARED}{own}"), &asked).await;
        insta::assert_snapshot!(name, shown(&world.catalog));
    }

    async fn a_key_that_names_no_columns_means_the_primary_key(store: ForeignDb) {
        if store.kind == Kind::Mysql {
            return;
        }
        let world = World::new(
            store,
            "CREATE TABLE a (id INT PRIMARY KEY); CREATE TABLE b (id INT PRIMARY KEY, a INT REFERENCES a)",
            &["a"],
        )
        .await;
        assert_eq!(world.catalog.tables["b"].foreign_keys[0].referred, ["id"]);
    }

    async fn no_replica_is_no_lag(store: ForeignDb) {
        let world = World::new(store, "CREATE TABLE a (id INT PRIMARY KEY)", &["a"]).await;
        assert_eq!(world.store.replica_lag_ms().await, Ok(None));
    }
}
