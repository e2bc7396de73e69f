//! Coming in and going out, what a person decides about itself, and how it likes its pages.

use axum::http::StatusCode;
use rolecall_control::sign_in;
use rolecall_testkit::{PASSWORD, Request, totp};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{walk::Walk, world::OWNER};

/// The owner's password after it was changed.
pub(super) const CHANGED: &str = "battery staple horse correct";

/// Ends with the owner signed in.
pub(super) async fn walk(walk: &mut Walk) {
    follow_a_link(walk).await;
    sign_in_with_a_password(walk).await;
    end_sessions(walk).await;
    change_the_password(walk).await;
    use_a_second_factor(walk).await;
    choose_a_look(walk).await;
}

async fn follow_a_link(walk: &mut Walk) {
    let link = sign_in::make_link_by_email(&walk.world.ctx, OWNER).await.expect("a link").token;
    walk.open(&format!("/console/set-up/{}", link.expose_secret())).await;
    walk.press("Set password and sign in", &[("new", PASSWORD), ("again", CHANGED)]).await;
    walk.sees("The two new passwords are not the same.").await;
    walk.press("Set password and sign in", &[("new", PASSWORD), ("again", PASSWORD)]).await;
    walk.is_at("/console").await;
    walk.press("Sign out", &[]).await;
    walk.is_at("/console/sign-in").await;
}

async fn fill_sign_in(walk: &mut Walk, password: &str) {
    let account = walk.world.company.account.account_id.clone();
    walk.press("Sign in", &[("account", &account), ("email", OWNER), ("password", password)]).await;
}

async fn sign_in_with_a_password(walk: &mut Walk) {
    walk.open("/console/users?q=ingrid").await;
    walk.is_at("/console/sign-in").await;
    fill_sign_in(walk, CHANGED).await;
    walk.sees("That did not fit.").await;
    fill_sign_in(walk, PASSWORD).await;
    walk.is_at("/console/users?q=ingrid").await;
}

async fn end_sessions(walk: &mut Walk) {
    let fields =
        [("account", walk.world.company.account.account_id.as_str()), ("email", OWNER), ("password", PASSWORD)];
    for _ in 0..3 {
        let reply = walk.world.app.send(Request::form("/console/sign-in", &fields)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    }
    let sessions = "return document.querySelectorAll('[aria-labelledby=sessions] tbody tr').length";
    walk.open("/console/account").await;
    assert_eq!(walk.run(sessions).await, json!(4));
    walk.press("End", &[]).await;
    assert_eq!(walk.run(sessions).await, json!(3));
    walk.press("End all others", &[]).await;
    assert_eq!(walk.run(sessions).await, json!(1));
}

async fn change_the_password(walk: &mut Walk) {
    walk.press("Change password", &[("password", PASSWORD), ("new", CHANGED), ("again", CHANGED)]).await;
    walk.is_at("/console/account").await;
    walk.misses("did not fit").await;
}

async fn use_a_second_factor(walk: &mut Walk) {
    walk.press("Set up a code generator", &[]).await;
    let secret = walk.text_of("[aria-labelledby=generator] code").await.replace(' ', "");
    let code = |walk: &Walk| totp(&secret, walk.world.ctx.now());
    walk.press("Confirm", &[("code", &code(walk))]).await;
    let first = walk.text_of(".codes").await;
    walk.open("/console/account").await;
    walk.press("Make new recovery codes", &[]).await;
    assert_ne!(walk.text_of(".codes").await, first);

    walk.press("Sign out", &[]).await;
    fill_sign_in(walk, CHANGED).await;
    walk.is_at("/console/second-factor").await;
    walk.press("Sign in", &[("code", "not-one")]).await;
    walk.sees("That code does not count.").await;
    walk.world.app.clock.advance_ms(60_000);
    walk.press("Sign in", &[("code", &code(walk))]).await;
    walk.sees("Overview").await;
    let user = walk.world.user(OWNER).await;
    walk.open(&format!("/console/users/{user}/sign-in")).await;
    walk.press("Remove the code generator", &[]).await;

    walk.open("/console/account").await;
    walk.press("Set up a code generator", &[]).await;
    let secret = walk.text_of("[aria-labelledby=generator] code").await.replace(' ', "");
    walk.press("Confirm", &[("code", &totp(&secret, walk.world.ctx.now()))]).await;
    walk.open("/console/account").await;
    walk.press("Remove the code generator", &[]).await;
    walk.sees("Set up a code generator").await;
}

async fn choose_a_look(walk: &mut Walk) {
    walk.open("/console/groups").await;
    for (text, language, theme) in [
        ("Dark", "en", "dark"),
        ("Light", "en", "light"),
        ("As the system", "en", "system"),
        ("한국어", "ko", "system"),
        ("日本語", "ja", "system"),
        ("English", "en", "system"),
    ] {
        walk.press(text, &[]).await;
        let shown = walk.run("return [document.documentElement.lang, document.documentElement.dataset.theme]").await;
        assert_eq!(shown, json!([language, theme]));
        walk.is_at("/console/groups").await;
    }
}
