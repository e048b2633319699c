//! Finding runs and what happened to them.

use baton_domain::Role;
use baton_wire::http::{TaskRun, TaskRunPage};
use serde_json::{Value, json};

use crate::world::{World, command};

async fn page(world: &World, query: &str) -> TaskRunPage {
    let response = world
        .get(&format!("/api/task-runs?{query}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{query}");
    response.json().await.unwrap()
}

async fn titles(world: &World, query: &str) -> Vec<String> {
    let page = page(world, query).await;
    page.runs.into_iter().map(|run| run.title).collect()
}

async fn submit(world: &World, body: &Value, actor: &str) -> TaskRun {
    let (_, token) = world.operator(actor, Role::Operator).await;
    let request = world.post("/api/task-runs", body).bearer_auth(token);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_by_every_filter() {
    let world = World::start().await;
    let agent = json!({"title": "Mend 100% of the cart", "repository": "/srv/cart", "task": {"instructions": "x"}});
    let agent = submit(&world, &agent, "ada").await;
    let mut body = command();
    body["title"] = json!("count lines");
    body["pool"] = json!("gpu");
    submit(&world, &body, "eve").await;
    body["title"] = json!("count words");
    let last = submit(&world, &body, "ada").await;
    let cancel = world
        .post(
            &format!("/api/task-runs/{}/control", last.id),
            &json!({"action": "cancel"}),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(cancel.status(), 202);

    let after = agent
        .submitted_at
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    for (query, expected) in [
        (
            "",
            vec!["count words", "count lines", "Mend 100% of the cart"],
        ),
        ("type=codex_exec", vec!["Mend 100% of the cart"]),
        ("pool=gpu", vec!["count words", "count lines"]),
        ("repository=/srv/cart", vec!["Mend 100% of the cart"]),
        (
            "submittedBy=ada",
            vec!["count words", "Mend 100% of the cart"],
        ),
        ("q=COUNT", vec!["count words", "count lines"]),
        ("q=100%25", vec!["Mend 100% of the cart"]),
        ("q=1_0", vec![]),
        ("state=cancelled", vec!["count words"]),
        ("state=queued", vec!["count lines", "Mend 100% of the cart"]),
        (
            "state=cancelled,queued&limit=2",
            vec!["count words", "count lines"],
        ),
        ("state=running", vec![]),
        ("pool=gpu&submittedBy=eve", vec!["count lines"]),
        (&format!("submittedBefore={after}"), vec![]),
        (
            &format!("submittedAfter={after}&q=mend"),
            vec!["Mend 100% of the cart"],
        ),
    ] {
        assert_eq!(titles(&world, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_hold_every_run_once_also_while_new_ones_come() {
    let world = World::start().await;
    for n in 0..7 {
        world.submit(&format!("run {n}")).await;
    }
    for filter in ["", "&state=queued,running"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = page(&world, &format!("limit=3&cursor={cursor}{filter}")).await;
            seen.extend(page.runs.into_iter().map(|run| run.title));
            world.submit("late").await;
            let Some(next) = page.next_cursor else { break };
            cursor = next;
        }
        seen.retain(|title| title != "late");
        let expected: Vec<String> = (0..7).rev().map(|n| format!("run {n}")).collect();
        assert_eq!(seen, expected, "{filter}");
    }
}
