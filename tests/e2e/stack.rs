//! A whole Baton of processes: broker, database, API, recorder, supervisor, workers.

mod asked;
mod client;
mod counters;
mod outside;
mod refused;
mod rows;
mod terminal;
#[path = "../../crates/cli/tests/attach/window.rs"]
mod window;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use baton_testkit::{
    ModelEndpoint, Process, ProcessOptions, Script, TestBroker, TestDatabase, claude,
    codex::{self, CodexHome},
    free_port,
};
use tempfile::TempDir;

pub(crate) use asked::Asking;
pub(crate) use client::{Client, id};
pub(crate) use counters::{Counters, alive, marked_as_of, none_works_for, processes_of};
pub(crate) use outside::{Outside, Overhearing};
pub(crate) use refused::Refused;
pub(crate) use rows::{Rows, execute};
pub(crate) use terminal::{Granted, Viewer};
pub(crate) use window::Window;

/// How a stack differs from the usual one.
pub(crate) struct Plan {
    /// What the model says.
    pub(crate) script: Script,
    /// How many workers there are.
    pub(crate) workers: usize,
    /// How many runs each can do at once.
    pub(crate) slots: usize,
    /// Silence after which a worker has lost its runs, in seconds.
    pub(crate) lease_seconds: u32,
    /// Whether the broker asks nobody who they are, so that a test can listen to everything.
    pub(crate) open: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            script: Script::new([]),
            workers: 1,
            slots: 2,
            lease_seconds: 15,
            open: false,
        }
    }
}

/// A running Baton. Everything is killed and removed when it is dropped.
pub(crate) struct Stack {
    pub(crate) api: Process,
    pub(crate) recorder: Process,
    pub(crate) supervisor: Process,
    pub(crate) workers: Vec<Process>,
    pub(crate) broker: TestBroker,
    pub(crate) database: TestDatabase,
    pub(crate) model: ModelEndpoint,
    pub(crate) client: Client,
    state: TempDir,
    slots: usize,
    environment: Vec<(String, String)>,
    _codex_home: CodexHome,
}

impl Stack {
    /// Starts everything and waits until the API is ready.
    pub(crate) async fn start(plan: Plan) -> Self {
        let state = TempDir::new().expect("a state folder");
        let keys = state.path().join("keys");
        let broker = if plan.open {
            TestBroker::start().await
        } else {
            TestBroker::with_config(&make_keys(&keys)).await
        };
        let database = TestDatabase::start().await;
        let model = ModelEndpoint::start(plan.script).await;
        let codex_home = CodexHome::logged_in();
        let api_url = format!("http://127.0.0.1:{}", free_port());
        let mut environment =
            environment(&broker, &database, &model, &codex_home, &state, &api_url);
        if !plan.open {
            for (name, file) in [(ISSUER, "issuer"), (SYSTEM, "admission")] {
                let file = keys.join(file).with_extension("seed");
                environment.push((name.to_owned(), file.display().to_string()));
            }
        }
        let lease = ("BATON_SUPERVISOR_LEASE_SECONDS", plan.lease_seconds);
        environment.push((lease.0.to_owned(), lease.1.to_string()));
        let session_keys = state.path().join("session-keys.json").display().to_string();
        let made = ["keys", "generate", &session_keys];
        for arguments in [&["nats", "apply"][..], &["migrate"], &made] {
            let status = Process::start(role(&environment, arguments)).wait().await;
            assert!(status.success(), "baton {} failed", arguments.join(" "));
        }
        environment.push((SESSION_KEYS.to_owned(), session_keys));
        let token = created_token(&environment, &["--name", "tester", "--role", "admin"]);
        let worker_token = created_token(&environment, &["--name", "workers", "--worker", "*"]);
        environment.push(("BATON_TOKEN".to_owned(), token.clone()));
        environment.push(("BATON_WORKER_TOKEN".to_owned(), worker_token));
        let start = |arguments: &[&str]| Process::start(role(&environment, arguments));
        let (recorder, supervisor) = (start(&["recorder"]), start(&["supervisor"]));
        let mut api = start(&["api"]);
        api.wait_for_ok(&format!("{api_url}/health/ready")).await;
        // Now that somebody lets them in.
        let hired = |n| worker(&environment, &state, &format!("worker-{n}"), plan.slots);
        let mut workers: Vec<Process> = (1..=plan.workers)
            .map(|n| Process::start(hired(n)))
            .collect();
        for worker in &mut workers {
            worker.wait_for_line("ready").await;
        }
        // Who was known before goes on while the database is away.
        let client = Client::new(&api_url, &token);
        client.get("/api/me").await;
        Self {
            api,
            recorder,
            supervisor,
            workers,
            client,
            broker,
            database,
            model,
            slots: plan.slots,
            state,
            environment,
            _codex_home: codex_home,
        }
    }

