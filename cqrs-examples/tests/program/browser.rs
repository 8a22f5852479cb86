//! A browser, as far as a test needs one: WebDriver, over HTTP, to chromedriver.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Connection, request};
use super::tools;

/// A window of a headless Chromium, until it is dropped.
pub(crate) struct Browser {
    driver: Child,
    address: SocketAddr,
    /// `/session/0123..`.
    session: String,
    /// What the browser writes, removed with it.
    _profile: tempfile::TempDir,
}

/// So long may a browser take to begin, on a machine that has a lot else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an element is called in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Nothing, where there is no browser or no driver for it.
    pub(crate) fn open() -> Option<Self> {
        let (driver, chromium) = (tools::find("chromedriver", "CHROMEDRIVER")?, tools::find("chromium", "CHROMIUM")?);
        let mut driver =
            Command::new(driver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
        });
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("chromedriver says on which port it is")));
        let profile = tempfile::tempdir().unwrap();
        let mut browser = Browser { driver, address, session: "/session".to_owned(), _profile: profile };
        let started = browser.post("", browser.capabilities(&chromium));
        browser.session = format!("/session/{}", started["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn capabilities(&self, chromium: &Path) -> Value {
        json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                    "--disable-sync", format!("--user-data-dir={}", self._profile.path().display()),
                ],
            },
        } } })
    }

    fn post(&self, command: &str, parameters: Value) -> Value {
        self.told("POST", command, Some(parameters))
    }

    fn told(&self, method: &str, command: &str, parameters: Option<Value>) -> Value {
        let path = format!("{}{command}", self.session);
        let mut asked = request(method, &path);
        if let Some(parameters) = parameters {
            asked = asked.json(parameters.to_string());
        }
        let answer = Connection::patient(self.address, PATIENCE).send(&asked);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        serde_json::from_slice::<Value>(&answer.body).unwrap()["value"].take()
    }

    /// A command of Chromium's own protocol.
    fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters }))
    }

    pub(crate) fn go_to(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    /// The page in a window of this size, in light or dark.
    pub(crate) fn looks_like(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.chromium("Emulation.setEmulatedMedia", scheme);
    }

    /// What a script gives.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// What was written to the console since the last time: errors, and what the page's policy forbids.
    pub(crate) fn console(&self) -> Vec<Value> {
        let entries = self.post("/se/log", json!({ "type": "browser" }));
        entries.as_array().unwrap().clone()
    }

    /// What is seen in the window, as PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        from_base64(self.told("GET", "/screenshot", None).as_str().unwrap())
    }

    /// The element, when it is there.
    fn find(&self, selector: &str) -> String {
        let found = wait_for(|| {
            let found = self.post("/elements", json!({ "using": "css selector", "value": selector }));
            Some(found.get(0)?[ELEMENT].as_str()?.to_owned())
        });
        found.unwrap_or_else(|| panic!("there is no {selector}"))
    }

    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.find(selector)), json!({}));
    }

    /// Writes into a field, in place of what is in it.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/clear"), json!({}));
        self.post(&format!("/element/{element}/value"), json!({ "text": text }));
    }

    /// What an element says, as soon as it says this.
    pub(crate) fn reads(&self, selector: &str, expected: &str) -> String {
        let element = self.find(selector);
        let text = || self.told("GET", &format!("/element/{element}/text"), None).as_str().unwrap().to_owned();
        let found = wait_for(|| Some(text()).filter(|text| text.contains(expected)));
        found.unwrap_or_else(|| panic!("{selector} does not say {expected}, but {}", text()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.told("DELETE", "", None);
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

fn wait_for<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match found() {
            None if Instant::now() < until => thread::sleep(Duration::from_millis(20)),
            found => return found,
        }
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let value = |byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::from(value(byte));
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
