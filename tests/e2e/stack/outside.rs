//! What can be read outside the workers: everything that was published, the tables, the API's answers,
//! what it keeps, and what the processes have logged.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use super::Stack;

/// How long the broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

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
    /// How often the broker has answered.
    answers: watch::Receiver<usize>,
    speaking: OwnedWriteHalf,
    _listening: JoinSet<()>,
}

/// Everything that was read, by its place.
pub(crate) struct Outside(Vec<(String, Vec<u8>)>);

impl Overhearing {
    /// Listens from now on.
    pub(crate) async fn begin(stack: &Stack) -> Self {
        let url = stack.broker.url();
        let address = url.trim_start_matches("nats://").to_owned();
        let socket = TcpStream::connect(address).await.expect("the broker");
        let (listening_to, mut speaking) = socket.into_split();
        let hello = b"CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB > 1\r\n";
        speaking.write_all(hello).await.expect("the broker listens");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answered, answers) = watch::channel(0);
        let mut listening = JoinSet::new();
        listening.spawn(write_down(listening_to, heard.clone(), answered));
        let mut overhearing = Self {
            heard,
            answers,
            speaking,
            _listening: listening,
        };
        overhearing.catch_up().await;
        overhearing
    }

    /// What was published so far.
    pub(crate) async fn said(&mut self) -> Vec<u8> {
        self.catch_up().await;
        self.heard.lock().expect("nobody panicked").clone()
    }

    /// Waits for an answer of the broker's: it comes behind all that was published before.
    async fn catch_up(&mut self) {
        let before = *self.answers.borrow();
        // What the broker may have asked meanwhile is answered too; once too often does no harm.
        let words = b"PONG\r\nPING\r\n";
        let said = self.speaking.write_all(words).await;
        said.expect("the broker listens");
        let answered = self.answers.wait_for(|answers| *answers > before);
        let answered = timeout(PATIENCE, answered).await;
        answered.expect("it answers").expect("it is there");
    }
}

async fn write_down(
    mut socket: OwnedReadHalf,
    heard: Arc<Mutex<Vec<u8>>>,
    answered: watch::Sender<usize>,
) {
    const ANSWER: &[u8] = b"PONG\r\n";
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = socket.read(&mut buffer).await {
        let mut heard = heard.lock().expect("nobody panicked");
        // Its beginning may have come before.
        let news = heard.len().saturating_sub(ANSWER.len() - 1);
        heard.extend_from_slice(&buffer[..read]);
        let answers = heard[news..].windows(ANSWER.len());
        let answers = answers.filter(|window| *window == ANSWER).count();
        answered.send_modify(|all| *all += answers);
    }
}

impl Outside {
    /// Reads all that there is: what was overheard, and everything about these runs.
    pub(crate) async fn read(stack: &Stack, overhearing: &mut Overhearing, runs: &[&str]) -> Self {
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
        outside.add("broker", overhearing.said().await);
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
