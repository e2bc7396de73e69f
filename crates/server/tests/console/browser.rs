//! A real browser: Chromium, driven over WebDriver as a person drives it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;

/// How long anything may take that a browser does. Whatever takes longer never comes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much of a page a picture shows. Units: CSS pixels.
const HIGHEST: f64 = 1_400.0;

/// What Chromium is told, besides where its throw-away profile is.
const FLAGS: [&str; 10] = [
    "--headless",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// A browser with one window, and the driver it is driven by.
pub(crate) struct Browser {
    /// The way to drive it.
    pub(crate) client: Client,
    driver: Driver,
    profile: TempDir,
}

struct Driver {
    process: Child,
    port: u16,
    session: OnceLock<String>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Also when a test fails: the driver ends its browser when the session is deleted.
        if let (Some(session), Ok(mut stream)) = (self.session.get(), TcpStream::connect(("127.0.0.1", self.port))) {
            let request = format!("DELETE /session/{session} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            let is_sent = stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.write_all(request.as_bytes()));
            if is_sent.is_ok() {
                stream.read_exact(&mut [0; 1]).ok();
            }
        }
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Driver {
    /// Starts a driver on a port that is free.
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is there: scripts/tools brings it");
        let output = BufReader::new(process.stdout.take().expect("it was asked for"));
        let (told, port) = mpsc::channel();
        // Its output is read to the end: a browser that cannot write to it ends.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some((_, port)) = line.split_once("started successfully on port ") {
                    told.send(port.trim_end_matches('.').parse()).ok();
                }
            }
        });
        let port = port.recv_timeout(PATIENCE).expect("chromedriver tells its port").expect("a number");
        Self { process, port, session: OnceLock::new() }
    }
}

