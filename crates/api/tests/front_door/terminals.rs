//! Watching terminals.

use baton_api::{ApiOptions, ApiServer};
use baton_domain::{Generation, SessionStatus, StateName};
use baton_wire::{
    Event, Frame,
    event::SessionOver,
    terminal::{Exit, Subscribe},
};
use bytes::Bytes;
use futures::future::join_all;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use crate::{
    terminal::{Speaker, Stage, Viewer, ready, request, with},
    worker::{Holder, succeeded},
    world::{Unusual, World, bus, problem},
};

// B-02, B-07
#[tokio::test]
async fn whoever_joins_sees_what_is_shown_and_what_follows() {
    let mut stage = Stage::start().await;
    stage.speaker.show("first \x1b[31mred\r\n").await;
    stage.speaker.key().await;
    stage.speaker.show("second\r\n").await;
    stage.speaker.settle().await;
    let mut viewer = stage.viewer().await;
    let Frame::Hello(hello) = viewer.next().await.unwrap() else {
        panic!("the first frame is Hello");
    };
    assert_eq!((hello.run, hello.epoch), (stage.run.id, 7));
    let limits = hello.limits.unwrap();
    assert_eq!((limits.name.as_str(), limits.may_type), ("root", false));
    viewer.reach(7, stage.speaker.offset).await;
    assert_eq!(viewer.snapshots, 1);
    stage.speaker.show("third").await;
    viewer.reach(7, stage.speaker.offset).await;
    assert_eq!(viewer.screen.text(), stage.speaker.text());
    let state = viewer.heard.iter().rev().find_map(|frame| match frame {
        Frame::State(state) => Some((state.state, state.session)),
        _ => None,
    });
    let running = (Some(StateName::Running), Some(SessionStatus::Ready));
    assert_eq!(state, Some(running));
    viewer.send(Frame::Ping("here".into())).await;
    let pong = viewer.until(|frame| matches!(frame, Frame::Pong(_))).await;
    assert_eq!(pong, Frame::Pong("here".into()));
}

// B-07
#[tokio::test]
async fn a_viewer_that_comes_back_goes_on_where_it_was_or_is_shown_the_screen() {
    let mut stage = Stage::start().await;
    stage.speaker.show("before ").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, 7).await;
    let seen = viewer.offset;
    drop(viewer);
    stage.speaker.show("meanwhile ").await;
    let again = |epoch, offset| Subscribe {
        epoch: Some(epoch),
        offset: Some(offset),
        ..Subscribe::default()
    };
    let address = stage.world.address;
    let mut back = stage.viewer_at(address, &again(7, seen)).await;
    back.offset = seen;
    stage.speaker.show("after").await;
    back.reach(7, stage.speaker.offset).await;
    assert_eq!(back.snapshots, 0);

    // What is not kept any more, or never was.
    let much = "a line of some length\r\n".repeat(20_000);
    stage.speaker.show(&much).await;
    back.reach(7, stage.speaker.offset).await;
    for (epoch, offset) in [(7, seen), (6, seen), (7, u64::MAX)] {
        let mut late = stage.viewer_at(address, &again(epoch, offset)).await;
        late.reach(7, stage.speaker.offset).await;
        assert_eq!(late.snapshots, 1);
        assert_eq!(late.screen.text(), stage.speaker.text());
        let told = late.heard.iter().any(|f| matches!(f, Frame::Gap { .. }));
        assert_eq!(told, epoch == 7);
    }
}