    /// Starts one more worker, with these settings on top of everybody's, and waits until it is ready.
    pub(crate) async fn hire(&mut self, id: &str, slots: usize, settings: &[(&str, String)]) {
        let mut options = worker(&self.environment, &self.state, id, slots);
        for (name, value) in settings {
            options = options.env(*name, value);
        }
        let mut worker = Process::start(options);
        worker.wait_for_line("ready").await;
        self.workers.push(worker);
    }

    /// Starts another program in the place of a worker that has ended, with the same settings.
    pub(crate) fn replace_worker(&mut self, n: usize, program: &Path) {
        let id = format!("worker-{}", n + 1);
        let mut options = worker(&self.environment, &self.state, &id, self.slots);
        options.program = program.to_owned();
        self.workers[n] = Process::start(options);
    }

    /// Starts `baton` with these arguments.
    pub(crate) fn process(&self, arguments: &[&str]) -> Process {
        Process::start(role(&self.environment, arguments))
    }

    /// Waits until an agent has written this file.
    pub(crate) async fn wait_for_file(&self, file: &Path) {
        let mut poll = tokio::time::interval(Duration::from_millis(20));
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !file.exists() {
            let in_time = tokio::time::Instant::now() < deadline;
            assert!(in_time, "nobody wrote {}", file.display());
            poll.tick().await;
        }
    }

    /// Runs `baton` with these arguments to its end, and asserts that it succeeded.
    pub(crate) async fn baton(&self, arguments: &[&str]) -> String {
        let mut process = self.process(arguments);
        let status = process.wait().await;
        assert!(
            status.success(),
            "baton {} failed:\n{}",
            arguments.join(" "),
            process.log()
        );
        process.log()
    }

    /// The rows that the recorder has written.
    pub(crate) fn rows(&self) -> Rows {
        Rows::read(&self.database.url())
    }

    /// A folder of this stack.
    pub(crate) fn folder(&self) -> PathBuf {
        self.state.path().to_owned()
    }

    /// Stops every role in order; none may leave anything behind, and nothing that was said of a run
    /// may have been in vain.
    pub(crate) async fn stop(self) {
        self.stop_but_for(|_| false).await;
    }

    /// As `stop`, of a journey in which some words are said in vain: which these are.
    pub(crate) async fn stop_but_for(mut self, expected: impl Fn(&Refused) -> bool) {
        for worker in &mut self.workers {
            worker.stop().await;
        }
        self.api.stop().await;
        self.supervisor.stop().await;
        self.recorder.stop().await;
        let refused = refused::read(&self.database.url());
        let refused: Vec<_> = refused.iter().filter(|it| !expected(it)).collect();
        assert!(refused.is_empty(), "said in vain: {refused:#?}");
    }
}

