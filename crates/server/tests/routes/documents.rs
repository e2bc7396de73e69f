//! `/openapi.json` and `/docs`: complete, and readable without the internet.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::Value;

#[test]
fn every_call_documents_every_answer_it_can_give() {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            let place = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place} has no summary");
            assert!(
                operation["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{place} has no description"
            );
            let answers = operation["responses"].as_object().expect("answers");
            assert!(answers.keys().any(|status| status.starts_with('2')), "{place} tells of no success");
            if path.starts_with("/api/public/") {
                for status in ["401", "429", "500", "503"] {
                    assert!(answers.contains_key(status), "{place} does not tell of {status}");
                }
            }
            if path.starts_with("/api/v1/") {
                for status in ["401", "403", "429", "500", "503"] {
                    let content = &answers.get(status).unwrap_or(&Value::Null)["content"]["application/problem+json"];
                    assert!(content.is_object(), "{place} does not tell of {status} as a problem");
                }
            }
            if path.starts_with("/access/v1/") {
                for status in ["400", "401", "403", "413", "429", "500", "503"] {
                    let content = &answers.get(status).unwrap_or(&Value::Null)["content"]["text/plain"];
                    assert_eq!(content["schema"]["type"], "string", "{place} does not tell of {status} in a sentence");
                }
            }
            for parameter in operation["parameters"].as_array().unwrap_or(&Vec::new()) {
                assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{place}: {parameter}");
            }
        }
    }
}

#[test]
fn no_two_calls_have_the_same_name() {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    let items = document["paths"].as_object().expect("paths").values();
    let calls = items.flat_map(|item| item.as_object().expect("methods").values());
    let mut names: Vec<&str> = calls.map(|call| call["operationId"].as_str().expect("a name")).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:#?}");
    assert!(names.contains(&"get_roles_export"), "{names:#?}");
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    found.push(reference.clone());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference into the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

each_engine! {
    async fn the_document_and_its_page_are_served_without_a_token_or_the_internet(app: TestApp) {
        let document = app.send(Request::new(Method::GET, "/openapi.json")).await;
        assert_eq!(document.status, StatusCode::OK);
        assert_eq!(document.json()["info"]["title"], "Rolecall");
        let page = app.send(Request::new(Method::GET, "/docs/")).await;
        assert_eq!(page.status, StatusCode::OK);
        for attribute in ["src=\"http", "href=\"http", "src='http", "//cdn"] {
            assert!(!page.body.contains(attribute), "the page loads something from elsewhere: {}", page.body);
        }
        assert_eq!(app.send(Request::new(Method::GET, "/docs/swagger-ui-bundle.js")).await.status, StatusCode::OK);
    }
}