// B-02
#[tokio::test]
async fn of_fifty_viewers_one_is_frozen_and_nobody_else_notices() {
    let mut stage = Stage::start().await;
    let mut frozen = stage.viewer().await;
    frozen.until(|frame| matches!(frame, Frame::State(_))).await;
    let mut viewers = join_all((0..49).map(|_| stage.viewer())).await;
    for viewer in &mut viewers {
        viewer.until(|frame| matches!(frame, Frame::State(_))).await;
    }
    let text = "0123456789 and so on, until the line is full of it\r\n".repeat(600);
    // More than a queue and the small buffers of a socket hold.
    let rounds = 160;
    let end = text.len() as u64 * rounds;
    let mut watching = JoinSet::new();
    for viewer in viewers {
        let mut viewer = viewer.blindly();
        watching.spawn(async move { viewer.reach(7, end).await });
    }
    for _ in 0..rounds {
        stage.speaker.show(&text).await;
    }
    assert_eq!(stage.speaker.offset, end);
    while let Some(reached) = watching.join_next().await {
        reached.unwrap();
    }
    // It was skipped, and is shown the screen as it is once it reads again.
    let mut frozen = frozen.blindly();
    frozen.reach(7, end).await;
    assert!(frozen.heard.iter().any(|f| matches!(f, Frame::Gap { .. })));
    assert!(frozen.snapshots > 1);
    assert_eq!(frozen.screen.text(), stage.speaker.text());
}

// B-02
#[tokio::test]
async fn a_viewer_that_reads_but_does_not_draw_is_skipped_until_it_does() {
    let mut stage = Stage::start().await;
    let mut slow = stage.viewer().await.silently();
    slow.until(|frame| matches!(frame, Frame::State(_))).await;
    slow.send(Frame::Ack { offset: 0 }).await;
    let mut other = stage.viewer().await;
    let line = format!("{}\r\n", "x".repeat(98));
    for n in 0..60u8 {
        stage.speaker.show(&line.repeat(100)).await;
        other.reach(7, stage.speaker.offset).await;
        let ping = Bytes::from(vec![n]);
        slow.send(Frame::Ping(ping.clone())).await;
        slow.until(|frame| *frame == Frame::Pong(ping.clone()))
            .await;
    }
    // So much and no more, besides what came with the first screen.
    let most = (512 << 10) + 10_000;
    assert!(
        (most - 20_000..=most).contains(&slow.offset),
        "{}",
        slow.offset
    );
    let offset = slow.offset;
    slow.send(Frame::Ack { offset }).await;
    slow.reach(7, stage.speaker.offset).await;
    assert_eq!(slow.screen.text(), stage.speaker.text());
}

// B-07
#[tokio::test]
async fn the_last_screen_of_a_dead_worker_is_there_and_the_next_attempt_takes_its_place() {
    let mut stage = Stage::start().await;
    stage.speaker.show("said before it died").await;
    stage.speaker.key().await;
    stage.speaker.show(" and after its last screen").await;
    stage.speaker.settle().await;
    let (expected, offset) = (stage.speaker.text(), stage.speaker.offset);
    let second = run_attempt(2);
    let bus = bus(&stage.world.broker).await;
    let next = Speaker::new(bus, &stage.run, "w-2", second, 5);
    drop(std::mem::replace(&mut stage.speaker, next));
    let mut late = stage.viewer().await;
    late.reach(7, offset).await;
    assert_eq!(late.screen.text(), expected);
    drop(late);
    let lost = stage.holder.lose(&stage.run).await;
    stage.holder = Holder::take_as(&stage.world.bus, &stage.run, "w-2", (second, lost)).await;
    let position = stage.holder.say(ready(generation(2))).await;
    stage.world.recorded(position).await;
    stage.speaker.show("the second attempt").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(5, stage.speaker.offset).await;
    assert_eq!(viewer.screen.text(), stage.speaker.text());
}

fn run_attempt(n: u64) -> baton_domain::Attempt {
    baton_domain::Attempt::new(n).unwrap()
}

fn generation(n: u64) -> Generation {
    serde_json::from_value(n.into()).unwrap()
}