fn environment(
    broker: &TestBroker,
    database: &TestDatabase,
    model: &ModelEndpoint,
    codex_home: &CodexHome,
    state: &TempDir,
    api_url: &str,
) -> Vec<(String, String)> {
    let overrides = codex::overrides(&model.url());
    let overrides: Vec<String> = overrides.into_iter().filter(|word| word != "-c").collect();
    let claude_key = state.path().join("claude-key");
    std::fs::write(&claude_key, claude::API_KEY).expect("a file");
    let claude_key = claude_key.display().to_string();
    let listen = api_url.trim_start_matches("http://").to_owned();
    [
        ("BATON_NATS_URL", broker.url()),
        ("BATON_DATABASE_URL", database.url()),
        ("BATON_API_LISTEN", listen),
        ("BATON_API_URL", api_url.to_owned()),
        (
            "BATON_ARTIFACTS_DIR",
            state.path().join("artifacts").display().to_string(),
        ),
        (
            "BATON_WORKER_CODEX_BIN",
            codex::program().display().to_string(),
        ),
        (
            "BATON_WORKER_CODEX_HOME",
            codex_home.path().display().to_string(),
        ),
        ("BATON_WORKER_CODEX_CONFIG", overrides.join("\n")),
        ("BATON_WORKER_CODEX_SANDBOX", "bypass".to_owned()),
        (
            "BATON_WORKER_CLAUDE_BIN",
            claude::program().display().to_string(),
        ),
        ("BATON_WORKER_CLAUDE_BASE_URL", model.root_url()),
        ("BATON_WORKER_CLAUDE_API_KEY_FILE", claude_key),
        ("BATON_WORKER_CLAUDE_SANDBOX", "bypass".to_owned()),
        ("ANTHROPIC_API_KEY", claude::API_KEY.to_owned()),
        ("BATON_LOG", "info,baton_api::router=warn".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// By what grants are signed: the API's alone.
const SESSION_KEYS: &str = "BATON_API_SESSION_KEYS_FILE";

/// What lets workers in, and what ends their connections.
const ISSUER: &str = "BATON_ADMISSION_ISSUER_FILE";
const SYSTEM: &str = "BATON_ADMISSION_SYSTEM_FILE";

/// Makes a key for each role; the configuration of a broker that knows them.
fn make_keys(folder: &Path) -> String {
    let said = std::process::Command::new(binary())
        .args(["nats", "keys"])
        .arg(folder)
        .output()
        .expect("the binary runs");
    let complaint = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "no keys were made: {complaint}");
    std::fs::read_to_string(folder.join("accounts.conf")).expect("a configuration")
}

/// The seed of the role that these arguments start, where the broker asks for one.
fn seed(environment: &[(String, String)], arguments: &[&str]) -> Option<String> {
    let (_, issuer) = environment.iter().find(|(name, _)| name == ISSUER)?;
    let role = match arguments[0] {
        "nats" | "doctor" => "provisioner",
        role @ ("api" | "recorder" | "supervisor") => role,
        _ => return None,
    };
    let file = Path::new(issuer).with_file_name(format!("{role}.seed"));
    Some(file.display().to_string())
}

/// A token made by the database's owner.
fn created_token(environment: &[(String, String)], arguments: &[&str]) -> String {
    let said = std::process::Command::new(binary())
        .args(["tokens", "create", "--direct"])
        .args(arguments)
        .envs(environment.iter().cloned())
        .output()
        .expect("the binary runs");
    let complaint = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "no token was made: {complaint}");
    let token = String::from_utf8(said.stdout).expect("a token is text");
    token.trim().to_owned()
}

fn role(environment: &[(String, String)], arguments: &[&str]) -> ProcessOptions {
    let options =
        ProcessOptions::new(&arguments.join(" "), binary()).args(arguments.iter().copied());
    let options = match seed(environment, arguments) {
        Some(seed) => options.env("BATON_NATS_SEED_FILE", seed),
        None => options,
    };
    environment
        .iter()
        .filter(|(name, _)| name != SESSION_KEYS || arguments[0] == "api")
        .fold(options, |options, (name, value)| options.env(name, value))
}

fn worker(
    environment: &[(String, String)],
    state: &TempDir,
    id: &str,
    slots: usize,
) -> ProcessOptions {
    let folder = state.path().join(id).display().to_string();
    let slots = slots.to_string();
    let arguments = [
        "worker",
        "--id",
        id,
        "--state-dir",
        &folder,
        "--slots",
        &slots,
    ];
    role(environment, &arguments)
}

/// The binary that was built beside this test.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("the folder of the build");
    let binary = folder.join("baton");
    assert!(
        binary.exists(),
        "{} is missing: run `cargo build`",
        binary.display()
    );
    binary
}
