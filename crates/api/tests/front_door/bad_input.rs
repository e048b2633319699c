//! Bad input, and the problem that answers it.

use reqwest::RequestBuilder;
use serde_json::json;

use crate::world::{Unusual, World, problem};

/// Name, body, media type.
fn bodies() -> Vec<(&'static str, String, &'static str)> {
    let json = "application/json";
    let valid = |task: serde_json::Value| json!({"type": "command", "task": task}).to_string();
    vec![
        ("empty body", String::new(), json),
        ("no json", "{\"type\": ".to_owned(), json),
        ("two values", "{} {}".to_owned(), json),
        ("a list", "[]".to_owned(), json),
        ("a text", "\"x\"".to_owned(), json),
        (
            "a list for an object",
            json!({"type": "command", "task": {"argv": ["true"], "runtime": ["exec"]}}).to_string(),
            json,
        ),
        ("null for an object", json!({"task": null}).to_string(), json),
        ("unknown field", json!({"tsak": {}}).to_string(), json),
        ("unknown nested field", json!({"task": {"runtime": {"modle": "x"}}}).to_string(), json),
        ("number for text", json!({"task": {"runtime": {"effort": 3}}}).to_string(), json),
        ("text for number", json!({"maxAttempts": "3"}).to_string(), json),
        ("negative number", json!({"timeoutSeconds": -1}).to_string(), json),
        ("text in a list", valid(json!({"argv": ["ls", 1]})), json),
        ("field twice", "{\"type\":\"command\",\"type\":\"command\"}".to_owned(), json),
        ("nothing asked for", "{}".to_owned(), json),
        ("empty instruction", json!({"repository": "/srv/a", "task": {"instructions": "  "}}).to_string(), json),
        ("bad ref", json!({"repository": "/srv/a", "task": {"instructions": "x", "git": {"startingBranch": "a..b"}}}).to_string(), json),
        ("bad publish mode", json!({"repository": "/srv/a", "task": {"instructions": "x", "publish": {"mode": "email"}}}).to_string(), json),
        ("a pull request that cannot be", json!({"repository": "https://github.com/alone", "task": {"instructions": "x", "git": {"newBranch": "a"}, "publish": {"mode": "pr", "prTitle": "two\nlines", "prBaseBranch": "a"}}}).to_string(), json),
        ("pull request of another mode", json!({"repository": "/srv/a", "task": {"instructions": "x", "publish": {"mode": "branch", "prTitle": "t", "prBaseBranch": "main"}}}).to_string(), json),
        ("bad secrets", json!({"repository": "/srv/a", "task": {"instructions": "x", "secrets": [{"name": "PATH", "from": "env:A"}, {"name": "A", "from": "/etc/passwd"}, {"name": "B", "from": "env:B"}, {"name": "B", "from": "env:C"}]}}).to_string(), json),
        ("credentials", json!({"repository": "https://u:p@example.org/a", "task": {"instructions": "x"}}).to_string(), json),
        ("bounds", json!({"type": "command", "task": {"argv": ["true"]}, "maxAttempts": 21, "timeoutSeconds": 0, "pool": "No Such"}).to_string(), json),
        ("live session", json!({"type": "command", "task": {"argv": ["true"]}, "liveSession": {"enabled": true, "provider": "screen", "ttlMinutes": 1441}}).to_string(), json),
        ("NUL", valid(json!({"argv": ["a\u{0}b"]})), json),
        ("deep nesting", "[".repeat(200), json),
        ("form", "type=command".to_owned(), "application/x-www-form-urlencoded"),
        ("too large", format!("{{\"title\": \"{}\"}}", "x".repeat(1_100_000)), json),
    ]
}