// B-07
#[tokio::test]
async fn a_viewer_goes_on_with_the_next_attempt_and_sees_the_last_screen_meanwhile() {
    let mut stage = Stage::start().await;
    stage.speaker.show("said before it died").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, stage.speaker.offset).await;
    let expected = stage.speaker.text();
    let lost = stage.holder.lose(&stage.run).await;
    let second = run_attempt(2);
    stage.holder = Holder::take_as(&stage.world.bus, &stage.run, "w-2", (second, lost)).await;
    let bus = bus(&stage.world.broker).await;
    // Its clock is behind that of the one before.
    stage.speaker = Speaker::new(bus, &stage.run, "w-2", second, 5);
    assert_eq!(viewer.screen.text(), expected);
    stage.holder.say(ready(generation(2))).await;
    stage.speaker.show("the second attempt").await;
    viewer.reach(5, stage.speaker.offset).await;
    assert_eq!(viewer.screen.text(), stage.speaker.text());
}

// B-07
#[tokio::test]
async fn the_end_of_a_run_is_shown_and_can_be_looked_at_afterwards() {
    let mut stage = Stage::start().await;
    stage.speaker.show("done").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, stage.speaker.offset).await;
    let (offset, exit) = (
        stage.speaker.offset,
        Exit {
            code: Some(0),
            signal: None,
        },
    );
    stage
        .speaker
        .say(Frame::Exit {
            offset,
            exit: exit.clone(),
        })
        .await;
    stage.speaker.settle().await;
    let over = SessionOver {
        generation: Generation::FIRST,
        code: "finished".to_owned(),
        reason: "the run is over".to_owned(),
    };
    let said = [Event::SessionEnded(over), succeeded()];
    let position = stage.holder.say(said).await;
    assert_eq!(viewer.end().await.0, 1000);
    let ended = Frame::Exit { offset, exit };
    assert!(viewer.heard.contains(&ended));
    stage.world.recorded(position).await;
    let mut late = stage.viewer().await;
    assert_eq!(late.end().await.0, 1000);
    assert_eq!(late.screen.text(), stage.speaker.text());
    assert_eq!(late.heard.last(), Some(&ended));
}

// B-07
#[tokio::test]
async fn watching_goes_on_when_the_broker_was_away() {
    let mut stage = Stage::start().await;
    stage.speaker.show("before ").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, stage.speaker.offset).await;
    stage.world.broker.restart().await;
    // The streams were forgotten, and are made anew by the server.
    while !matches!(stage.world.bus.verify_topology().await, Ok(found) if found.is_empty()) {
        tokio::task::yield_now().await;
    }
    // Written while nobody could hear it.
    stage.speaker.offset += 18;
    stage.speaker.show("\x1b[2Jwhat there is now ").await;
    stage.speaker.key().await;
    stage.speaker.show("after").await;
    viewer.reach(7, stage.speaker.offset).await;
    assert_eq!(viewer.screen.text(), stage.speaker.text());
}

// B-02
#[tokio::test]
async fn two_servers_share_nothing_but_the_broker() {
    let mut stage = Stage::start().await;
    let mut options = ApiOptions::new(stage.world.artifacts.path().join("other"));
    options.listen.set_port(0);
    let other = ApiServer::new(options, stage.world.deps()).unwrap();
    let other = other.bind().await.unwrap();
    let address = other.local_addr();
    let soft = CancellationToken::new();
    let mut serving = JoinSet::new();
    serving.spawn(other.serve(soft.clone(), CancellationToken::new()));
    let mut here = stage.viewer().await;
    let mut there = stage.viewer_at(address, &Subscribe::default()).await;
    for n in 0..50 {
        stage.speaker.show(&format!("line {n}\r\n")).await;
    }
    for viewer in [&mut here, &mut there] {
        viewer.reach(7, stage.speaker.offset).await;
        assert_eq!(viewer.screen.text(), stage.speaker.text());
    }
    soft.cancel();
    assert_eq!(there.end().await.0, 1012);
    serving.join_next().await.unwrap().unwrap().unwrap();
}

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
async fn a_name_has_so_many_terminals_open_and_no_more() {
    let world = World::unusual(Unusual {
        terminal_connections: Some(2),
        ..Unusual::default()
    });
    let stage = Stage::in_world(world.await).await;
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
    assert!(
        status == 429 && body.contains("too-many-connections"),
        "{body}"
    );
    drop(first);
    while Viewer::open(known()).await.is_err() {}
}

