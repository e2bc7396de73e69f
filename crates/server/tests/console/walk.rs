//! A walk through the console as people go whose browser runs no scripts: they read, follow links, fill
//! forms in and press buttons. It remembers each button of a form that it met, and each that it pressed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::World;

/// What a script begins with that speaks of forms. A form that is hidden needs scripts and is not there for
/// whoever has none. Buttons are told apart by what they say, in English, and by where they send what, in
/// which `*` stands for ids and tokens.
const FORMS: &str = r"
    const said = (one) => {
        const seen = one.cloneNode(true);
        for (const heard of seen.querySelectorAll('.sr')) heard.remove();
        return seen.textContent.trim().replace(/\s+/g, ' ').replace(/[\u2066-\u2069]/g, '');
    };
    const buttons = [...document.forms].filter((form) => !form.closest('[hidden]')).flatMap((form) =>
        [...form.querySelectorAll('button:not([type=button]), input[type=submit]')].map((button) => ({ form, button })));
    const nameOf = ({ form, button }) => {
        const place = button.getAttribute('formaction') ?? form.getAttribute('action') ?? location.pathname;
        const parts = place.split('?')[0].split('/').map((part) => /^[a-z-]{0,20}$/.test(part) ? part : '*');
        return `${form.getAttribute('method') ?? 'get'} ${parts.join('/')}: ${said(button)}`;
    };";

/// Somebody under way.
pub(crate) struct Walk {
    pub(crate) world: World,
    met: BTreeSet<String>,
    pressed: BTreeSet<String>,
}

impl Walk {
    /// Begins one in a world, nowhere yet.
    pub(crate) async fn through(world: World) -> Self {
        world.browser.allow_scripts(false).await;
        Self { world, met: BTreeSet::new(), pressed: BTreeSet::new() }
    }

    /// Opens the page at a path, which is there.
    pub(crate) async fn open(&mut self, path: &str) {
        assert_eq!(self.answered(path).await, json!(200), "{path}");
    }

    /// Opens the page at a path; the status it is answered with.
    pub(crate) async fn answered(&mut self, path: &str) -> Value {
        self.world.go(path).await;
        self.look().await;
        self.run("return performance.getEntriesByType('navigation')[0].responseStatus").await
    }

    /// Follows the link with a text.
    pub(crate) async fn follow(&mut self, text: &str) {
        self.find_link(text).await;
        self.leave("a[data-chosen]").await;
    }

    /// Follows the link with a text to a file; its name, and what is in it.
    pub(crate) async fn keep(&mut self, text: &str) -> (String, String) {
        self.find_link(text).await;
        self.world.browser.click("a[data-chosen]").await;
        self.world.browser.kept_file().await
    }

    async fn find_link(&self, text: &str) {
        let script = format!(
            "{FORMS}
            for (const old of document.querySelectorAll('[data-chosen]')) delete old.dataset.chosen;
            const link = [...document.links].find((link) => said(link) === {});
            if (link) link.dataset.chosen = '';
            return Boolean(link);",
            json!(text)
        );
        assert_eq!(self.run(&script).await, json!(true), "no link says {text}: {}", self.text().await);
    }

    /// Fills fields of a form in by their names, and presses its button with a text. Of several such forms
    /// it is the first that has all the fields.
    pub(crate) async fn press(&mut self, text: &str, fields: &[(&str, &str)]) {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let script = format!(
            "{FORMS}
            const names = {};
            for (const old of document.querySelectorAll('[data-chosen]')) delete old.dataset.chosen;
            const chosen = buttons.find(({{ form, button }}) =>
                said(button) === {} && names.every((name) => form.elements.namedItem(name)));
            if (!chosen) return null;
            const {{ form, button }} = chosen;
            form.dataset.chosen = '';
            button.dataset.chosen = '';
            const shut = form.closest('details:not([open])')?.querySelector('summary');
            if (shut) shut.dataset.chosen = '';
            const kinds = names.map((name) => form.querySelector(`[name='${{name}}']`).type);
            return [nameOf(chosen), Boolean(shut), kinds];",
            json!(names),
            json!(text)
        );
        let found = self.run(&script).await;
        assert_ne!(found, Value::Null, "no button says {text} beside {names:?}: {}", self.text().await);
        if found[1] == json!(true) {
            self.world.browser.click("summary[data-chosen]").await;
        }
        for ((name, value), kind) in fields.iter().zip(found[2].as_array().expect("a list")) {
            self.fill(&format!("form[data-chosen] [name='{name}']"), kind.as_str().unwrap_or_default(), value).await;
        }
        self.pressed.insert(found[0].as_str().expect("a name").to_owned());
        self.leave("button[data-chosen]").await;
    }

