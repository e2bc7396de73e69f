//! The pages by which people come in, and what they decide there: each state of them, in every language and
//! theme, as somebody passes through them.

use rolecall_control::users::{self, Particulars, Wish};
use rolecall_testkit::{PASSWORD, totp};
use serde_json::json;

use crate::world::{OWNER, World};

const COOKIE: &str = "__Host-rolecall";

/// What is there once a form that was sent did not do.
const REFUSED: &str = "return document.querySelector('.note.bad[role=alert]:not([hidden])') !== null
    && document.readyState === 'complete'";

/// What is there once somebody was let in.
const INSIDE: &str = "return location.pathname === '/console' && document.readyState === 'complete'";

/// Somebody new who passes through, in one language and theme.
struct Walk<'w> {
    world: &'w World,
    email: String,
    language: &'w str,
    theme: &'w str,
    faults: Vec<String>,
}

impl<'w> Walk<'w> {
    async fn of(world: &'w World, language: &'w str, theme: &'w str) -> Self {
        let email = format!("{theme}.{language}@aurora-air.example");
        let wish = Wish { who: email.clone(), particulars: Particulars::default(), grants: Vec::new() };
        assert_eq!(users::create(&world.ctx, &[wish]).await.expect("users"), []);
        world.has_chosen(language, theme).await;
        Self { world, email, language, theme, faults: Vec::new() }
    }

    /// Looks at the page that is there, which is in this state.
    async fn look(&mut self, state: &str) {
        let (language, theme) = (self.language, self.theme);
        let browser = &self.world.browser;
        let shown = browser.run("return [document.documentElement.lang, document.documentElement.dataset.theme]").await;
        assert_eq!(shown, json!([language, theme]), "{state}");
        self.faults.extend(self.world.faults(&format!("{state} ({language}, {theme})")).await);
        browser.keep_picture(&format!("{state}-{language}-{theme}")).await;
    }

    /// Fills in fields by their ids and sends their form.
    async fn send(&self, fields: &[(&str, &str)]) {
        for (id, text) in fields {
            self.world.browser.type_into(&format!("#{id}"), text).await;
        }
        let (last, _) = fields.last().expect("there is a field");
        self.world.browser.click(&format!("form:has(#{last}) button")).await;
    }

    /// The same, for something that will not do.
    async fn fail(&self, fields: &[(&str, &str)]) {
        self.send(fields).await;
        self.world.browser.wait_until(REFUSED).await;
    }

    /// Sets a password by a link that the owner makes.
    async fn set_up(&mut self) {
        let browser = &self.world.browser;
        self.world.sign_in(OWNER).await;
        self.world.go(&format!("/console/users/{}/sign-in", self.world.user(&self.email).await)).await;
        self.look("user-sign-in-other").await;
        browser.click("form[action$='/sign-in-link'] button").await;
        browser.wait_until("return document.querySelector('code#link') !== null").await;
        self.look("user-link").await;
        let link = browser.text("#link").await;
        browser.forget_cookie(COOKIE).await;
        browser.go(&link).await;
        self.look("set-up").await;
        self.fail(&[("new", PASSWORD), ("again", "something else")]).await;
        self.look("set-up-wrong").await;
        self.send(&[("new", PASSWORD), ("again", PASSWORD)]).await;
        browser.wait_until(INSIDE).await;
    }

    /// Sets up a code generator and a passkey; the first recovery code.
    async fn enrol(&mut self) -> String {
        let (world, browser) = (self.world, &self.world.browser);
        world.go("/console/account").await;
        self.look("account-new").await;
        self.fail(&[("password", "something else"), ("new", PASSWORD), ("again", PASSWORD)]).await;
        self.look("account-password-wrong").await;

        world.go("/console/account").await;
        browser.click("form[action='/console/account/generator'] button").await;
        browser.wait_until("return document.querySelector('svg.qr') !== null").await;
        self.look("account-generator").await;
        self.fail(&[("code", "000000")]).await;
        self.look("account-generator-wrong").await;
        let secret = browser.text("section[aria-labelledby=generator] code").await.replace(' ', "");
        self.send(&[("code", &totp(&secret, world.ctx.now()))]).await;
        browser.wait_until("return document.querySelector('ul.codes') !== null").await;
        self.look("account-codes").await;
        let code = browser.text("ul.codes code").await;

        world.go("/console/account").await;
        self.send(&[("passkey-name", "Laptop")]).await;
        browser.wait_until("return document.querySelector('input[name=passkey]') !== null").await;
        self.look("account-whole").await;
        code
    }

    /// Comes back with the password and a code.
    async fn come_back(&mut self, code: &str) {
        self.world.browser.forget_cookie(COOKIE).await;
        self.world.go("/console/sign-in").await;
        let email = self.email.clone();
        self.fail(&[("account", "none"), ("email", &email), ("password", "something else")]).await;
        self.look("sign-in-wrong").await;
        self.world.go(&format!("/console/sign-in?account={}", self.world.company.account.account_id)).await;
        self.look("sign-in-to").await;
        self.send(&[("email", &email), ("password", PASSWORD)]).await;
        self.world.browser.wait_until("return location.pathname === '/console/second-factor'").await;
        self.look("second-factor").await;
        self.fail(&[("code", "no code")]).await;
        self.look("second-factor-wrong").await;
        self.send(&[("code", code)]).await;
        self.world.browser.wait_until(INSIDE).await;
    }

    /// Shows once more who it is, and at last comes in by the passkey alone.
    async fn show_again(&mut self) {
        let (world, browser) = (self.world, &self.world.browser);
        world.go("/console/confirm?next=/console").await;
        assert_eq!(browser.run("return document.querySelectorAll('nav a').length > 0").await, json!(true));
        self.look("confirm").await;
        self.fail(&[("password", "something else")]).await;
        self.look("confirm-wrong").await;
        browser.click("form[data-kind=use] button").await;
        browser.wait_until(INSIDE).await;
        browser.forget_cookie(COOKIE).await;
        world.go("/console/sign-in").await;
        browser.click("form[data-kind=use] button").await;
        browser.wait_until(INSIDE).await;
        let name = browser.run("return document.querySelector('details.look:last-of-type summary').innerText").await;
        assert_eq!(name, json!(self.email));
        browser.forget_cookie(COOKIE).await;
    }
}

/// Passes through all of it in `language`, in both themes.
async fn pass(language: &str) {
    let Some(world) = World::start().await else { return };
    world.go("/console/sign-in").await;
    let mut faults = Vec::new();
    for theme in ["light", "dark"] {
        world.browser.have_authenticator().await;
        let mut walk = Walk::of(&world, language, theme).await;
        walk.set_up().await;
        let code = walk.enrol().await;
        walk.come_back(&code).await;
        walk.show_again().await;
        faults.extend(walk.faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_signing_in_is_sound_in_english() {
    pass("en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_signing_in_is_sound_in_korean() {
    pass("ko").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_state_of_signing_in_is_sound_in_japanese() {
    pass("ja").await;
}
