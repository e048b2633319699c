//! Who is let in to watch a terminal, and how many.

use baton_api::{LiveOptions, ViewerLimits};
use baton_wire::Frame;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    terminal::{Stage, Viewer, request, with},
    world::{Unusual, World, problem},
};

// B-02
#[tokio::test]
async fn nobody_joins_who_may_not_or_from_elsewhere_or_with_other_words() {
    let stage = Stage::start().await;
    let (address, path) = (stage.world.address, stage.path());
    let admin = stage.world.admin();
    let known = || with(request(address, &path), "Authorization", &admin);
    let refused = async |request, status: u16, kind: &str| {
        let (found, body) = Viewer::open(request).await.err().expect("a refusal");
        assert_eq!(found, status, "{body}");
        assert!(body.contains(kind), "{body}");
    };
    refused(request(address, &path), 401, "unauthenticated").await;
    let guessed = with(known(), "Authorization", "Bearer guessed");
    refused(guessed, 401, "unauthenticated").await;
    let worker = format!("Bearer {}", stage.world.worker_token);
    refused(with(known(), "Authorization", &worker), 403, "forbidden").await;
    refused(
        with(known(), "Origin", "https://evil.example"),
        403,
        "forbidden-origin",
    )
    .await;
    refused(with(known(), "Origin", "null"), 403, "forbidden-origin").await;
    let other = with(known(), "Sec-WebSocket-Protocol", "tty");
    refused(other, 422, "invalid-header").await;
    let own = with(known(), "Origin", &format!("http://{address}"));
    Viewer::open(own).await.unwrap();
    let plain = stage.world.get(&path).send().await.unwrap();
    assert_eq!(problem(plain).await.status, 422);
    let nowhere = "/api/task-runs/0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31/live-session/terminal";
    let unknown = with(request(address, nowhere), "Authorization", &admin);
    refused(unknown, 404, "not-found").await;
    let bad = format!("{path}?terminal=window");
    let bad = with(request(address, &bad), "Authorization", &admin);
    refused(bad, 422, "invalid-query").await;
    let without = stage.world.submit("without a session").await;
    let without = format!("/api/task-runs/{}/live-session/terminal", without.id);
    let without = with(request(address, &without), "Authorization", &admin);
    refused(without, 409, "no live session").await;

    for (message, why) in [
        (Message::text("hello"), "binary"),
        (Message::binary(vec![1, 2, 3]), "head"),
        (
            Message::Binary(Frame::Ack { offset: 0 }.encode()),
            "Subscribe",
        ),
        (Message::binary(vec![0; 20_000]), "larger"),
    ] {
        let mut viewer = Viewer::open(known()).await.unwrap();
        viewer.send_raw(message).await;
        let (code, reason) = viewer.end().await;
        assert!(code == 4400 && reason.contains(why), "{code} {reason}");
    }
}

// B-02
#[tokio::test]
async fn a_cookie_opens_a_terminal_from_this_servers_own_page_only() {
    let stage = Stage::start().await;
    let (address, path) = (stage.world.address, stage.path());
    let token = stage.world.admin();
    let signed_in = baton_testkit::http().build().unwrap();
    let signed_in = signed_in.post(stage.world.url("/api/sign-in"));
    let body = serde_json::json!({"token": token.trim_start_matches("Bearer ")});
    let signed_in = signed_in.json(&body).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let shown = || with(request(address, &path), "Cookie", &cookie);
    for foreign in [shown(), with(shown(), "Origin", "http://evil.example")] {
        let (status, body) = Viewer::open(foreign).await.err().unwrap();
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("forbidden-origin"), "{body}");
    }
    let own = with(shown(), "Origin", &format!("http://{address}"));
    Viewer::open(own).await.unwrap();
}

// B-02
#[tokio::test]
async fn a_ticket_opens_one_terminal_once() {
    let stage = Stage::start().await;
    let asked = format!("/api/task-runs/{}/live-session/ticket", stage.run.id);
    let ticket = stage.world.client.post(stage.world.url(&asked)).send();
    let ticket: serde_json::Value = ticket.await.unwrap().json().await.unwrap();
    let ticket = ticket["ticket"].as_str().unwrap();
    let path = format!("{}?ticket={ticket}", stage.path());
    let shown = || request(stage.world.address, &path);
    let foreign = with(shown(), "Origin", "http://evil.example");
    assert_eq!(Viewer::open(foreign).await.err().unwrap().0, 403);
    Viewer::open(shown()).await.unwrap();
    assert_eq!(Viewer::open(shown()).await.err().unwrap().0, 401);
}

#[tokio::test]
async fn beyond_what_one_name_or_one_run_may_have_nobody_joins_and_is_told_what_to_do() {
    for (full, words) in [
        (
            ViewerLimits {
                name: 2,
                ..ViewerLimits::default()
            },
            "'root' has 2 terminals open",
        ),
        (
            ViewerLimits {
                run: 2,
                ..ViewerLimits::default()
            },
            "BATON_API_MAX_VIEWERS_PER_RUN",
        ),
    ] {
        let live = LiveOptions {
            viewers: full,
            ..LiveOptions::default()
        };
        let world = World::unusual(Unusual {
            live,
            ..Unusual::default()
        });
        third_of_two_is_refused(Stage::in_world(world.await).await, words).await;
    }
}

async fn third_of_two_is_refused(stage: Stage, words: &str) {
    let admin = stage.world.admin();
    let known = || {
        with(
            request(stage.world.address, &stage.path()),
            "Authorization",
            &admin,
        )
    };
    let (first, _second) = (
        Viewer::open(known()).await.unwrap(),
        Viewer::open(known()).await.unwrap(),
    );
    let (status, body) = Viewer::open(known()).await.err().unwrap();
    let told = body.contains("too-many-connections") && body.contains(words);
    assert!(status == 429 && told, "{body}");
    let metrics = stage.world.get("/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "baton_terminal_viewers 2",
        "baton_terminal_viewers_of_one_run 2",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{metrics}");
    }
    drop(first);
    while Viewer::open(known()).await.is_err() {}
}
