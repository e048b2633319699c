//! What watchers see when workers, runs, the broker or the database come and go.

use baton_domain::Generation;
use baton_wire::{Event, Frame, event::SessionOver, terminal::Exit};

use crate::{
    terminal::{Speaker, Stage, Viewer, ready, request, with},
    worker::{Holder, succeeded},
    world::bus,
};

// B-07
#[tokio::test]
async fn the_last_screen_of_a_dead_worker_is_there_and_the_next_attempt_takes_its_place() {
    let mut stage = Stage::start().await;
    stage.speaker.show("said before it died").await;
    stage.speaker.key().await;
    stage.speaker.show(" and after its last screen").await;
    stage.speaker.is_kept().await;
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
    stage.speaker.is_kept().await;
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
    stage.speaker.is_kept().await;
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
