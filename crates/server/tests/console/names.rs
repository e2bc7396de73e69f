//! What people call things stands on pages as they wrote it, and does nothing.

use rolecall_control::audit::{self, Filter};
use rolecall_model::page::Page;
use serde_json::{Value, json};

use crate::{hostile::NAMES, world::World};

/// What is on a page that a name may have done, or what a name may do to the text around it: a script or a
/// picture, something that waits for an event, a title that a script wrote, and writing from right to left
/// that is not kept apart from what is around it.
const HARM: &str = r"
    const harm = [...document.querySelectorAll('main script, main img, main iframe, main style')];
    for (const one of document.querySelectorAll('body *'))
        if (one.getAttributeNames().some((name) => name.startsWith('on') || name === 'style')) harm.push(one);
    const told = harm.map((one) => one.outerHTML);
    if (document.title === 'taken') told.push('a script ran');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        const apart = parentElement.closest('bdi, option, textarea');
        if (!apart && /[\u0590-\u08ff]/.test(data.replace(/\u2068[^\u2069]*\u2069/g, ''))) told.push(data);
    }
    for (const one of document.querySelectorAll('bdi'))
        if (getComputedStyle(one).unicodeBidi !== 'isolate') told.push(one.outerHTML);
    return told;";

/// What stands on the page, also in its fields.
const TEXTS: &str = "
    return [document.querySelector('main').textContent,
        ...[...document.querySelectorAll('main input, main textarea')].map((field) => field.value)].join('\\n')";

/// What is wrong with the page at a path that shows these names.
async fn faults(world: &World, path: &str, names: &[&str]) -> Vec<String> {
    world.go(path).await;
    let harm = world.browser.run(HARM).await;
    let mut faults: Vec<String> =
        harm.as_array().expect("a list").iter().map(|fault| format!("{path}: {fault}")).collect();
    let texts = world.browser.run(TEXTS).await;
    let texts = texts.as_str().expect("a text");
    let missing = names.iter().filter(|name| !texts.contains(**name));
    faults.extend(missing.map(|name| format!("{path} does not show {name}")));
    faults
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markup_formulas_and_directions_in_names_are_text() {
    let Some(world) = World::signed_in().await else { return };
    let (headed, elsewhere) = world.hostile().await;
    let mut wrong = Vec::new();
    for (path, names) in &headed {
        wrong.extend(faults(&world, path, names).await);
        let shown = world.browser.run("return document.querySelector('h1').textContent").await;
        assert_eq!(shown, json!(names[0]), "{path}");
    }
    for (path, names) in &elsewhere {
        wrong.extend(faults(&world, path, names).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let role = headed.iter().find(|(path, names)| path.contains("/roles/") && names[0] == NAMES[2]);
    world.go(&role.expect("there is one").0).await;
    assert_eq!(world.faults("a role named in Arabic and Hebrew").await, [""; 0]);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_looked_for_stands_in_its_field_as_text() {
    let Some(world) = World::signed_in().await else { return };
    let mut wrong = Vec::new();
    for raw in NAMES {
        let name = encoded(raw);
        for path in [
            format!("/console/users?q={name}"),
            format!("/console/groups?q={name}"),
            format!("/console/bots?q={name}"),
            format!("/console/reports?bot={name}"),
            format!("/console/reports?person={name}"),
            format!("/console/audit?text={name}&actor={name}&target={name}"),
        ] {
            wrong.extend(faults(&world, &path, &[raw]).await);
        }
        for path in [format!("/console/nowhere?q={name}"), format!("/console/confirm?next=/console/{name}")] {
            wrong.extend(faults(&world, &path, &[]).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_tells_of_hostile_names_as_text() {
    let Some(world) = World::signed_in().await else { return };
    world.hostile().await;
    let (mut wrong, mut events) = (Vec::new(), std::collections::BTreeSet::new());
    for name in [NAMES[0], NAMES[2]] {
        let filter = Filter { text: Some(name.to_owned()), ..Filter::default() };
        let found = audit::search(&world.ctx, &filter, Page::first(100)).await.expect("entries").entries;
        for (id, entry) in found {
            if events.insert((entry.event, name)) {
                wrong.extend(faults(&world, &format!("/console/audit/{id}"), &[name]).await);
            }
        }
        wrong.extend(faults(&world, &format!("/console/audit?text={}", encoded(name)), &[name]).await);
    }
    assert!(events.len() > 12, "groups, bots, roles, users and apps are told of: {events:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_form_is_refused_for_is_told_as_text() {
    let Some(world) = World::signed_in().await else { return };
    world.chat().await;
    let people = NAMES.join("\n");
    for (page, field, value, answer) in [
        ("/console/groups", "form[method=post].card [name=name]", NAMES[0], "/console/groups/"),
        ("/console/apps", "[name=name]", NAMES[0], "/console/apps"),
        ("/console/erasures/new", "[name=people]", people.as_str(), "/console/erasures/preview"),
        ("/console/holds", "[name=people]", people.as_str(), "/console/holds"),
        ("/console/account", "[name=password]", NAMES[1], "/console/account/password"),
    ] {
        world.go(page).await;
        // As the driver has no keys for every character, a script fills the fields in.
        let script = format!(
            "const field = document.querySelector(\"main {field}\");
             for (const one of field.form.querySelectorAll('[required], [name=grounds]')) one.value = {};
             field.value = {};
             document.documentElement.dataset.left = '';
             field.form.requestSubmit()",
            json!(NAMES[0]),
            json!(value)
        );
        world.browser.run(&script).await;
        let is_there = "return !('left' in document.documentElement.dataset) && document.readyState === 'complete'";
        world.browser.wait_until(is_there).await;
        assert!(world.place().await.starts_with(answer), "{page} leads to {}", world.place().await);
        assert_eq!(world.browser.run(HARM).await, Value::Array(Vec::new()), "{page}");
    }
    world.browser.end().await;
}
