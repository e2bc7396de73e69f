//! A company to look at, and somebody who looks.

use rolecall_testkit::{Engine, TestApp};
use serde_json::{Value, json};

use crate::browser::{Browser, root};

/// A server on a port, and a browser.
pub(crate) struct World {
    pub(crate) browser: Browser,
    /// What URLs begin with.
    base: String,
    _app: TestApp,
}

/// A page as the walks through all of them know it: a name for its picture, and its path.
pub(crate) const PAGES: &[(&str, &str)] = &[("not-found", "/console/nowhere")];

impl World {
    /// A world of its own for one test; nothing where there is no browser and need not be one.
    pub(crate) async fn start() -> Option<Self> {
        let browser = Browser::start().await?;
        let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
        let base = format!("http://{}", app.listen().await);
        Some(Self { browser, base, _app: app })
    }

    /// Goes to `path`.
    pub(crate) async fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.base)).await;
    }

    /// The path and query that the browser is at.
    pub(crate) async fn place(&self) -> String {
        let url = self.browser.client.current_url().await.expect("it is somewhere");
        url.as_str().strip_prefix(&self.base).expect("it is still here").to_owned()
    }

    /// Chooses a language and a theme as a person does, on the page where the browser is.
    pub(crate) async fn choose(&self, language: &str, theme: &str) {
        for (name, value) in [("language", language), ("theme", theme)] {
            self.browser.click("details.look summary").await;
            self.browser.click(&format!("button[name={name}][value={value}]")).await;
            let kept = format!("button[name={name}][value={value}][aria-current]");
            self.browser.wait_until(&format!("return document.querySelector('{kept}') !== null")).await;
            self.browser.wait_until("return document.readyState === 'complete'").await;
        }
    }

    /// What axe-core finds on the page, of whatever severity, in words.
    pub(crate) async fn findings(&self) -> Vec<String> {
        let script = format!(
            "{}\nconst done = arguments[arguments.length - 1];
            axe.run(document, {{ resultTypes: ['violations'], rules: {{ 'target-size': {{ enabled: true }} }} }})
                .then(({{ violations, passes }}) => done(passes.length < 10 ? ['axe looked at nothing'] :
                    violations.flatMap(({{ id, help, nodes }}) =>
                    nodes.map(({{ html, failureSummary }}) => `${{id}}: ${{help}}: ${{html}}: ${{failureSummary}}`))),
                    (error) => done([String(error)]));",
            axe()
        );
        let found = self.browser.client.execute_async(&script, Vec::new()).await.expect("axe runs");
        let texts = found.as_array().expect("a list").iter().map(|text| text.as_str().unwrap_or_default().to_owned());
        texts.collect()
    }

    /// How many pixels the page is wider than its window.
    pub(crate) async fn overhang(&self) -> Value {
        self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth").await
    }

    /// Holds the page against what every page must be, at every size.
    pub(crate) async fn inspect(&self, what: &str) {
        for (width, height) in [(320, 640), (3840, 2160), (1280, 800)] {
            self.browser.resize(width, height).await;
            assert_eq!(self.overhang().await, json!(0), "{what} is wider than a window of {width}");
        }
        assert_eq!(self.findings().await, [""; 0], "{what}");
        assert_eq!(self.browser.run("return document.querySelectorAll('h1').length").await, json!(1), "{what}");
        let texts = self.browser.run("return document.title + document.body.innerText").await;
        let texts = texts.as_str().expect("a text");
        assert!(!texts.contains("error-") && !texts.contains("rule-"), "{what} has a text without words: {texts}");
    }
}

fn axe() -> String {
    let path = root().join(".tools/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("scripts/tools brings axe-core")
}
