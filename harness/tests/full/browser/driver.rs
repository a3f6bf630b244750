//! A headless Chromium, controlled over its remote debugging pipe: JSON messages terminated by NUL, on
//! descriptors 3 and 4. This needs no port, no WebSocket and no driver.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt, FdMapping};
use nix::fcntl::OFlag;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::trials::chromium;

/// The page is our own file, and Chromium's sandbox may fail for root or in a container.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--remote-debugging-pipe",
];
/// Long, for busy machines.
const PATIENCE: Duration = Duration::from_secs(60);

/// One page of one browser.
pub struct Browser {
    child: Child,
    commands: File,
    messages: Receiver<Value>,
    last_id: u64,
    session: Option<String>,
    /// The page's reports since it was opened.
    pub events: Vec<Value>,
    // Removed when the browser is gone.
    _profile: TempDir,
}

impl Browser {
    pub fn start() -> Browser {
        let program = chromium().expect("there is a chromium on PATH");
        let profile = tempfile::tempdir().unwrap();
        let (their_commands, commands) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let (messages, their_messages) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
        let mut command = Command::new(program);
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .fd_mappings(vec![
                FdMapping { parent_fd: their_commands, child_fd: 3 },
                FdMapping { parent_fd: their_messages, child_fd: 4 },
            ])
            .unwrap();
        let child = command.spawn().unwrap();
        drop(command);
        let mut browser = Browser {
            child,
            commands: File::from(commands),
            messages: listen(messages),
            last_id: 0,
            session: None,
            events: vec![],
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Sends a command and waits for its result; events that come before it are kept.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut command = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&command).unwrap();
        bytes.push(0);
        self.commands.write_all(&bytes).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE);
            let message = message.unwrap_or_else(|e| panic!("no answer to {method}: {e}"));
            if message["id"] == json!(self.last_id) {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            if message.get("method").is_some() {
                self.events.push(message);
            }
        }
    }

    /// The value of an expression; a promise is awaited.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", params);
        let problem = &result["exceptionDetails"];
        assert!(problem.is_null(), "{expression}: {problem}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait_for(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while self.eval(&format!("Boolean({expression})")) != json!(true) {
            if Instant::now() > until {
                let shown = self.eval("document.body.innerText.slice(0, 600)");
                panic!("never true: {expression}\nat {}\n{shown}", self.eval("location.href"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Opens an address and waits until the page has shown something.
    pub fn open(&mut self, url: &str) {
        // Another fragment of the same page does not load it again; an empty page in between does.
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.call("Page.navigate", json!({ "url": url }));
        self.wait_for("document.querySelector('main h1')");
    }

    /// Goes to another part of the page that is open.
    pub fn go(&mut self, hash: &str) {
        self.eval(&format!("location.hash = {}", json!(hash)));
        // The page handles the change before the next task runs.
        self.eval("new Promise((done) => setTimeout(done, 60))");
    }

    pub fn press(&mut self, key: &str) {
        let text = (key.chars().count() == 1).then_some(key);
        let mut event = json!({ "type": "keyDown", "key": key });
        if let Some(text) = text {
            event["text"] = json!(text);
        }
        if key == "Enter" {
            event["windowsVirtualKeyCode"] = json!(13);
            event["text"] = json!("\r");
        }
        if key == "Tab" {
            event["windowsVirtualKeyCode"] = json!(9);
        }
        self.call("Input.dispatchKeyEvent", event);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
        self.eval("new Promise((done) => setTimeout(done, 60))");
    }

    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Sets the size of the window in pixels, and the dark or light colour scheme.
    pub fn look(&mut self, width: u32, height: u32, dark: bool) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Errors reported by the page or the browser.
    pub fn complaints(&mut self) -> Vec<String> {
        // Everything reported before this answer has arrived.
        self.eval("1");
        let is_complaint = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => event["params"]["type"] != "debug",
            Some("Log.entryAdded") => event["params"]["entry"]["level"] != "verbose",
            _ => false,
        };
        self.events.iter().filter(is_complaint).map(|event| event["params"].to_string()).collect()
    }

    /// Every address that was requested.
    pub fn requests(&mut self) -> Vec<String> {
        self.eval("1");
        let of = |event: &Value| {
            let asked = event["method"] == "Network.requestWillBeSent";
            asked.then(|| event["params"]["request"]["url"].as_str().unwrap().to_owned())
        };
        self.events.iter().filter_map(of).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its children end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads messages as they come, so that the browser never waits for us.
fn listen(from: OwnedFd) -> Receiver<Value> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut from = BufReader::new(File::from(from));
        loop {
            let mut bytes = Vec::new();
            match from.read_until(0, &mut bytes) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            bytes.pop();
            let Ok(message) = serde_json::from_slice(&bytes) else { return };
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}