// B-02
#[tokio::test]
async fn without_the_database_whoever_watches_goes_on_and_a_session_that_is_unknown_stays_shut() {
    let mut stage = Stage::start().await;
    stage.speaker.show("before ").await;
    let mut viewer = stage.viewer().await;
    viewer.reach(7, stage.speaker.offset).await;
    let other = stage.world.submit("unwatched").await;
    stage.world.stop_recorder().await;
    stage.world.database.stop().await;
    stage.speaker.show("after").await;
    viewer.reach(7, stage.speaker.offset).await;
    let admin = stage.world.admin();
    let path = format!("/api/task-runs/{}/live-session/terminal", other.id);
    let unknown = with(request(stage.world.address, &path), "Authorization", &admin);
    let (status, _) = Viewer::open(unknown).await.err().unwrap();
    assert!(status == 503 || status == 409, "{status}");
    let guessed = with(
        request(stage.world.address, &stage.path()),
        "Authorization",
        "Bearer x",
    );
    assert!(matches!(
        Viewer::open(guessed).await.err(),
        Some((401 | 503, _))
    ));
}

// B-07
#[tokio::test]
async fn a_recording_is_made_of_what_is_kept_until_there_is_the_one_that_was_left() {
    let mut stage = Stage::start().await;
    let path = format!("/api/task-runs/{}/recording", stage.run.id);
    let none = stage.world.get(&path).send().await.unwrap();
    let none = problem(none).await;
    assert!(
        none.status == 404 && none.detail.contains("it left none"),
        "{none:?}"
    );
    stage.speaker.show("shown\r\n").await;
    stage.speaker.settle().await;
    let live = stage.world.get(&path).send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "application/x-asciicast");
    assert!(!live.headers().contains_key("etag"));
    let text = live.text().await.unwrap();
    assert!(
        text.starts_with(r#"{"term""#) || text.contains(r#""version":3"#),
        "{text}"
    );
    assert!(text.contains(r#""o","shown\r\n"]"#), "{text}");
    let other = stage
        .world
        .get(&format!("{path}?attempt=2"))
        .send()
        .await
        .unwrap();
    let other = problem(other).await;
    assert!(other.detail.contains("attempt 2"), "{other:?}");

    let cast = "{\"version\":3}\n";
    let name = "recording/agent.cast";
    let upload = format!(
        "/api/task-runs/{}/attempts/1/artifacts/{name}",
        stage.run.id
    );
    let kept = stage.world.put(&upload, cast).send().await.unwrap();
    assert_eq!(kept.status(), 201, "{kept:?}");
    let position = stage
        .holder
        .say([Event::ArtifactStored {
            name: name.to_owned(),
            size: cast.len() as u64,
            sha256: sha256(cast),
            content_type: "application/x-asciicast".to_owned(),
        }])
        .await;
    stage.world.recorded(position).await;
    let left = stage.world.get(&path).send().await.unwrap();
    let etag = left.headers()["etag"].clone();
    assert_eq!(left.headers()["content-type"], "application/x-asciicast");
    assert_eq!(left.text().await.unwrap(), cast);
    let again = stage.world.get(&path).header("If-None-Match", etag);
    assert_eq!(again.send().await.unwrap().status(), 304);
    let shell = stage.world.get(&format!("{path}?terminal=shell"));
    let shell = problem(shell.send().await.unwrap()).await;
    assert!(shell.detail.contains("'shell'"), "{shell:?}");
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
