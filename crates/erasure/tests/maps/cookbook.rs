//! The maps of `docs/maps` against the schemas they are for.

use std::collections::BTreeMap;

use rolecall_erasure::{
    catalog::Catalog,
    check::{check, erasing_order},
    map::{self, DataMap},
    stores::{self, Rules},
};
use rolecall_testkit::{ForeignDb, Kind, each_store};
use secrecy::SecretString;

use crate::{
    schema::{catalog, ddl},
    shown,
};

/// A map to copy, and the schema of each of its stores.
struct Recipe {
    map: &'static str,
    schemas: &'static [(&'static str, &'static str)],
}

const RASA: Recipe = Recipe {
    map: include_str!("../../../../docs/maps/rasa.yaml"),
    schemas: &[("rasa", RASA_TRACKER), ("rasa_broker", RASA_BROKER)],
};
const BOTPRESS: Recipe =
    Recipe { map: include_str!("../../../../docs/maps/botpress.yaml"), schemas: &[("botpress", BOTPRESS_SCHEMA)] };
const BOT_FRAMEWORK: Recipe = Recipe {
    map: include_str!("../../../../docs/maps/bot-framework-sql.yaml"),
    schemas: &[("bot_state", BOT_FRAMEWORK_SCHEMA)],
};
const CHATWOOT: Recipe =
    Recipe { map: include_str!("../../../../docs/maps/chatwoot.yaml"), schemas: &[("chatwoot", CHATWOOT_SCHEMA)] };
const REFERENCE: Recipe =
    Recipe { map: include_str!("../../../../docs/maps/reference.yaml"), schemas: &[("chat", REFERENCE_SCHEMA)] };

impl Recipe {
    fn parse(&self) -> DataMap {
        let map = map::parse(self.map).expect("a map");
        assert_eq!(map.warnings, [], "a map to copy has nothing odd in it");
        let schemas: Vec<_> = self.schemas.iter().map(|(store, _)| *store).collect();
        assert_eq!(map.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), schemas);
        map
    }

    fn catalogs(&self) -> BTreeMap<String, Catalog> {
        self.schemas.iter().map(|(store, schema)| ((*store).to_owned(), catalog(schema))).collect()
    }

    /// What there is to know of the map, and the order of erasing.
    fn report(&self) -> String {
        let (map, catalogs) = (self.parse(), self.catalogs());
        let findings = shown(check(&map, &catalogs));
        assert!(!findings.contains("ERROR"), "{findings}");
        let orders = map.stores.iter().enumerate().map(|(no, store)| {
            let order = erasing_order(&map.graph, no, &catalogs[&store.name]).expect("an order");
            let names: Vec<_> = order.into_iter().map(|no| map.graph.nodes[no].name.as_str()).collect();
            format!("{}: {}", store.name, names.join(", "))
        });
        format!("{}\n\n{findings}", orders.collect::<Vec<_>>().join("\n"))
    }
}

#[test]
fn every_map_is_tried() {
    let maps = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/maps")).expect("the maps");
    let mut names: Vec<_> =
        maps.map(|entry| entry.expect("a map").file_name().into_string().expect("a name")).collect();
    names.sort_unstable();
    assert_eq!(names, ["bot-framework-sql.yaml", "botpress.yaml", "chatwoot.yaml", "rasa.yaml", "reference.yaml"]);
}

#[test]
fn the_map_for_rasa_fits_its_tracker_store() {
    insta::assert_snapshot!(RASA.report());
}

#[test]
fn the_map_for_botpress_fits_its_messaging_server() {
    insta::assert_snapshot!(BOTPRESS.report());
}

#[test]
fn the_map_for_the_bot_framework_fits_its_sql_storage() {
    insta::assert_snapshot!(BOT_FRAMEWORK.report());
}

#[test]
fn the_map_for_chatwoot_fits_its_schema() {
    insta::assert_snapshot!(CHATWOOT.report());
}

#[test]
fn the_map_for_the_reference_schema_fits_it() {
    insta::assert_snapshot!(REFERENCE.report());
}

each_store! {
    /// The catalogs of these tests are written by hand: a real database that is given the same tables
    /// must say the same of itself.
    async fn a_database_with_these_tables_says_the_same(db: ForeignDb) {
        for recipe in [RASA, BOTPRESS, BOT_FRAMEWORK, CHATWOOT, REFERENCE] {
            let map = recipe.parse();
            let written = recipe.catalogs();
            let mut read = BTreeMap::new();
            for (no, entry) in map.stores.iter().enumerate() {
                let db = ForeignDb::start(db.kind).await.expect("it was there a moment ago");
                db.run(&ddl(&written[&entry.name], db.kind)).await;
                let store = stores::open(&SecretString::from(db.url.clone()), &Rules::default()).await.expect("a store");
                let nodes = map.graph.nodes.iter().filter(|node| node.store == no);
                let tables: Vec<_> = nodes.map(|node| node.table.clone()).collect();
                let catalog = store.catalog(&tables).await.expect("a catalog");
                store.close().await;
                let orders = [&catalog, &written[&entry.name]].map(|catalog| erasing_order(&map.graph, no, catalog));
                assert_eq!(orders[0], orders[1]);
                read.insert(entry.name.clone(), catalog);
            }
            let (read, written) = (shown(check(&map, &read)), shown(check(&map, &written)));
            if db.kind == Kind::Mysql {
                // It makes an index for each foreign key by itself.
                let written: Vec<_> = written.lines().collect();
                assert!(read.lines().all(|line| written.contains(&line)), "{read}");
            } else {
                assert_eq!(read, written);
            }
        }
    }
}

