//! What people do on pages, and what they are told when it cannot be done.

use rolecall_control::{
    groups,
    roles::{self, Edit},
    version::Expected,
};
use rolecall_model::{
    page::Page,
    role::{Level, Permissions, RoleType},
};
use serde_json::json;

use crate::world::World;

const TITLE: &str = "return document.querySelector('h1').innerText";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_answers_while_one_types_and_without_scripts_when_it_is_sent() {
    let Some(world) = World::signed_in().await else { return };
    for may_script in [true, false] {
        world.browser.allow_scripts(may_script).await;
        world.go("/console/users").await;
        world.browser.type_into("#q", "ingr").await;
        if !may_script {
            world.browser.click("form[role=search] button").await;
        }
        let found = "return document.querySelectorAll('#found tbody tr').length === 1
            && document.querySelector('#found').innerText.includes('ingrid.solberg')";
        world.browser.wait_until(found).await;
        assert_eq!(world.place().await, "/console/users?q=ingr");
    }
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_filled_changed_and_removed_without_scripts() {
    let Some(world) = World::signed_in().await else { return };
    let browser = &world.browser;
    browser.allow_scripts(false).await;
    world.go("/console/groups").await;
    browser.type_into("#name", "Night crew").await;
    browser.click("form.card button").await;
    browser.wait_until("return document.querySelector('h1').innerText === 'Night crew'").await;

    browser.type_into("#add", "ingrid.solberg@aurora-air.example").await;
    browser.click("form.inline button").await;
    browser.wait_until("return document.querySelectorAll('input[name=user]').length === 1").await;
    browser.click("input[name=user]").await;
    browser.click("button.danger").await;
    browser.wait_until("return document.querySelectorAll('input[name=user]').length === 0").await;

    browser.type_into("#add", "nobody@aurora-air.example").await;
    browser.click("form.inline button").await;
    browser.wait_until("return document.querySelector('.faults') !== null").await;
    let fault = browser.run("return document.querySelector('.faults li').firstChild.textContent.trim()").await;
    assert_eq!(fault, json!("There is no such user in this account."));

    world.go("/console/groups?q=night").await;
    browser.click("#found tbody a").await;
    browser.wait_until("return document.querySelector('h1').innerText === 'Night crew'").await;
    browser.click(".head .actions a").await;
    browser.wait_until("return document.querySelector('h1').innerText.startsWith('Remove the group')").await;
    browser.click("button.danger").await;
    browser.wait_until("return location.pathname === '/console/groups'").await;
    assert_eq!(groups::search(&world.ctx, "night", Page::first(1)).await.expect("groups").total, 0);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_edit_one_role_the_second_is_told_and_nothing_is_lost() {
    let Some(world) = World::signed_in().await else { return };
    let browser = &world.browser;
    let role = roles::list(&world.ctx, RoleType::Bot, Page::first(50)).await.expect("roles").items.pop().expect("one");
    world.go(&format!("/console/roles/{}/edit", role.id)).await;
    browser.type_into("#description", " Mine.").await;
    browser.choose("select[name=level-0]", "NO").await;

    let edit = Edit { name: None, description: Some("Theirs.".to_owned()), permissions: None };
    roles::update(&world.ctx, &role.id, &Expected::Any, &edit).await.expect("it changes");
    browser.click("button.main").await;
    browser.wait_until("return document.querySelector('[role=alert]') !== null").await;
    let page = browser.run("return document.querySelector('main').innerText").await;
    assert!(page.as_str().is_some_and(|page| page.contains("Theirs.")), "{page}");
    let mine = browser.run("return document.querySelector('#description').value").await;
    assert!(mine.as_str().is_some_and(|mine| mine.ends_with("Mine.")), "{mine}");
    assert_eq!(roles::get(&world.ctx, &role.id).await.expect("the role").description, "Theirs.");
    assert_eq!(world.faults("a role that somebody else changed").await, [""; 0]);

    // Having seen both, the second decides.
    browser.click("button.main").await;
    browser.wait_until("return document.querySelector('[role=alert]') === null").await;
    let role = roles::get(&world.ctx, &role.id).await.expect("the role");
    assert!(role.description.ends_with("Mine."), "{}", role.description);
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_permitted_at_two_times_stands_side_by_side() {
    let Some(world) = World::signed_in().await else { return };
    let role = roles::list(&world.ctx, RoleType::Bot, Page::first(50)).await.expect("roles").items.pop().expect("one");
    let before = role.permissions.level("Tasks");
    for level in [Level::Full, Level::No] {
        world.app.clock.advance_ms(300_000);
        let edit = Edit { name: None, description: None, permissions: Some(Permissions::of([("Tasks", level)])) };
        roles::update(&world.ctx, &role.id, &Expected::Any, &edit).await.expect("it changes");
    }
    let levels = "return [...document.querySelectorAll('tbody tr')].find((row) => row.innerText.startsWith('Tasks'))
        .innerText.split(/\\s+/).slice(-2).join(' ')";
    assert_eq!(before, Level::View);
    for (query, shown) in [
        ("a=2026-01-05T09:02&b=2026-01-05T09:07", "view full"),
        ("a=2026-01-05T09:07", "full no"),
        ("b=2026-01-05T09:02", "no view"),
    ] {
        world.go(&format!("/console/roles/{}/then?{query}", role.id)).await;
        assert_eq!(world.browser.run(levels).await, json!(shown), "{query}");
    }
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_made_copied_and_removed() {
    let Some(world) = World::signed_in().await else { return };
    let browser = &world.browser;
    world.go("/console/roles/new?type=bot").await;
    browser.type_into("#name", "Reader").await;
    browser.choose("select[name=level-0]", "VIEW").await;
    browser.click("button.main").await;
    browser.wait_until("return document.querySelector('h1').innerText === 'Reader'").await;
    browser.type_into("#name", "Second reader").await;
    browser.click("form.card[method=post] button").await;
    browser.wait_until("return location.pathname.endsWith('/edit')").await;
    assert_eq!(browser.run("return document.querySelector('select[name=level-0]').value").await, json!("VIEW"));
    browser.click("a.button").await;
    browser.wait_until("return document.querySelector('h1').innerText === 'Second reader'").await;
    browser.click("a[href$='/remove']").await;
    browser.wait_until("return document.querySelector('button.danger') !== null").await;
    browser.click("button.danger").await;
    browser.wait_until("return location.pathname === '/console/roles'").await;
    let names = roles::list(&world.ctx, RoleType::Bot, Page::first(50)).await.expect("roles").items;
    let names: Vec<&str> = names.iter().map(|role| role.name.as_str()).collect();
    assert!(names.contains(&"Reader") && !names.contains(&"Second reader"), "{names:?}");
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_nothing_sees_no_button_and_is_refused_what_is_behind_it() {
    let Some(world) = World::start().await else { return };
    world.go("/console/roles").await;
    assert!(world.place().await.starts_with("/console/sign-in?next=%2Fconsole%2Froles"), "{}", world.place().await);

    let nobody = "nobody@aurora-air.example";
    let wish = rolecall_control::users::Wish {
        who: nobody.to_owned(),
        particulars: rolecall_control::users::Particulars::default(),
        grants: Vec::new(),
    };
    rolecall_control::users::create(&world.ctx, &[wish]).await.expect("a user");
    world.sign_in(nobody).await;
    world.go("/console").await;
    assert_eq!(world.browser.run("return document.querySelectorAll('nav a').length").await, json!(1));
    let shown = "return [...document.querySelectorAll('.card, .tiles')].filter((one) => one.checkVisibility()).length";
    assert_eq!(world.browser.run(shown).await, json!(0));
    for path in ["/console/users", "/console/groups", "/console/bots", "/console/roles", "/console/roles/new?type=bot"]
    {
        world.go(path).await;
        assert_eq!(world.browser.run(TITLE).await, json!("You may not do this"), "{path}");
    }
    world.browser.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_says_that_it_was_sent_and_is_sent_once() {
    let Some(world) = World::signed_in().await else { return };
    let browser = &world.browser;
    let submit = "const button = document.querySelector('form.card button');
        const told = document.querySelector('#working'), was = [];
        const look = () => [button.textContent, button.getAttribute('aria-busy'), told?.textContent];
        addEventListener('submit', (event) => was.push(event.defaultPrevented));
        button.click();
        button.click();
        const meanwhile = look();
        dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        return [was, meanwhile, look()]";
    world.go("/console/groups").await;
    browser.type_into("#name", "Night crew").await;
    let (sent, back) = (json!(["Working…", "true", "Working…"]), json!(["Create", null, ""]));
    assert_eq!(browser.run(submit).await, json!([[false, true], sent, back]), "and who comes back can send it again");
    browser.wait_until("return document.querySelector('h1').innerText === 'Night crew'").await;

    world.go("/console/groups").await;
    let nothing = json!([[], ["Create", null, ""], ["Create", null, ""]]);
    assert_eq!(browser.run(submit).await, nothing, "what the browser does not send is not under way");
    world.browser.end().await;
}
