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

/// The words of permissions' names that go on in another line.
const BROKEN: &str = "
    const broken = [];
    for (const name of document.querySelectorAll('.keep tbody th bdi')) {
        const texts = document.createTreeWalker(name, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            for (const word of texts.currentNode.data.matchAll(/\\S+/g)) {
                const range = document.createRange();
                range.setStart(texts.currentNode, word.index);
                range.setEnd(texts.currentNode, word.index + word[0].length);
                if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word[0]);
            }
        }
    }
    return [document.querySelectorAll('.keep tbody th bdi').length > 10, broken]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_permissions_stay_whole_on_small_screens() {
    let Some(world) = World::signed_in().await else { return };
    let pages = world.pages().await;
    let path = &pages.iter().find(|(name, _)| *name == "role-compare-all").expect("there is one").1;
    world.browser.resize(320, 640).await;
    for language in ["en", "ko", "ja"] {
        world.has_chosen(language, "light").await;
        world.go(path).await;
        assert_eq!(world.browser.run(BROKEN).await, json!([true, []]), "{language}");
        assert_eq!(world.overhang().await, json!(0), "{language}");
    }
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