const RASA_TRACKER: &str = "
    table events
      id integer key
      sender_id text(255) index
      type_name text(255)
      timestamp float null
      intent_name text(255) null
      action_name text(255) null
      data text null";

const RASA_BROKER: &str = "
    table events
      id integer key
      sender_id text(255) null
      data text null";

const BOTPRESS_SCHEMA: &str = "
    table web_user_map
      botId text(255) key
      visitorId text(255) key
      userId uuid null unique
    table msg_users
      id uuid key
      clientId uuid -> msg_clients.id
    table msg_clients
      id uuid key
      token text(255) unique
    table msg_tunnels
      id uuid key
      clientId uuid -> msg_clients.id
    table msg_senders
      id uuid key
      identityId uuid
      name text(255)
      unique identityId, name
    table msg_usermap
      tunnelId uuid -> msg_tunnels.id
      userId uuid -> msg_users.id
      senderId uuid -> msg_senders.id
      unique tunnelId, userId
      unique tunnelId, senderId
    table msg_threads
      id uuid key
      senderId uuid -> msg_senders.id
      name text(255)
      unique senderId, name
    table msg_convmap
      tunnelId uuid -> msg_tunnels.id
      conversationId uuid -> msg_conversations.id
      threadId uuid -> msg_threads.id
      unique tunnelId, conversationId
      unique tunnelId, threadId
    table msg_conversations
      id uuid key
      clientId uuid -> msg_clients.id
      userId uuid -> msg_users.id
      createdOn timestamptz
      index userId, clientId
    table msg_messages
      id uuid key
      conversationId uuid -> msg_conversations.id cascade
      authorId uuid null -> msg_users.id
      sentOn timestamptz
      payload json
      index conversationId, sentOn
    table srv_channel_users
      id integer key
      botId text(255) null
      channel text(255) null
      user_id text(255) null
      attributes json null
      index channel, user_id
    table bot_chat_users
      botId text(255) key
      channel text(255) key
      userId text(255) key
      createdOn date
      lastSeenOn date
    table events
      id text(255) key
      messageId uuid null index
      botId text(255)
      channel text(255)
      threadId text(255) null
      target text(255) null
      sessionId text(255) null
      event json
      createdOn timestamptz index
    table dialog_sessions
      id text(255) key
      botId text(255)
      context json
      temp_data json
      session_data json";

const BOT_FRAMEWORK_SCHEMA: &str = "
    table BotDataEntity
      Id integer key
      RealId text(1024) unique
      Document text
      CreatedTime timestamptz
      TimeStamp timestamptz
    table TranscriptEntity
      Id integer key
      Channel text(256) null
      Conversation text(1024) null
      Activity text null
      TimeStamp timestamptz";

const CHATWOOT_SCHEMA: &str = "
    table contacts
      id integer key
      name text null
      email text null
      phone_number text null
      account_id integer index
      additional_attributes json null
      identifier text null
      custom_attributes json null
      location text null
      unique email, account_id
      unique identifier, account_id
    table contact_inboxes
      id integer key
      contact_id integer null index
      inbox_id integer null index
      source_id text index
      unique inbox_id, source_id
    table conversations
      id integer key
      account_id integer index
      contact_id integer null index
      contact_inbox_id integer null index
      additional_attributes json null
      custom_attributes json null
    table messages
      id integer key
      content text null
      conversation_id integer index
      processed_message_content text null
    table attachments
      id integer key
      external_url text null
      coordinates_lat float null
      coordinates_long float null
      message_id integer index
    table notes
      id integer key
      content text
      contact_id integer index
    table csat_survey_responses
      id integer key
      feedback_message text null
      contact_id integer index
      message_id integer unique";

const REFERENCE_SCHEMA: &str = "
    table bot
      id text key
    table bot_user
      id text key
      bot_id text null index -> bot.id
      email text(320) null index
      full_name text null
      phone text null
      locale text null
      custom json null
    table channel_identity
      id integer key
      user_id text index -> bot_user.id
      channel text
      channel_user_id text index
      unique channel, channel_user_id
    table session
      id integer key
      user_id text index -> bot_user.id
      bot_id text index -> bot.id
      channel text
      ip text null
      user_agent text null
      context json null
    table message
      id integer key
      session_id integer null index -> session.id
      user_id text null index -> bot_user.id
      bot_id text
      direction text
      body text
      payload json null
    table attachment
      id integer key
      message_id integer index -> message.id
      object_key text
      mime text
      size integer
    table analytics_event
      id integer key
      user_id text null index
      session_id integer null index
      bot_id text
      name text
      props json null
    table nlu_log
      id integer key
      message_id integer index -> message.id
      utterance text
      intent text null
      entities json null
    table agent_handoff
      id integer key
      session_id integer index -> session.id
      notes text null
    table feedback
      id integer key
      message_id integer index -> message.id
      score integer
      comment text null
    table consent
      id integer key
      user_id text index -> bot_user.id";
