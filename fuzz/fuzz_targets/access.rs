//! Bodies of `AuthZEN`: any JSON is read or refused by each call, in the same way each time; one question
//! is the same alone and in a list; and a search does not depend on the order of keys.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_model::json;
use rolecall_server::access::request::{
    Evaluations, MAX_EVALUATIONS, action_search, evaluation, evaluations, resource_search, subject_search,
};
use serde_json::{Map, Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = json::parse(bytes) else { return };
    let one = evaluation(&body);
    if let Ok(question) = &one {
        let list = json!({"evaluations": [body.clone()]});
        let Ok(Evaluations::Many(items, _)) = evaluations(&list) else { panic!("a list of one: {list}") };
        assert_eq!(items, [Ok(question.clone())], "{body}");
    }
    match evaluations(&body) {
        Ok(Evaluations::One(question)) => assert_eq!(one, Ok(question), "{body}"),
        Ok(Evaluations::Many(items, _)) => assert!((1..=MAX_EVALUATIONS).contains(&items.len()), "{body}"),
        Err(problems) => assert!(!problems.is_empty(), "{body}"),
    }
    let turned = turned(&body);
    let query = |body: &Value| {
        [
            subject_search(body).map(|search| (search.query, search.sought.is_some())),
            resource_search(body).map(|search| (search.query, search.sought.is_some())),
            action_search(body).map(|search| (search.query, search.sought.is_some())),
        ]
        .map(Result::ok)
    };
    assert_eq!(query(&body), query(&turned), "{body}");
});

/// The same with the members of each object in the opposite order.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.iter().map(turned).collect()),
        other => other.clone(),
    }
}
