//! Pull requests at a GitHub that speaks its REST documents, and git over HTTP with a login.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use baton_domain::RunId;
use baton_testkit::{
    Answer, GitHubStub,
    git::{BRANCH, SampleRepository},
};
use baton_wire::Event;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::interval};

use crate::bench::{Bench, Story};

const TOKEN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ";

struct House {
    bench: Bench,
    sample: SampleRepository,
    github: GitHubStub,
}

async fn house() -> House {
    let mut bench = Bench::new().await;
    let sample = SampleRepository::new();
    let github = GitHubStub::start(TOKEN, sample.remote()).await;
    bench.options.github.api_url = github.api_url();
    bench.options.github.token = Some(TOKEN.to_owned());
    bench.options.github.patience = Duration::from_secs(10);
    House {
        bench,
        sample,
        github,
    }
}

fn request(house: &House, script: &str) -> Value {
    json!({
        "type": "command",
        "title": "Greet more",
        "repository": house.github.repository_url(),
        "task": {
            "argv": ["sh", "-c", script],
            "publish": { "mode": "pr", "prBody": "More greetings." },
        },
    })
}

fn opened(story: &Story) -> (u64, bool) {
    let found = story.events().into_iter().find_map(|event| match event {
        Event::PullRequestOpened {
            number, updated, ..
        } => Some((*number, *updated)),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no pull request: {story:#?}"))
}

fn warnings(story: &Story) -> String {
    let messages = story.events().into_iter().filter_map(|event| match event {
        Event::Warning { message } => Some(message.as_str()),
        _ => None,
    });
    messages.collect::<Vec<_>>().join("\n")
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_in_a_pull_request() {
    let house = house().await;
    let worker = house.bench.work();
    let run = house
        .bench
        .submit(request(&house, "echo more >> README.md"))
        .await;
    let story = house.bench.end(run).await;
    assert_eq!(opened(&story), (1, false));
    let pulls = house.github.pulls();
    assert_eq!(pulls.len(), 1);
    assert_eq!(pulls[0]["title"], "Greet more");
    assert_eq!(pulls[0]["body"], "More greetings.");
    assert_eq!(pulls[0]["base"]["ref"], BRANCH);
    let head = pulls[0]["head"]["ref"].as_str().unwrap();
    assert!(head.ends_with(&run.short()), "{head}");
    assert!(house.sample.branches().iter().any(|branch| branch == head));
    let kinds = story.kinds();
    let place = |kind: &str| kinds.iter().position(|k| k == kind).unwrap();
    assert!(place("branch_pushed") < place("pull_request_opened"));
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_is_there_is_brought_up_to_date() {
    let house = house().await;
    let worker = house.bench.work();
    let wished = |title: &str| {
        let mut request = request(&house, "echo more >> README.md");
        request["task"]["git"] = json!({ "newBranch": "greet" });
        request["task"]["publish"]["prTitle"] = json!(title);
        request
    };
    // Opened, but the answer is lost on its way: the next try finds it.
    let lost = Answer::new(502, "Server Error").although_done();
    house.github.answer_with("POST", [lost]);
    let story = house
        .bench
        .end(house.bench.submit(wished("One")).await)
        .await;
    assert_eq!(opened(&story), (1, true));
    assert!(warnings(&story).contains("502"), "{story:#?}");
    // The branch was removed, its pull request is still open.
    assert_ne!(house.sample.ask(&["branch", "-D", "greet"]), "");
    let story = house
        .bench
        .end(house.bench.submit(wished("Two")).await)
        .await;
    assert_eq!(opened(&story), (1, true));
    let titles: Vec<Value> = house
        .github
        .pulls()
        .iter()
        .map(|pull| pull["title"].clone())
        .collect();
    assert_eq!(titles, ["Two"]);
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_github_that_is_slow_or_away_is_waited_for() {
    let house = house().await;
    let worker = house.bench.work();
    let limited = "You have exceeded a secondary rate limit. Please wait a few minutes";
    house.github.answer_with(
        "GET",
        [
            Answer::new(503, "Service Unavailable"),
            Answer::new(429, "Too many requests").with("retry-after", 1),
            Answer::new(403, limited).with("retry-after", 0),
            Answer::new(403, "API rate limit exceeded")
                .with("x-ratelimit-remaining", 0)
                .with("x-ratelimit-reset", 1),
        ],
    );
    let run = house
        .bench
        .submit(request(&house, "echo more >> README.md"))
        .await;
    let story = house.bench.end(run).await;
    assert_eq!(opened(&story), (1, false));
    let told = warnings(&story);
    assert!(
        told.contains("trying again in 1 s") && told.contains("secondary rate limit"),
        "{told}"
    );
    assert_eq!(house.github.asked().len(), 6);
    let late = Answer::new(503, "Service Unavailable").with("retry-after", 60);
    house.github.answer_with("GET", [late]);
    let run = house
        .bench
        .submit(request(&house, "echo more >> README.md"))
        .await;
    let story = house.bench.end(run).await;
    let (code, message) = story.failure();
    assert_eq!(code, "pull_request_failed");
    assert!(message.contains("is pushed"), "{message}");
    assert!(matches!(
        story.last(),
        Some(Event::Failed {
            retryable: true,
            ..
        })
    ));
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_to_do() {
    let house = house().await;
    let worker = house.bench.work();
    let plain = request(&house, "echo more >> README.md");
    let mut nowhere = plain.clone();
    nowhere["task"]["publish"]["prBaseBranch"] = json!("nowhere");
    let mut itself = plain.clone();
    itself["task"]["git"] = json!({ "newBranch": BRANCH });
    for (answer, request, words) in [
        (
            Some(Answer::new(401, "Bad credentials")),
            &plain,
            "BATON_WORKER_GITHUB_TOKEN",
        ),
        (
            Some(Answer::new(
                403,
                "Resource not accessible by personal access token",
            )),
            &plain,
            "the right to write pull requests",
        ),
        (
            Some(Answer::new(404, "Not Found")),
            &plain,
            "no 'octo/hello'",
        ),
        (
            Some(Answer::new(200, "no list")),
            &plain,
            "BATON_WORKER_GITHUB_API_URL",
        ),
        (None, &nowhere, "task.publish.prBaseBranch"),
        (None, &itself, "pulled into itself"),
    ] {
        house.github.answer_with("GET", answer);
        let story = house
            .bench
            .end(house.bench.submit(request.clone()).await)
            .await;
        let (code, message) = story.failure();
        assert_eq!(code, "pull_request_refused");
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(house.github.pulls().len(), 0);
    worker.leave().await;
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_begun() {
    let mut house = house().await;
    house.bench.options.github.token = None;
    let worker = house.bench.work();
    let run = house.bench.submit(request(&house, "true")).await;
    let story = house.bench.end(run).await;
    let (code, message) = story.failure();
    assert_eq!(code, "pull_request_refused");
    assert!(message.contains("BATON_WORKER_GITHUB_TOKEN"), "{message}");
    assert!(
        !story.kinds().contains(&"stage_started".to_owned()),
        "{story:#?}"
    );
    worker.leave().await;
}

// W-11
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_opens_no_pull_request() {
    let house = house().await;
    let worker = house.bench.work();
    // Long enough for its lease to be lost meanwhile.
    let away = Answer::new(503, "Service Unavailable").with("retry-after", 5);
    house.github.answer_with("GET", [away]);
    let run = house
        .bench
        .submit(request(&house, "echo more >> README.md"))
        .await;
    let trying = |story: &Story| warnings(story).contains("trying again");
    let story = house.bench.story(run, trying).await;
    let (lease, taken) = story.leases.last().unwrap();
    house.bench.lose(run, taken.attempt, *lease).await;
    worker.leave().await;
    assert!(
        house
            .github
            .asked()
            .iter()
            .all(|asked| asked.method == "GET")
    );
    assert_eq!(house.github.pulls().len(), 0);
}

// W-10
#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_seen_by_github_alone() {
    let house = house().await;
    let worker = house.bench.work();
    let arguments = Arc::new(Mutex::new(BTreeSet::new()));
    let pushed = house.bench.state.path().join("a-push-was-seen");
    house.sample.hold_pushes(&pushed);
    let mut watching = JoinSet::new();
    let script = "env; cat .git/config; git remote -v; git config --list --show-origin; \
        tr '\\0' ' ' < /proc/self/environ; echo more >> README.md";
    let run = house.bench.submit(request(&house, script)).await;
    watching.spawn(watch_arguments(run, arguments.clone(), pushed));
    let story = house.bench.end(run).await;
    assert_eq!(opened(&story), (1, false));
    assert!(
        house.github.git_logins() >= 4,
        "clone and push have logged in"
    );
    worker.leave().await;
    watching.shutdown().await;
    let arguments = arguments.lock().unwrap().clone();
    let shown = [
        arguments.into_iter().collect::<Vec<_>>().join("\n"),
        format!("{story:?}"),
        format!("{:?}", house.github.pulls()),
        format!(
            "{:?}",
            house
                .bench
                .sink
                .kept()
                .values()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
                .collect::<Vec<_>>()
        ),
        files(house.bench.state.path()),
        files(house.sample.remote().as_path()),
    ];
    for text in shown {
        assert!(!text.is_empty() && !text.contains(TOKEN));
        assert!(!text.contains("Basic "), "a login was written down");
    }
}

/// Notes the arguments of every process of a run, as everybody on the machine may, and lets its push
/// go on once that was seen.
async fn watch_arguments(run: RunId, seen: Arc<Mutex<BTreeSet<String>>>, pushed: PathBuf) {
    let mark = format!("BATON_RUN_ID={run}");
    let mut looks = interval(Duration::from_millis(1));
    loop {
        looks.tick().await;
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let processes = processes.filter(|process| is_marked(&process.path(), &mark));
        let lines =
            processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
        let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        // What this test tells its agents is no secret, and not looked at.
        let lines: Vec<String> = lines.filter(|line| line.contains("git")).collect();
        if lines.iter().any(|line| line.contains("push")) {
            std::fs::write(&pushed, "").unwrap();
        }
        seen.lock().unwrap().extend(lines);
    }
}

fn is_marked(process: &Path, mark: &str) -> bool {
    let environment = std::fs::read(process.join("environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|one| one == mark.as_bytes())
}

/// The text of every file below a folder.
fn files(folder: &Path) -> String {
    let mut text = String::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => {
                    let bytes = std::fs::read(entry.path()).unwrap_or_default();
                    text += &String::from_utf8_lossy(&bytes);
                }
                _ => {}
            }
        }
    }
    text
}
