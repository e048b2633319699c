//! A run is watched and typed into through a tmate relay, by the real client.

use std::{fs, path::PathBuf, time::Duration};

use baton_domain::TerminalSize;
use baton_screen::Screen;
use baton_testkit::{RelaySeen, TmateRelay, free_port};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::stack::{Granted, Outside, Overhearing, Plan, Stack, Viewer, id};

/// How long something that goes on may take over it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Counts, in its terminal and in a file, until there is a second file.
const COUNT: &str = r#"n=0; while [ ! -e "$0/enough" ]; do
    n=$((n+1)); echo "counted to $n"; echo $n > "$0/count.new"; mv "$0/count.new" "$0/count"; sleep 0.002
done"#;
/// Notes every line that is typed, until that is `enough`.
const NOTE: &str = r#"echo "say something"; while read -r line; do
    echo "$line" >> "$0/heard"; echo "heard $line"; [ "$line" = enough ] && exit 0
done"#;

/// A Baton whose worker has a relay.
struct Watched {
    stack: Stack,
    folder: PathBuf,
}

impl Watched {
    async fn start(relay: &TmateRelay, port: u16) -> Self {
        Self::by(relay, port, Plan::default()).await
    }

    async fn by(relay: &TmateRelay, port: u16, plan: Plan) -> Self {
        let plan = Plan { workers: 0, ..plan };
        let mut stack = Stack::start(plan).await;
        let settings = [
            ("BATON_WORKER_TMATE_RELAY_HOST", relay.host()),
            ("BATON_WORKER_TMATE_RELAY_PORT", port.to_string()),
            (
                "BATON_WORKER_TMATE_RSA_FINGERPRINT",
                relay.rsa_fingerprint().to_owned(),
            ),
            (
                "BATON_WORKER_TMATE_ED25519_FINGERPRINT",
                relay.ed25519_fingerprint().to_owned(),
            ),
        ];
        stack.hire("worker-1", 2, &settings).await;
        let folder = stack.folder().join("agent");
        fs::create_dir(&folder).expect("a folder for the agent");
        Self { stack, folder }
    }

    /// Begins a run that is shown through the relay.
    async fn begin(&self, script: &str) -> String {
        let folder = self.folder.display().to_string();
        let job = json!({
            "type": "command",
            "task": {"argv": ["sh", "-c", script, folder]},
            "liveSession": {"enabled": true, "provider": "tmate"},
        });
        id(&self.stack.client.submit(&job).await)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    fn count(&self) -> u64 {
        self.read("count").trim().parse().unwrap_or_default()
    }

    /// Waits until a file of the agent is as wished.
    async fn until(&self, file: &str, wished: impl Fn(&str) -> bool) {
        let mut poll = interval(Duration::from_millis(20));
        let deadline = Instant::now() + PATIENCE;
        while !wished(&self.read(file)) {
            let found = self.read(file);
            assert!(Instant::now() < deadline, "{file} stays {found:?}");
            poll.tick().await;
        }
    }

    fn enough(&self) {
        fs::write(self.folder.join("enough"), "").expect("a word to the agent");
    }

    /// The session once its status is this.
    async fn session(&self, run: &str, status: &str) -> Value {
        let path = format!("/api/task-runs/{run}/live-session");
        let mut poll = interval(Duration::from_millis(50));
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.stack.client.try_get(&path).await;
            let session: Value = answer.json().await.expect("JSON");
            if session["status"] == status {
                return session;
            }
            assert!(Instant::now() < deadline, "{session:#}");
            poll.tick().await;
        }
    }