// W-09
#[tokio::test]
async fn every_bad_body_is_refused_by_name() {
    let world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    let mut table = String::new();
    for (name, body, media_type) in bodies() {
        let request = world
            .client
            .post(world.url("/api/task-runs"))
            .header("content-type", media_type)
            .body(body);
        let said = problem(request.send().await.unwrap()).await;
        table += &format!(
            "{name}\n    {} {}\n    {}\n",
            said.status, said.kind, said.detail
        );
        for error in said.errors {
            table += &format!("    - {}: {}\n", error.field, error.message);
        }
    }
    insta::assert_snapshot!(table);
}

const NOBODY: &str = "/api/task-runs/0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";

/// Name, and path in full or below a run that does not exist.
const PATHS: &[(&str, &str)] = &[
    ("no such run", ""),
    ("no run id", "/api/task-runs/42"),
    (
        "upper-case id",
        "/api/task-runs/0198C5F2-7E7B-7D3A-9C55-1F6B0A4D2E31",
    ),
    ("empty id", "/api/task-runs//events"),
    ("percent-encoded id", "/api/task-runs/%34%32"),
    ("id in no UTF-8", "/api/task-runs/%ff"),
    ("message's id in no UTF-8", "operator-messages/%c3%28"),
    ("no message's id", "operator-messages/42"),
    ("no request's id", "/api/help-requests/42"),
    ("no token's id", "/api/tokens/42"),
    (
        "far too long an id",
        "/api/task-runs/0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e310198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31",
    ),
    ("no such path", "/api/nothing"),
    ("no such page", "/nothing.js"),
    ("unknown parameter", "/api/task-runs?stat=queued"),
    ("bad state", "/api/task-runs?state=queued,stuck"),
    ("bad type", "/api/task-runs?type=shell"),
    ("bad limit", "/api/task-runs?limit=0"),
    ("large limit", "/api/task-runs?limit=201"),
    ("bad cursor", "/api/task-runs?cursor=abc"),
    ("bad time", "/api/task-runs?submittedAfter=yesterday"),
    ("given twice", "/api/task-runs?pool=a&pool=b"),
    ("several", "/api/task-runs?limit=x&type=y"),
    ("parameter of nothing", "?verbose=1"),
    ("bad position", "events?after=-1"),
    ("events of no run", "events"),
    ("stream of no run", "events/stream"),
    ("artifacts of no run", "artifacts"),
    ("artifact of attempt 0", "artifacts/0/a"),
];

fn requests(world: &World) -> Vec<(&'static str, RequestBuilder)> {
    let submit = || world.post("/api/task-runs", &json!({}));
    let control = |body| world.post(&format!("{NOBODY}/control"), &body);
    let stream = world.get("/api/events/stream");
    let delete = |path| world.client.delete(world.url(path));
    let paths = PATHS.iter().map(|(name, path)| match *path {
        full if full.starts_with('/') => (*name, world.get(full)),
        query if query.starts_with('?') => (*name, world.get(&format!("{NOBODY}{query}"))),
        below => (
            *name,
            world.get(format!("{NOBODY}/{below}").trim_end_matches('/')),
        ),
    });
    let others = [
        ("wrong method", delete("/api/task-runs")),
        ("wrong method on the page", delete("/")),
        ("bad Last-Event-ID", stream.header("Last-Event-ID", "x")),
        (
            "long key",
            submit().header("Idempotency-Key", "k".repeat(201)),
        ),
        ("empty key", submit().header("Idempotency-Key", "")),
        ("control of no run", control(json!({"action": "cancel"}))),
        ("unknown action", control(json!({"action": "stop"}))),
        (
            "long note",
            control(json!({"action": "cancel", "note": "x".repeat(2001)})),
        ),
        ("no action", control(json!({}))),
    ];
    paths.chain(others).collect()
}

// W-09
#[tokio::test]
async fn bad_headers_queries_paths_and_methods_are_refused_by_name() {
    let world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    let mut table = String::new();
    for (name, request) in requests(&world) {
        let said = problem(request.send().await.unwrap()).await;
        table += &format!(
            "{name}\n    {} {}\n    {}\n",
            said.status, said.kind, said.detail
        );
    }
    insta::assert_snapshot!(table);
}
