use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, json};

use super::*;

/// Something that may stand anywhere in a body.
fn leaf() -> impl Strategy<Value = Value> {
    let words = ["user", "bot", "account", "Tasks", "FULL", "NO", "deny_on_first_deny", ""];
    prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-1..3_i64).prop_map(Value::from),
        6 => select(words.to_vec()).prop_map(Value::from),
    ]
}

/// Bodies that know the words, and say many of them in the wrong places.
fn body() -> impl Strategy<Value = Value> {
    let keys = [
        "subject",
        "action",
        "resource",
        "context",
        "evaluations",
        "options",
        "page",
        "type",
        "id",
        "name",
        "properties",
        "level",
        "token",
        "limit",
        "evaluations_semantic",
    ];
    leaf().prop_recursive(4, 60, 6, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..3).prop_map(Value::from),
            6 => vec((select(keys.to_vec()), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()),
        ]
    })
}

/// A question, with some of its parts exchanged for others.
fn nearly_a_question() -> impl Strategy<Value = Value> {
    let parts = ["/subject", "/action", "/resource", "/subject/id", "/action/properties/level", "/resource/type"];
    (vec((select(parts.to_vec()), body()), 0..3)).prop_map(|exchanged| {
        let mut question = json!({
            "subject": {"type": "user", "id": "u-1"},
            "action": {"name": "Tasks", "properties": {"level": "FULL"}},
            "resource": {"type": "bot", "id": "st-1"},
        });
        for (part, value) in exchanged {
            if let Some(place) = question.pointer_mut(part) {
                *place = value;
            }
        }
        question
    })
}

/// The same with the members of each object in the opposite order.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(list) => list.iter().map(turned).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn a_question_is_the_same_alone_and_in_a_list(body in prop_oneof![body(), nearly_a_question()]) {
        let one = evaluation(&body);
        let list = json!({"evaluations": [body]});
        let Ok(Evaluations::Many(items, Semantic::ExecuteAll)) = evaluations(&list) else { panic!("a list of one: {list}") };
        match (one, items.as_slice()) {
            (Ok(question), [Ok(item)]) => prop_assert_eq!(&question, item),
            (Err(_), [Err(_)]) => {}
            (one, items) => panic!("{one:?} alone, {items:?} in a list"),
        }
    }

    #[test]
    fn what_all_have_in_common_is_as_good_as_ones_own(body in nearly_a_question()) {
        let one = evaluation(&body);
        let mut list = body;
        list["evaluations"] = json!([{}]);
        match (one, evaluations(&list)) {
            (Ok(question), Ok(Evaluations::Many(items, _))) => prop_assert_eq!(items, [Ok(question)]),
            // A part of the wrong form refuses all; one that lacks something, the evaluation that uses it.
            (Err(_), Err(_)) => {}
            (Err(_), Ok(Evaluations::Many(items, _))) => prop_assert!(matches!(items.as_slice(), [Err(_)])),
            (one, list) => panic!("{one:?} alone, {list:?} in common"),
        }
    }

    #[test]
    fn a_search_does_not_depend_on_how_it_is_written(body in prop_oneof![body(), nearly_a_question()]) {
        let read = |body: &Value| {
            [
                subject_search(body).map(|search| (search.query, format!("{:?}", search.sought))),
                resource_search(body).map(|search| (search.query, format!("{:?}", search.sought))),
                action_search(body).map(|search| (search.query, format!("{:?}", search.sought))),
            ]
            .map(Result::ok)
        };
        prop_assert_eq!(read(&body), read(&turned(&body)));
    }
}

#[test]
fn a_search_that_differs_is_another_text() {
    let query = |body: Value| subject_search(&body).expect("a search").query;
    let with = |part: &str, value: Value| {
        let mut body =
            json!({"subject": {"type": "user"}, "action": {"name": "a"}, "resource": {"type": "bot", "id": "b"}});
        body[part] = value;
        query(body)
    };
    let texts = [
        with("context", Value::Null),
        with("context", json!({})),
        with("context", json!({"a": [1, "2"]})),
        with("context", json!({"a": [1, 2]})),
        with("context", json!({"a": [[1], 2]})),
        with("subject", json!({"type": "user", "properties": {}})),
        with("action", json!({"name": "a\"},\n"})),
        with("resource", json!({"type": "bot", "id": "b", "more": 1})),
    ];
    for (nth, text) in texts.iter().enumerate() {
        assert!(!texts.iter().take(nth).any(|other| other == text), "{text}");
    }
    assert_eq!(with("subject", json!({"type": "user", "id": "whoever"})), texts[0]);
    assert_eq!(with("page", json!({"limit": 1})), texts[0]);
}
