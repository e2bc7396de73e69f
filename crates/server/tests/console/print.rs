//! Pages on paper.

use serde_json::json;

use crate::world::World;

/// What is printed that is of no use on paper: what leads elsewhere, what asks for something, what opens.
const USELESS: &str = "
    const all = document.querySelectorAll('nav, .look, .skip, .more, .actions, button, input, .field, main details');
    return [...all].filter((one) => one.checkVisibility()).map((one) => one.outerHTML)";

/// What cannot be read on white paper: its brightness in the words of WCAG, and that of the paper.
const PALE: &str = r"
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\d.]+/g).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const own = [...document.querySelectorAll('main *')].filter((one) =>
        one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return own.filter((one) => 1.05 / (light(getComputedStyle(one).color) + 0.05) < 4.5).map((one) => one.outerHTML)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_and_what_they_are_about_print_whole_and_without_what_is_for_the_screen() {
    let Some(world) = World::signed_in().await else { return };
    world.go("/console").await;
    world.choose("en", "dark").await;
    let pages = world.pages().await;
    let printed = ["report-person", "report-bot", "user", "bot", "group", "role", "erasure", "audit-entry", "audit"];
    world.browser.show_as_printed().await;
    // A sheet of A4 within its margins.
    world.browser.resize(718, 1_040).await;
    for name in printed {
        let (_, path) = pages.iter().find(|(own, _)| *own == name).expect("there is such a page");
        world.go(path).await;
        assert_eq!(world.browser.run(USELESS).await, json!([]), "{path}");
        assert_eq!(world.browser.run(PALE).await, json!([]), "{path}");
        assert_eq!(world.overhang().await, json!(0), "{path} is wider than the paper");
        let paper = world.browser.run("return getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(paper, json!("rgb(255, 255, 255)"), "{path}");
        // Tables keep their rows in one piece, and name their columns on each sheet.
        let torn = "return [...document.querySelectorAll('thead, tbody tr')].map(getComputedStyle).filter((style) =>
            !(style.display === 'table-header-group' || style.display === 'table-row' && style.breakInside === 'avoid'))
            .length";
        assert_eq!(world.browser.run(torn).await, json!(0), "{path}");
        let links = "return [...document.querySelectorAll('main a')].every((one) =>
            getComputedStyle(one).textDecorationLine === 'none')";
        assert_eq!(world.browser.run(links).await, json!(true), "{path}: links look like text");
    }
    world.browser.end().await;
}
