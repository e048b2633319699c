//! Bad input, and the problem that answers it.

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
        ("later publish mode", json!({"repository": "/srv/a", "task": {"instructions": "x", "publish": {"mode": "pr", "prTitle": "t"}}}).to_string(), json),
        ("credentials", json!({"repository": "https://u:p@example.org/a", "task": {"instructions": "x"}}).to_string(), json),
        ("bounds", json!({"type": "command", "task": {"argv": ["true"]}, "maxAttempts": 21, "timeoutSeconds": 0, "pool": "No Such"}).to_string(), json),
        ("live session", json!({"type": "command", "task": {"argv": ["true"]}, "liveSession": {"enabled": true}}).to_string(), json),
        ("NUL", valid(json!({"argv": ["a\u{0}b"]})), json),
        ("deep nesting", "[".repeat(200), json),
        ("form", "type=command".to_owned(), "application/x-www-form-urlencoded"),
        ("too large", format!("{{\"title\": \"{}\"}}", "x".repeat(1_100_000)), json),
    ]
}

// W-03
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

// W-03
#[tokio::test]
async fn bad_headers_queries_paths_and_methods_are_refused_by_name() {
    let world = World::unusual(Unusual {
        without_recorder: true,
        ..Unusual::default()
    })
    .await;
    let run = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31";
    let requests = vec![
        ("no such run", world.get(&format!("/api/task-runs/{run}"))),
        ("no run id", world.get("/api/task-runs/42")),
        (
            "upper-case id",
            world.get(&format!("/api/task-runs/{}", run.to_uppercase())),
        ),
        ("no such path", world.get("/api/nothing")),
        ("no such page", world.get("/nothing.js")),
        (
            "wrong method",
            world.client.delete(world.url("/api/task-runs")),
        ),
        (
            "wrong method on the page",
            world.client.post(world.url("/")),
        ),
        ("unknown parameter", world.get("/api/task-runs?stat=queued")),
        ("bad state", world.get("/api/task-runs?state=queued,stuck")),
        ("bad type", world.get("/api/task-runs?type=shell")),
        ("bad limit", world.get("/api/task-runs?limit=0")),
        ("large limit", world.get("/api/task-runs?limit=201")),
        ("bad cursor", world.get("/api/task-runs?cursor=abc")),
        (
            "bad time",
            world.get("/api/task-runs?submittedAfter=yesterday"),
        ),
        ("given twice", world.get("/api/task-runs?pool=a&pool=b")),
        ("several", world.get("/api/task-runs?limit=x&type=y")),
        (
            "bad position",
            world.get(&format!("/api/task-runs/{run}/events?after=-1")),
        ),
        (
            "events of no run",
            world.get(&format!("/api/task-runs/{run}/events")),
        ),
        (
            "stream of no run",
            world.get(&format!("/api/task-runs/{run}/events/stream")),
        ),
        (
            "bad Last-Event-ID",
            world.get("/api/events/stream").header("Last-Event-ID", "x"),
        ),
        (
            "artifacts of no run",
            world.get(&format!("/api/task-runs/{run}/artifacts")),
        ),
        (
            "long key",
            world
                .post("/api/task-runs", &json!({}))
                .header("Idempotency-Key", "k".repeat(201)),
        ),
        (
            "empty key",
            world
                .post("/api/task-runs", &json!({}))
                .header("Idempotency-Key", ""),
        ),
        (
            "empty actor",
            world
                .post("/api/task-runs", &json!({}))
                .header("Baton-Actor", ""),
        ),
        (
            "control of no run",
            world.post(
                &format!("/api/task-runs/{run}/control"),
                &json!({"action": "cancel"}),
            ),
        ),
        (
            "unknown action",
            world.post(
                &format!("/api/task-runs/{run}/control"),
                &json!({"action": "pause"}),
            ),
        ),
        (
            "no action",
            world.post(&format!("/api/task-runs/{run}/control"), &json!({})),
        ),
    ];
    let mut table = String::new();
    for (name, request) in requests {
        let said = problem(request.send().await.unwrap()).await;
        table += &format!(
            "{name}\n    {} {}\n    {}\n",
            said.status, said.kind, said.detail
        );
    }
    insta::assert_snapshot!(table);
}
