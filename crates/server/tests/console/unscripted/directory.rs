//! Users, groups and bots.

use axum::http::StatusCode;
use rolecall_control::{bots, groups};
use rolecall_model::page::Page;
use rolecall_testkit::{PASSWORD, Request};
use serde_json::json;

use crate::{office::NOBODY, walk::Walk, world::OWNER};

pub(super) async fn walk(walk: &mut Walk) {
    look_at_a_user(walk).await;
    give_and_take_roles(walk).await;
    help_a_user_in(walk).await;
    make_and_remove_a_group(walk).await;
    make_and_remove_a_bot(walk).await;
}

async fn look_at_a_user(walk: &mut Walk) {
    walk.open("/console/users").await;
    walk.press("Find", &[("q", "ingr")]).await;
    walk.sees("One user").await;
    walk.follow("Ingrid Solberg").await;
    walk.press("Show", &[("at", "2026-01-05T08:00")]).await;
    walk.sees("The user was not in the account then.").await;
}

async fn give_and_take_roles(walk: &mut Walk) {
    walk.open(&format!("/console/users/{}", walk.world.user(NOBODY).await)).await;
    walk.press("Give", &[("role", "Access Steward")]).await;
    walk.sees("Access Steward").await;
    walk.press("Give", &[("role", "Release Manager"), ("bot", "Crew Helper")]).await;
    let roles = "return document.querySelectorAll('[aria-labelledby=held] tbody tr').length";
    let before = walk.run(roles).await.as_u64().expect("a number");
    walk.press("Take away", &[]).await;
    assert_eq!(walk.run(roles).await, json!(before - 1));

    walk.open("/console/groups?q=audit").await;
    walk.follow("Audit Office").await;
    walk.press("Give", &[("role", "Release Manager"), ("bot", "Crew Helper")]).await;
    walk.sees("Release Manager").await;
    walk.press("Take away", &[]).await;

    walk.open("/console/bots?q=hr").await;
    walk.follow("HR Answers").await;
    walk.press("Give", &[("role", "Release Manager"), ("who", NOBODY)]).await;
    walk.sees(NOBODY).await;
    walk.press("Take away", &[]).await;
}

async fn help_a_user_in(walk: &mut Walk) {
    walk.open(&format!("/console/users/{}", walk.world.user(NOBODY).await)).await;
    walk.follow("Sign-in and sessions…").await;
    walk.press("Make a link", &[]).await;
    let link = walk.text_of("#link").await;
    let path = link.find("/console/").map(|start| link[start..].to_owned()).expect("a link to the console");
    let account = walk.world.company.account.account_id.clone();
    let fields = [("account", account.as_str()), ("email", NOBODY), ("password", PASSWORD)];
    for form in [
        Request::form(&path, &[("new", PASSWORD), ("again", PASSWORD)]),
        Request::form("/console/sign-in", &fields),
        Request::form("/console/sign-in", &fields),
    ] {
        assert_eq!(walk.world.app.send(form).await.status, StatusCode::SEE_OTHER);
    }
    walk.follow("Back to sign-in and sessions").await;
    let sessions = "return document.querySelectorAll('[aria-labelledby=sessions] tbody tr').length";
    assert_eq!(walk.run(sessions).await, json!(3));
    walk.press("End", &[]).await;
    assert_eq!(walk.run(sessions).await, json!(2));
    walk.press("End all sessions", &[]).await;
    walk.sees("Nowhere.").await;
}

async fn make_and_remove_a_group(walk: &mut Walk) {
    walk.open("/console/groups").await;
    walk.press("Create", &[("name", "Night crew"), ("description", "Awake")]).await;
    walk.sees("Nobody is in this group.").await;
    walk.press("Add", &[("add", OWNER)]).await;
    walk.press("Add", &[("add", "Care Oslo")]).await;
    walk.sees("2 members").await;
    let user = walk.world.user(OWNER).await;
    let found = groups::search(&walk.world.ctx, "Care Oslo", Page::first(1)).await.expect("groups").items;
    let inner = found.first().expect("the group").group.id.clone();
    walk.press("Take out whom is marked", &[("user", &user)]).await;
    walk.sees("One member").await;
    walk.press("Take out whom is marked", &[("group", &inner)]).await;
    walk.sees("Nobody is in this group.").await;
    walk.press("Add", &[("add", "Night crew")]).await;
    walk.sees("The group would come to contain itself.").await;

    walk.open("/console/groups").await;
    walk.press("Find", &[("q", "night")]).await;
    walk.follow("Night crew").await;
    walk.press("Save", &[("name", "Night watch")]).await;
    assert_eq!(walk.text_of("h1").await, "Night watch");
    walk.follow("Remove…").await;
    walk.press("Remove", &[]).await;
    walk.is_at("/console/groups").await;
    assert_eq!(groups::search(&walk.world.ctx, "Night", Page::first(1)).await.expect("groups").total, 0);
}

async fn make_and_remove_a_bot(walk: &mut Walk) {
    walk.open("/console/bots").await;
    walk.press("Create", &[("name", "Night Desk"), ("owner", OWNER)]).await;
    walk.sees("Bot Owner").await;
    walk.open("/console/bots").await;
    walk.press("Find", &[("q", "night")]).await;
    walk.sees("One bot").await;
    walk.follow("Night Desk").await;
    walk.press("Save", &[("description", "Rings"), ("purpose", "employee")]).await;
    walk.sees("Rings").await;
    walk.follow("Remove…").await;
    walk.press("Remove", &[]).await;
    walk.is_at("/console/bots").await;
    assert_eq!(bots::search(&walk.world.ctx, "Night", Page::first(1)).await.expect("bots").total, 0);
}
