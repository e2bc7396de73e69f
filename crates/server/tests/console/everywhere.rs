//! What holds of every page, in every language and theme.

use serde_json::json;

use crate::world::World;

/// Walks through every page in `language`, in both themes.
async fn walk(language: &str) {
    let Some(world) = World::signed_in().await else { return };
    let mut faults = Vec::new();
    world.go("/console").await;
    for theme in ["light", "dark"] {
        world.choose(language, theme).await;
        for (name, path) in world.pages().await {
            world.go(&path).await;
            let shown =
                world.browser.run("return [document.documentElement.lang, document.documentElement.dataset.theme]");
            assert_eq!(shown.await, json!([language, theme]), "{path}");
            faults.extend(world.faults(&format!("{name} ({language}, {theme})")).await);
            world.browser.keep_picture(&format!("{name}-{language}-{theme}")).await;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
    let Some(world) = World::signed_in().await else { return };
    for (_, path) in world.pages().await {
        world.go(&path).await;
        // Whatever can be pressed, changed or opened, in the order of the page. A field for a time has more
        // stops than one, and says which of them has the focus to nobody; radio buttons of one name have one
        // stop, from which the arrows go on.
        let wanted = world
            .browser
            .run(
                "const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
                 window.wanted = all.filter((one) => one.checkVisibility() && one.type !== 'hidden');
                 window.missed = new Set(window.wanted);
                 document.body.focus();
                 return window.wanted.length",
            )
            .await
            .as_u64()
            .expect("a number");
        for _ in 0..wanted + 12 {
            world.browser.press(&['\u{e004}']).await;
            let is_shown = world
                .browser
                .run(
                    "const one = document.activeElement;
                     if (one === document.body) return true;
                     for (const reached of one.type === 'radio' ? document.getElementsByName(one.name) : [one])
                         window.missed.delete(reached);
                     return one.id === 'main' || getComputedStyle(one).outlineStyle !== 'none'
                         || one.type === 'datetime-local'",
                )
                .await;
            let shown = world.browser.run("return document.activeElement.outerHTML.slice(0, 200)").await;
            assert_eq!(is_shown, json!(true), "{path}: the focus on {shown} cannot be seen");
        }
        let missed = world.browser.run("return [...window.missed].map((one) => one.outerHTML.slice(0, 200))").await;
        assert_eq!(missed, json!([]), "{path}: out of the keyboard's reach");
    }
    world.browser.end().await;
}
