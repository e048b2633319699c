//! What can be read outside the workers: everything that was published, the tables, the API's answers,
//! what it keeps, and what the processes have logged.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::Stack;

/// What the API tells of the fleet.
const OF_ALL: [&str; 3] = ["/api/task-runs", "/api/workers", "/api/help-requests"];
/// What it tells of a run.
const OF_RUN: [&str; 8] = [
    "",
    "/events?limit=1000",
    "/artifacts",
    "/live-session",
    "/control-events",
    "/inputs",
    "/operator-messages",
    "/recording",
];

/// Somebody who hears everything that anybody publishes, at a broker that is open.
pub(crate) struct Overhearing {
    heard: Arc<Mutex<Vec<u8>>>,
    _listening: JoinSet<()>,
}

/// Everything that was read, by its place.
pub(crate) struct Outside(Vec<(String, Vec<u8>)>);

impl Overhearing {
    /// Listens from now on.
    pub(crate) async fn begin(stack: &Stack) -> Self {
        let url = stack.broker.url();
        let address = url.trim_start_matches("nats://").to_owned();
        let mut socket = TcpStream::connect(address).await.expect("the broker");
        let hello = b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB > 1\r\nPING\r\n";
        socket.write_all(hello).await.expect("the broker listens");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut listening = JoinSet::new();
        listening.spawn(write_down(socket, heard.clone()));
        Self {
            heard,
            _listening: listening,
        }
    }

    /// What was published so far.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.heard.lock().expect("nobody panicked").clone()
    }
}

async fn write_down(mut socket: TcpStream, heard: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = socket.read(&mut buffer).await {
        let read = &buffer[..read];
        heard
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(read);
        // An answer too many is none too few.
        if read.windows(6).any(|window| window == b"PING\r\n") {
            let pong = socket.write_all(b"PONG\r\n").await;
            pong.expect("the broker listens");
        }
    }
}

impl Outside {
    /// Reads all that there is: what was overheard, and everything about these runs.
    pub(crate) async fn read(stack: &Stack, overhearing: &Overhearing, runs: &[&str]) -> Self {
        let mut outside = Self(Vec::new());
        outside.add("database", dump(&stack.database.url()));
        let of_runs = runs
            .iter()
            .flat_map(|run| OF_RUN.map(|path| format!("/api/task-runs/{run}{path}")));
        for path in OF_ALL.into_iter().map(str::to_owned).chain(of_runs) {
            // What a run does not have is an answer too.
            let answer = stack.client.try_get(&path).await;
            assert!(!answer.status().is_server_error(), "{path}: {answer:?}");
            outside.add(&path, answer.bytes().await.expect("a body"));
        }
        outside.add_files(&stack.folder().join("artifacts"));
        let processes = [&stack.api, &stack.recorder, &stack.supervisor];
        let processes = processes.into_iter().chain(&stack.workers);
        for (n, process) in processes.enumerate() {
            outside.add(&format!("log {n}"), process.log());
        }
        outside.add("broker", overhearing.said());
        outside
    }

    /// Another place.
    pub(crate) fn add(&mut self, place: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.to_owned(), bytes.into()));
    }

    fn add_files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.add_files(&path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                self.add(&path.display().to_string(), bytes);
            }
        }
    }

    /// Whether there is such a place, by the end of its name.
    pub(crate) fn has(&self, place: &str) -> bool {
        self.0.iter().any(|(name, _)| name.ends_with(place))
    }

    /// Asserts that no place has any of these words, neither as it is nor encoded.
    pub(crate) fn assert_without(&self, words: &[&str]) {
        for (place, bytes) in &self.0 {
            for word in words {
                assert_not_in(word, place, bytes);
            }
        }
    }
}

/// All tables, as text.
fn dump(url: &str) -> Vec<u8> {
    let mut dump = Command::new("pg_dump");
    let said = dump.args(["--inserts", url]).output();
    let said = said.expect("pg_dump runs");
    let complaint = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{complaint}");
    said.stdout
}

fn assert_not_in(word: &str, place: &str, bytes: &[u8]) {
    let mut forms = vec![word.as_bytes().to_vec()];
    let hex = word.bytes().map(|byte| format!("{byte:02x}"));
    forms.push(hex.collect::<String>().into_bytes());
    for before in ["", "x", "xy"] {
        // All letters but those that depend on what stands before and after.
        let encoded = STANDARD.encode(format!("{before}{word}"));
        forms.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
    }
    for form in forms {
        let at = bytes.windows(form.len()).position(|window| window == form);
        if let Some(at) = at {
            let around = &bytes[at.saturating_sub(300)..bytes.len().min(at + 100)];
            panic!("{word} in {place}: {}", String::from_utf8_lossy(around));
        }
    }
}
