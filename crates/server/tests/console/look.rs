//! The choice of language and theme.

use serde_json::json;

use crate::world::World;

const ENTER: char = '\u{e007}';
const TAB: char = '\u{e004}';
const ESCAPE: char = '\u{e00c}';

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_choice_works_without_scripts_stays_and_leads_back() {
    let Some(world) = World::start().await else { return };
    world.browser.allow_scripts(false).await;
    world.go("/console/nowhere?q=%F0%9F%98%80").await;
    let shown = "return [document.documentElement.lang, document.documentElement.dataset.theme,
        document.querySelector('h1').innerText, document.documentElement.className]";
    assert_eq!(world.browser.run(shown).await, json!(["en", "system", "There is nothing here", ""]));
    world.choose("ja", "dark").await;
    assert_eq!(world.place().await, "/console/nowhere?q=%F0%9F%98%80");
    assert_eq!(world.browser.run(shown).await, json!(["ja", "dark", "ページが見つかりません", ""]));
    world.go("/console/elsewhere").await;
    assert_eq!(world.browser.run(shown).await, json!(["ja", "dark", "ページが見つかりません", ""]));
    // No page can read the cookie.
    assert_eq!(world.browser.run("return document.cookie").await, json!(""));
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_theme_follows_the_system_until_one_is_chosen() {
    let Some(world) = World::start().await else { return };
    let ground = "return getComputedStyle(document.documentElement).backgroundColor";
    world.go("/console/nowhere").await;
    world.browser.prefer("light").await;
    let light = world.browser.run(ground).await;
    world.browser.prefer("dark").await;
    let dark = world.browser.run(ground).await;
    assert_ne!(light, dark);
    world.choose("en", "light").await;
    assert_eq!(world.browser.run(ground).await, light);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_choice_is_made_with_the_keyboard_and_escape_leaves_it() {
    let Some(world) = World::start().await else { return };
    world.go("/console/nowhere").await;
    let focused = "return document.activeElement.innerText";
    // Past the link that skips and the name of the program.
    world.browser.press(&[TAB, TAB, TAB, ENTER, TAB, TAB]).await;
    assert_eq!(world.browser.run(focused).await, json!("한국어"));
    world.browser.press(&[ESCAPE]).await;
    assert_eq!(world.browser.run(focused).await, json!("Language and theme"));
    world.browser.press(&[ENTER, TAB, TAB, ENTER]).await;
    world.browser.wait_until("return document.documentElement.lang === 'ko'").await;
    world.browser.press(&[TAB, ENTER]).await;
    assert_eq!(world.browser.run("return document.activeElement.id").await, json!("main"));
    world.browser.end().await;
}