    async fn fill(&self, selector: &str, kind: &str, value: &str) {
        let browser = &self.world.browser;
        match kind {
            "radio" | "checkbox" => browser.click(&format!("{selector}[value='{value}']")).await,
            "select-one" => browser.choose(selector, value).await,
            "file" => browser.type_into(selector, value).await,
            "datetime-local" => {
                // As it is typed in English: month, day and year, then the hour of the half day.
                let at = value.split(['-', 'T', ':']).collect::<Vec<_>>();
                let [year, month, day, hour, minute] = at[..] else { panic!("{value} is no time") };
                browser.type_into(selector, &format!("{month}{day}{year}\u{e004}{hour}{minute}AM")).await;
                let typed = self.run(&format!("return document.querySelector(\"{selector}\").value")).await;
                assert_eq!(typed, json!(value));
            }
            _ => {
                browser.empty(selector).await;
                browser.type_into(selector, value).await;
            }
        }
    }

    /// Clicks on what leads to another page, and looks at that.
    async fn leave(&mut self, selector: &str) {
        self.run("document.documentElement.dataset.left = ''").await;
        self.world.browser.click(selector).await;
        let is_there = "return !('left' in document.documentElement.dataset) && document.readyState === 'complete'";
        self.world.browser.wait_until(is_there).await;
        self.look().await;
    }

    /// Looks at the page for what every page has, and remembers its forms.
    async fn look(&mut self) {
        let script = format!(
            "{FORMS}
            const forms = [...document.forms].filter((form) => !form.closest('[hidden]'));
            const idle = [...document.querySelectorAll('.js, form[data-passkey]')].filter((one) => one.checkVisibility());
            return [
                document.documentElement.lang === 'en' ? buttons.map(nameOf) : [],
                document.querySelectorAll('h1').length === 1 && said(document.querySelector('h1')) !== '',
                forms.filter((form) => !buttons.some((one) => one.form === form)).map((form) => form.outerHTML),
                idle.map((one) => one.outerHTML),
            ];"
        );
        let seen = self.run(&script).await;
        let place = self.world.place().await;
        assert_eq!(seen[1], json!(true), "{place} has one heading: {}", self.text().await);
        assert_eq!(seen[2], json!([]), "{place}: nothing sends these forms");
        assert_eq!(seen[3], json!([]), "{place}: without scripts these do nothing");
        let names = seen[0].as_array().expect("a list").iter().filter_map(Value::as_str);
        self.met.extend(names.map(str::to_owned));
    }

    /// Runs a script of ours; those of pages do not run.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.world.browser.run(script).await
    }

    /// The text in what a CSS selector finds.
    pub(crate) async fn text_of(&self, selector: &str) -> String {
        let text = self.run(&format!("return document.querySelector({})?.textContent ?? null", json!(selector))).await;
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).trim().to_owned()
    }

    /// What the page says, but for what is around each page.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.querySelector('main')?.innerText ?? ''").await;
        // What is put into a text is kept apart from it, which cannot be seen.
        text.as_str().unwrap_or_default().replace(['\u{2068}', '\u{2069}'], "")
    }

    /// Asserts that the page says something.
    pub(crate) async fn sees(&self, text: &str) {
        let page = self.text().await;
        assert!(page.contains(text), "{} does not say {text}: {page}", self.world.place().await);
    }

    /// Asserts that the page does not say something.
    pub(crate) async fn misses(&self, text: &str) {
        let page = self.text().await;
        assert!(!page.contains(text), "{} says {text}: {page}", self.world.place().await);
    }

    /// Asserts that the browser is at a place that begins so.
    pub(crate) async fn is_at(&self, place: &str) {
        let own = self.world.place().await;
        assert!(own.starts_with(place), "this is {own} rather than {place}: {}", self.text().await);
    }

    /// The buttons that were met and never pressed.
    pub(crate) fn not_pressed(&self) -> Vec<&String> {
        self.met.difference(&self.pressed).collect()
    }
}