    async fn post(&self, run: &str, verb: &str, body: &Value) -> Value {
        let path = format!("/api/task-runs/{run}/live-session/{verb}");
        let answer = self.stack.client.post(&path, body).await;
        let (status, text) = (answer.status(), answer.text().await.expect("a body"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Grants typing through tmate, and waits until the agent's pane says so.
    async fn grant(&self, relay: &TmateRelay, run: &str) -> Value {
        let wish = json!({"ttlMinutes": 5, "reason": "a look", "channel": "tmate"});
        let granted = self.post(run, "grant-write", &wish).await;
        assert_eq!(granted["effective"], true, "{granted:#}");
        pane_says(relay, "types here").await;
        granted
    }

    /// Revokes it, and waits until the agent's pane says that.
    async fn revoke(&self, relay: &TmateRelay, run: &str) {
        let revoked = self.post(run, "revoke-write", &json!({})).await;
        assert_eq!(revoked["effective"], true, "{revoked:#}");
        pane_says(relay, "watching").await;
    }
}

/// Waits until the agent's pane shows these words. What it showed before does not count.
async fn pane_says(relay: &TmateRelay, words: &str) {
    let what = format!("{words:?} in the agent's pane");
    let says_so = |seen: &RelaySeen| pane(seen).contains(words);
    relay.wait_for(&what, says_so).await;
}

/// What the agent's pane shows.
fn pane(seen: &RelaySeen) -> String {
    // Larger than any pane: where a pane's lines stand does not depend on it.
    let mut screen = Screen::new(TerminalSize::new(200, 100).expect("a size"));
    let output = seen.host.as_ref().and_then(|host| host.output.get(&0));
    screen.feed(output.map(Vec::as_slice).unwrap_or_default());
    screen.text()
}

// H-07, H-13
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_watched_goes_on_while_the_relay_is_frozen() {
    let relay = TmateRelay::start().await;
    let watched = Watched::start(&relay, relay.port()).await;
    let run = watched.begin(COUNT).await;
    let ready = watched.session(&run, "ready").await;
    let seen = relay
        .wait_for("the agent", |seen| seen.shows("counted to"))
        .await;
    let host = seen.host.expect("a host");
    let link = ready["attachRo"].as_str().expect("a link to watch by");
    assert!(link.contains(&host.ro_token), "{link}");
    relay.freeze();
    let frozen_at = watched.count();
    watched
        .until("count", |count| {
            let count: u64 = count.trim().parse().unwrap_or_default();
            count >= frozen_at + 500
        })
        .await;
    watched.enough();
    let ended = watched.stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    watched.stack.stop().await;
}

// H-13
#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_relay_is_not_there_succeeds_and_its_session_says_why() {
    let relay = TmateRelay::start().await;
    let watched = Watched::start(&relay, free_port()).await;
    let run = watched.begin(COUNT).await;
    let failed = watched.session(&run, "error").await;
    assert_eq!(failed["endCode"], "relay_unreachable", "{failed:#}");
    let message = failed["errorMessage"].as_str().expect("a reason");
    assert!(message.contains("nothing listens there"), "{message}");
    watched.enough();
    let ended = watched.stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    watched.stack.stop().await;
}

// H-11, B-05
#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_through_tmate_counts_only_while_a_grant_is_in_force() {
    let relay = TmateRelay::start().await;
    let watched = Watched::start(&relay, relay.port()).await;
    let run = watched.begin(NOTE).await;
    let ready = watched.session(&run, "ready").await;
    relay
        .wait_for("the agent", |seen| seen.shows("say something"))
        .await;
    // The relay lets everybody type who has the link; the gate is at the agent's host. One key: once
    // the pane says that it goes nowhere, nothing is on its way that a grant could still let through.
    relay.press(Some(0), "x").await;
    pane_says(&relay, "your keys go nowhere").await;
    let granted = watched.grant(&relay, &run).await;
    let host = relay.seen().host.expect("a host");
    let link = granted["attachRw"].as_str().expect("a link to type by");
    assert!(link.contains(&host.rw_token), "{link}");
    assert!(!ready.to_string().contains(&host.rw_token));
    relay.press(Some(0), "hello\r").await;
    watched.until("heard", |heard| heard == "hello\n").await;

    // The viewer is never away, and may type again as soon as somebody may.
    watched.revoke(&relay, &run).await;
    watched.grant(&relay, &run).await;
    relay.press(Some(0), "again\r").await;
    watched
        .until("heard", |heard| heard == "hello\nagain\n")
        .await;

    // Whoever types elsewhere meanwhile lets no key of the relay's viewers through, however late it is.
    watched.revoke(&relay, &run).await;
    for _ in 0..20 {
        relay.press(Some(0), "after\r").await;
    }
    pane_says(&relay, "your keys go nowhere").await;
    let wish = json!({"ttlMinutes": 5, "reason": "at the page"});
    let by_web = watched.post(&run, "grant-write", &wish).await;
    let mut typing = Viewer::join(
        &watched.stack.client,
        &run,
        "agent",
        Some(Granted::read(&by_web)),
    )
    .await;
    // Before the word that ends the run: the host leaves the relay with it.
    let screen = relay.seen().host.expect("the same host").screen;
    typing.types(b"enough\r").await.expect("it may type");
    let ended = watched.stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");
    assert_eq!(watched.read("heard"), "hello\nagain\nenough\n");

    // No viewer was ever shown what lets one type.
    let screen = String::from_utf8_lossy(&screen).into_owned();
    for secret in ["writeKey", "grantId"] {
        let secret = granted[secret].as_str().expect("a grant");
        assert!(!screen.contains(secret));
    }
    assert!(!screen.contains(&host.rw_token));
    watched.stack.stop().await;
}

// H-11, B-05
#[tokio::test(flavor = "multi_thread")]
async fn what_lets_one_type_is_nowhere_but_in_the_answer_that_grants_it() {
    let relay = TmateRelay::start().await;
    let overheard = Plan {
        open: true,
        ..Plan::default()
    };
    let watched = Watched::by(&relay, relay.port(), overheard).await;
    let stack = &watched.stack;
    let mut overhearing = Overhearing::begin(stack).await;
    let run = watched.begin(NOTE).await;
    watched.session(&run, "ready").await;
    let by_tmate = watched.grant(&relay, &run).await;
    let host = relay.seen().host.expect("a host");
    let link = by_tmate["attachRw"].as_str().expect("a link to type by");
    assert!(link.contains(&host.rw_token), "{link}");
    let wish = json!({"ttlMinutes": 5, "reason": "here now", "takeOver": true});
    let by_web = watched.post(&run, "grant-write", &wish).await;
    let granted = Granted::read(&by_web);
    let mut typing = Viewer::join(&stack.client, &run, "agent", Some(granted)).await;
    typing.types(b"hello\r").await.expect("it may type");
    watched.until("heard", |heard| heard == "hello\n").await;
    typing.types(b"enough\r").await.expect("it may type");
    let ended = stack.client.ended(&run).await;
    assert_eq!(ended["state"], "succeeded", "{ended:#}");

    let outside = Outside::read(stack, &mut overhearing, &[&run]).await;
    assert!(
        outside.has("recording/agent.cast"),
        "the recording was kept"
    );
    let said = overhearing.said().await;
    assert!(String::from_utf8_lossy(&said).contains(&run));
    let keys = [&by_tmate, &by_web].map(|granted| granted["writeKey"].as_str().expect("a key"));
    outside.assert_without(&[keys[0], keys[1], &host.rw_token]);
    watched.stack.stop().await;
}
