//! The maps of `docs/maps` against the schemas they are for.

use std::collections::BTreeMap;

use rolecall_erasure::{
    check::{check, erasing_order},
    map,
};

use crate::{schema::catalog, shown};

/// What there is to know of a map against the catalogs of its stores, and the order of erasing.
fn report(text: &str, schemas: &[(&str, &str)]) -> String {
    let map = map::parse(text).expect("a map");
    assert_eq!(map.warnings, [], "a map to copy has nothing odd in it");
    let catalogs: BTreeMap<_, _> =
        schemas.iter().map(|(store, schema)| ((*store).to_owned(), catalog(schema))).collect();
    assert!(map.stores.iter().all(|store| catalogs.contains_key(&store.name)), "a catalog for each store");
    let findings = shown(check(&map, &catalogs));
    assert!(!findings.contains("ERROR"), "{findings}");
    let orders = map.stores.iter().enumerate().map(|(no, store)| {
        let order = erasing_order(&map.graph, no, &catalogs[&store.name]).expect("an order");
        let names: Vec<_> = order.into_iter().map(|no| map.graph.nodes[no].name.as_str()).collect();
        format!("{}: {}", store.name, names.join(", "))
    });
    format!("{}\n\n{findings}", orders.collect::<Vec<_>>().join("\n"))
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
    let tracker = "
        table events
          id integer key
          sender_id text(255) index
          type_name text(255)
          timestamp float null
          intent_name text(255) null
          action_name text(255) null
          data text null";
    let broker = "
        table events
          id integer key
          sender_id text(255) null
          data text null";
    let told = report(include_str!("../../../../docs/maps/rasa.yaml"), &[("rasa", tracker), ("rasa_broker", broker)]);
    insta::assert_snapshot!(told);
}

#[test]
fn the_map_for_botpress_fits_its_messaging_server() {
    let schema = "
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
    let told = report(include_str!("../../../../docs/maps/botpress.yaml"), &[("botpress", schema)]);
    insta::assert_snapshot!(told);
}

#[test]
fn the_map_for_the_bot_framework_fits_its_sql_storage() {
    let schema = "
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
    insta::assert_snapshot!(report(
        include_str!("../../../../docs/maps/bot-framework-sql.yaml"),
        &[("bot_state", schema)]
    ));
}

#[test]
fn the_map_for_chatwoot_fits_its_schema() {
    let schema = "
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
    let told = report(include_str!("../../../../docs/maps/chatwoot.yaml"), &[("chatwoot", schema)]);
    insta::assert_snapshot!(told);
}

#[test]
fn the_map_for_the_reference_schema_fits_it() {
    let schema = "
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
    let told = report(include_str!("../../../../docs/maps/reference.yaml"), &[("chat", schema)]);
    insta::assert_snapshot!(told);
}