impl Browser {
    /// Starts a browser, and with it a driver; nothing where there is none and need not be.
    pub(crate) async fn start() -> Option<Self> {
        if !rolecall_testkit::is_there("chromedriver") {
            return None;
        }
        let driver = Driver::start();
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::create_dir(downloads(&profile)).expect("a folder in it");
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().join("profile").display()));
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".to_owned(), json!({"args": arguments}));
        capabilities.insert("unhandledPromptBehavior".to_owned(), json!("dismiss"));
        let address = format!("http://127.0.0.1:{}", driver.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&address);
        let client = timeout(PATIENCE, client).await.expect("it does not take long").expect("the browser starts");
        let session = client.session_id().await.expect("it answers").expect("there is a session");
        driver.session.set(session).expect("it is set once");
        let browser = Self { client, driver, profile };
        let kept = json!({"behavior": "allow", "downloadPath": downloads(&browser.profile)});
        browser.devtools("Browser.setDownloadBehavior", kept).await;
        Some(browser)
    }

    /// Clicks on the first thing that a CSS selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Goes to `url`.
    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Runs a script's body in the page; what it returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Presses keys, one after the other.
    pub(crate) async fn press(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for key in keys {
            actions = actions.then(KeyAction::Down { value: *key }).then(KeyAction::Up { value: *key });
        }
        self.client.perform_actions(actions).await.expect("keys can be pressed");
    }

    /// Waits until a script's body returns true.
    pub(crate) async fn wait_until(&self, condition: &str) {
        let is_so = async {
            // While a page gives way to the next one, there is nothing to ask.
            while !matches!(self.client.execute(condition, Vec::new()).await, Ok(Value::Bool(true))) {
                tokio::task::yield_now().await;
            }
        };
        let is_in_time = timeout(PATIENCE, is_so).await.is_ok();
        let page = if is_in_time { String::new() } else { self.client.source().await.unwrap_or_default() };
        assert!(is_in_time, "this did not come true: {condition}\n{page}");
    }

    /// Makes the window this large. Units: CSS pixels.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Lets pages run scripts, or not. Loads nothing again.
    pub(crate) async fn allow_scripts(&self, may: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({"value": !may})).await;
    }

    /// Says what the reader's system prefers: `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Shows pages as they are on paper.
    pub(crate) async fn show_as_printed(&self) {
        self.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    }

    /// The page as a picture (WebP, base64), without what is far below its top.
    async fn picture(&self) -> String {
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await;
        let height = size["cssContentSize"]["height"].as_f64().expect("a number").min(HIGHEST);
        let clip = json!({"x": 0, "y": 0, "width": size["cssContentSize"]["width"], "height": height, "scale": 1});
        let wanted = json!({"format": "webp", "quality": 40, "clip": clip, "captureBeyondViewport": true});
        let picture = self.devtools("Page.captureScreenshot", wanted).await;
        picture["data"].as_str().expect("a picture").to_owned()
    }

    /// Types into the field that a CSS selector finds, behind what is there.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.send_keys(text).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Empties the field that a CSS selector finds.
    pub(crate) async fn empty(&self, selector: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.clear().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Chooses from the list that a CSS selector finds.
    pub(crate) async fn choose(&self, selector: &str, value: &str) {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.select_by_value(value).await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Waits for a file that the page lets one keep; its name, and what is in it.
    pub(crate) async fn kept_file(&self) -> (String, String) {
        let folder = downloads(&self.profile);
        let found = async {
            loop {
                let mut files =
                    std::fs::read_dir(&folder).into_iter().flatten().map(|file| file.expect("a file").path());
                // Its place is taken by an empty file, and it has another name until it is whole.
                let is_whole = |path: &PathBuf| {
                    let is_named = path.extension().is_some_and(|kind| kind != "crdownload");
                    is_named && path.metadata().is_ok_and(|file| file.len() > 0)
                };
                if let Some(path) = files.find(is_whole) {
                    return path;
                }
                tokio::task::yield_now().await;
            }
        };
        let path = timeout(PATIENCE, found).await.expect("the file comes");
        let text = std::fs::read_to_string(&path).expect("it is text");
        std::fs::remove_file(&path).expect("it is ours");
        (name_of(&path), text)
    }

    /// Gives the browser a cookie, as the server at `url` would.
    pub(crate) async fn set_cookie(&self, url: &str, name: &str, value: &str) {
        let cookie = json!({"name": name, "value": value, "url": url, "path": "/", "secure": true, "httpOnly": true,
            "sameSite": "Lax"});
        let done = self.devtools("Network.setCookie", cookie).await;
        assert_eq!(done["success"], json!(true), "{name} is not taken");
    }

    /// Forgets a cookie.
    pub(crate) async fn forget_cookie(&self, name: &str) {
        self.client.delete_cookie(name).await.expect("a cookie can be forgotten");
    }

    /// Puts a new reader of fingers into the browser in place of the one before, which says yes to whatever it
    /// is asked.
    pub(crate) async fn have_authenticator(&self) {
        self.devtools("WebAuthn.disable", json!({})).await;
        self.devtools("WebAuthn.enable", json!({})).await;
        let options = json!({"options": {"protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true}});
        self.devtools("WebAuthn.addVirtualAuthenticator", options).await;
    }

    /// The text of the first thing that a CSS selector finds.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let found = self.client.find(Locator::Css(selector)).await;
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        found.text().await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// Keeps a picture of the page, where pictures are wanted.
    pub(crate) async fn keep_picture(&self, name: &str) {
        if let Some(folder) = rolecall_testkit::pictures() {
            let bytes = STANDARD.decode(self.picture().await).expect("base64");
            std::fs::create_dir_all(&folder).expect("a folder for pictures");
            std::fs::write(folder.join(format!("{name}.webp")), bytes).expect("a picture can be kept");
        }
    }

    /// A command that WebDriver has no word for.
    async fn devtools(&self, command: &str, params: Value) -> Value {
        let command = DevTools { body: json!({"cmd": command, "params": params}).to_string() };
        self.client.issue_cmd(command).await.expect("the browser does it")
    }

    /// Ends it in peace.
    pub(crate) async fn end(self) {
        let Self { client, driver, profile } = self;
        let closed: Result<(), CmdError> = client.close().await;
        closed.expect("the browser ends");
        drop((driver, profile));
    }
}

#[derive(Debug)]
struct DevTools {
    body: String,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.clone()))
    }
}

/// Where the browser puts what is to be kept.
fn downloads(profile: &TempDir) -> PathBuf {
    profile.path().join("kept")
}

fn name_of(path: &Path) -> String {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned()
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}
