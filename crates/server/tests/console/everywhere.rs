//! What holds of every page, in every language and theme.

use serde_json::json;

use crate::world::{PAGES, World};

/// Walks through every page in `language`, in both themes.
async fn walk(language: &str) {
    let Some(world) = World::start().await else { return };
    world.go("/console/nowhere").await;
    for theme in ["light", "dark"] {
        world.choose(language, theme).await;
        for (name, path) in PAGES {
            world.go(path).await;
            let shown =
                world.browser.run("return [document.documentElement.lang, document.documentElement.dataset.theme]");
            assert_eq!(shown.await, json!([language, theme]), "{path}");
            world.inspect(&format!("{path} ({language}, {theme})")).await;
            world.browser.keep_picture(&format!("{name}-{language}-{theme}")).await;
        }
    }
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_sound_in_english() {
    walk("en").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_sound_in_korean() {
    walk("ko").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_sound_in_japanese() {
    walk("ja").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_walked_through_with_the_keyboard_alone() {
    let Some(world) = World::start().await else { return };
    for (_, path) in PAGES {
        world.go(path).await;
        // Whatever can be pressed, changed or opened, in the order of the page.
        let wanted = world
            .browser
            .run(
                "const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
                 window.reachable = all.filter((one) => one.checkVisibility() && one.type !== 'hidden' && !one.disabled);
                 document.body.focus();
                 return window.reachable.length",
            )
            .await
            .as_u64()
            .expect("a number");
        for place in 0..wanted {
            world.browser.press(&['\u{e004}']).await;
            let is_there = world
                .browser
                .run(&format!(
                    "const one = document.activeElement;
                     const sameRadios = one.type === 'radio';
                     const style = getComputedStyle(one);
                     return (sameRadios || window.reachable[{place}] === one) && style.outlineStyle !== 'none'"
                ))
                .await;
            let shown = world.browser.run("return document.activeElement.outerHTML.slice(0, 200)").await;
            assert_eq!(is_there, json!(true), "{path}: stop {place} is {shown}");
        }
    }
    world.browser.end().await;
}
