//! Every route of the server, whatever it does: what strangers get, that no id reaches across
//! accounts, that every change is audited, and that the documents tell of all of it.

#![expect(clippy::expect_used, reason = "what is missing in an answer fails the test")]

mod audited;
mod compression;
mod documents;
mod edited;
mod examples;
mod in_memory;
mod remembered;
mod strangers;
mod tenancy;
mod tokens;
mod world;

use std::collections::BTreeSet;

/// Each route as `METHOD /path`, from the document that the routes themselves make.
fn routes() -> BTreeSet<String> {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("methods").keys() {
            routes.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    routes
}
