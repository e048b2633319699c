//! What terminals show, what is typed, and who may type, through a real broker.

use std::time::Duration;

use async_nats::jetstream::stream::SubjectTransform;
use baton_bus::{Bus, BusError, Connection, Fed, Fence, NotSent, PublishError, TerminalFeed};
use baton_domain::{Attempt, Position, TerminalName, TerminalSize};
use baton_testkit::TestBroker;
use baton_wire::{
    Frame, GrantMessage, GrantStep, MessageId, SignedGate, Subject, TerminalMessage,
    terminal::Snapshot,
};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, future::join_all};
use uuid::Uuid;

use crate::house::{House, at, connect, run, soon, worker};

const AGENT: TerminalName = TerminalName::Agent;

fn message(epoch: u64, frames: Vec<Frame>) -> Bytes {
    TerminalMessage {
        attempt: Attempt::FIRST,
        epoch,
        frames,
    }
    .encode()
}

fn output(offset: u64, text: &str) -> Frame {
    Frame::Output {
        offset,
        bytes: Bytes::copy_from_slice(text.as_bytes()),
    }
}

fn screen(offset: u64) -> Frame {
    Frame::Snapshot {
        offset,
        snapshot: Snapshot {
            size: TerminalSize::DEFAULT,
            dump: Bytes::from(format!("screen at {offset}")),
        },
    }
}

fn of_output(who: &str) -> Subject {
    Subject::TerminalOutput {
        run: run(1),
        terminal: AGENT,
        worker: worker(who),
    }
}

fn show(bus: &Bus, who: &str, epoch: u64, frame: Frame) {
    bus.publish_terminal(&of_output(who), message(epoch, vec![frame]))
        .expect("the client takes it");
}

fn show_screen(bus: &Bus, who: &str, epoch: u64, offset: u64) {
    let subject = Subject::TerminalKey {
        run: run(1),
        terminal: AGENT,
        worker: worker(who),
    };
    bus.publish_terminal(&subject, message(epoch, vec![screen(offset)]))
        .expect("the client takes it");
}

async fn feed(bus: &Bus, who: &str) -> TerminalFeed {
    bus.terminal_feed(run(1), AGENT, &worker(who))
        .await
        .expect("a feed")
}

async fn next(feed: &mut TerminalFeed) -> Frame {
    let Fed { frame, .. } = soon(feed.next()).await.expect("the feed goes on");
    frame
}

/// The broker has read everything that was sent: it reads a connection in order.
async fn settle(bus: &Bus) {
    bus.last_position().await.expect("an answer");
}

/// The broker keeps so many words and screens: its streams take what it has read a moment later.
async fn settle_kept(broker: &TestBroker, words: u64, screens: u64) {
    let client = async_nats::connect(broker.url()).await;
    let jetstream = async_nats::jetstream::new(client.expect("a connection"));
    let mut poll = tokio::time::interval(Duration::from_millis(5));
    for (stream, wanted) in [("TERM", words), ("TERM_KEYS", screens)] {
        let mut stream = jetstream.get_stream(stream).await.expect("a stream");
        let reached = async {
            while stream.info().await.expect("an answer").state.messages < wanted {
                poll.tick().await;
            }
        };
        soon(reached).await;
    }
}

async fn kept(bus: &Bus) -> Vec<(String, Frame)> {
    let all = bus.recording(run(1), AGENT).map_ok(|kept| {
        let worker = kept.worker.to_string();
        let frames = kept.frames.into_iter();
        futures::stream::iter(frames.map(move |frame| Ok::<_, BusError>((worker.clone(), frame))))
    });
    soon(all.try_flatten().try_collect())
        .await
        .expect("a recording")
}

// B-07
#[tokio::test]
async fn a_feed_begins_with_the_last_screen_and_goes_on_live() {
    let house = House::start().await;
    let speaker = connect(&house.broker, "w1").await;
    show(&speaker, "w1", 7, output(0, "before "));
    show_screen(&speaker, "w1", 7, 7);
    show(&speaker, "w1", 7, output(7, "after "));
    // Another one speaks of a run that it does not hold.
    show(&speaker, "w2", 9, output(0, "forged"));
    settle_kept(&house.broker, 3, 1).await;
    let mut feed = feed(&house.bus, "w1").await;
    assert_eq!(next(&mut feed).await, screen(7));
    assert_eq!(next(&mut feed).await, output(7, "after "));
    show(&speaker, "w1", 7, output(13, "live"));
    assert_eq!(next(&mut feed).await, output(13, "live"));
    // What repeats itself is shown once; another life begins anew.
    show(&speaker, "w1", 7, output(13, "live on"));
    assert_eq!(next(&mut feed).await, output(17, " on"));
    show(&speaker, "w1", 8, output(0, "again"));
    let fed = soon(feed.next()).await.unwrap();
    assert_eq!((fed.epoch, fed.frame), (8, output(0, "again")));
    assert_eq!(fed.kept_at, None);
}

// B-07
#[tokio::test]
async fn a_terminal_whose_worker_is_gone_is_shown_as_it_was_and_its_recording_is_whole() {
    let house = House::start().await;
    let gone = connect(&house.broker, "w1").await;
    let mut offset = 0;
    let mut said = Vec::new();
    for n in 0..700 {
        let text = format!("line {n}\n");
        show(&gone, "w1", 7, output(offset, &text));
        said.push(("w1".to_owned(), output(offset, &text)));
        offset += text.len() as u64;
        if n == 650 {
            show_screen(&gone, "w1", 7, offset);
        }
    }
    settle_kept(&house.broker, 700, 1).await;
    drop(gone);
    let mut feed = feed(&house.bus, "w1").await;
    assert!(matches!(next(&mut feed).await, Frame::Snapshot { .. }));
    for (_, line) in &said[651..] {
        assert_eq!(next(&mut feed).await, *line);
    }
    assert_eq!(kept(&house.bus).await, said);
    let times: Vec<_> = house
        .bus
        .recording(run(1), AGENT)
        .map_ok(|kept| kept.at)
        .try_collect()
        .await
        .unwrap();
    assert!(times.is_sorted() && times.len() == 700);
}

// B-07
#[tokio::test]
async fn a_hole_on_the_live_way_is_filled_out_of_the_stream() {
    let house = House::start().await;
    let speaker = connect(&house.broker, "w1").await;
    let mut feed = feed(&house.bus, "w1").await;
    show(&speaker, "w1", 7, output(0, "0123"));
    assert_eq!(next(&mut feed).await, output(0, "0123"));
    // More than a subscription holds: the client drops the rest without a word.
    for n in 1..=9_000u64 {
        while speaker
            .publish_terminal(&of_output("w1"), message(7, vec![output(n * 4, "4567")]))
            .is_err()
        {
            settle(&speaker).await;
        }
    }
    settle(&speaker).await;
    let mut shown = 4;
    while shown < 9_001 * 4 {
        match next(&mut feed).await {
            Frame::Output { offset, bytes } => {
                assert_eq!(offset, shown);
                shown += bytes.len() as u64;
            }
            other => panic!("{other:?} at {shown}"),
        }
    }
}

// B-07
#[tokio::test]
async fn what_went_by_before_a_feed_began_and_is_kept_only_after_that_is_shown() {
    let house = House::start().await;
    let client = async_nats::connect(house.broker.url()).await;
    let jetstream = async_nats::jetstream::new(client.expect("a connection"));
    // What is published here is kept as a terminal's, and nobody hears it live.
    let mut stream = jetstream.get_stream("TERM").await.expect("a stream");
    let mut config = stream.info().await.expect("an answer").config.clone();
    config.subjects.push("unheard.>".to_owned());
    config.subject_transform = Some(SubjectTransform {
        source: "unheard.>".to_owned(),
        destination: ">".to_owned(),
    });
    jetstream.update_stream(config).await.expect("a stream");

    let mut feed = feed(&house.bus, "w1").await;
    feed.catch_up().await;
    assert_eq!(feed.ready(), None);
    let unheard = format!("unheard.{}", of_output("w1"));
    let client = jetstream.client();
    let said = client.publish(unheard, message(7, vec![output(0, "0123")]));
    said.await.expect("the client takes it");
    assert_eq!(next(&mut feed).await, output(0, "0123"));
}

// B-07
#[tokio::test]
async fn a_feed_lives_through_a_restart_of_the_broker_which_forgets_what_it_kept() {
    let mut house = House::start().await;
    let speaker = connect(&house.broker, "w1").await;
    let mut feed = feed(&house.bus, "w1").await;
    show(&speaker, "w1", 7, output(0, "before"));
    assert_eq!(next(&mut feed).await, output(0, "before"));
    house.restart().await;
    let away = speaker.publish_terminal(&of_output("w1"), message(7, vec![]));
    assert!(away.is_ok() || away == Err(NotSent::Away), "{away:?}");
    for bus in [&house.bus, &speaker] {
        let mut connection = bus.connection();
        soon(connection.wait_for(|now| *now == Connection::Up))
            .await
            .unwrap();
    }
    assert_ne!(house.bus.verify_topology().await.unwrap(), []);
    house.bus.ensure_terminal_streams().await.unwrap();
    assert_eq!(house.bus.verify_topology().await.unwrap(), []);
    // Something was said while the broker was away.
    show(&speaker, "w1", 7, output(16, "after"));
    assert_eq!(next(&mut feed).await, Frame::Gap { from: 6, to: 16 });
    assert_eq!(next(&mut feed).await, output(16, "after"));
    show_screen(&speaker, "w1", 7, 21);
    assert_eq!(next(&mut feed).await, screen(21));
}

#[tokio::test]
async fn a_broker_with_little_memory_keeps_less_and_one_with_none_goes_without() {
    for (memory, missing) in [("24MB", 0), ("100KB", 2)] {
        let config = format!("jetstream {{ max_memory_store: {memory} }}\n");
        let broker = TestBroker::with_config(&config).await;
        let bus = connect(&broker, "test").await;
        bus.apply_topology().await.unwrap();
        let differences = bus.verify_topology().await.unwrap();
        assert_eq!(differences.len(), missing, "{differences:?}");
        assert_eq!(bus.apply_topology().await.unwrap(), differences);
        // Watching goes on without what was kept.
        let mut feed = feed(&bus, "w1").await;
        show(&bus, "w1", 7, output(0, "live"));
        assert_eq!(next(&mut feed).await, output(0, "live"));
        if missing == 0 {
            settle_kept(&broker, 1, 0).await;
        }
        let count = kept(&bus).await.len();
        assert_eq!(count, usize::from(missing == 0));
    }
}

#[tokio::test]
async fn what_is_typed_and_who_may_type_reaches_its_worker_alone() {
    let house = House::start().await;
    let (mut inputs, mut gates) = (
        house.bus.inputs(&worker("w1")).await.unwrap(),
        house.bus.gates(&worker("w1")).await.unwrap(),
    );
    let typed = TerminalMessage {
        attempt: Attempt::FIRST,
        epoch: 0,
        frames: vec![Frame::Ping(Bytes::from_static(b"here"))],
    };
    for who in ["w2", "w1"] {
        let said = house.bus.type_in(&worker(who), run(1), AGENT, &typed).await;
        said.unwrap();
        let gate = grant(if who == "w1" { 1 } else { 2 });
        house.bus.push_gate(&worker(who), &gate).await.unwrap();
    }
    let heard = soon(inputs.next()).await.unwrap();
    assert_eq!(
        (heard.run, heard.terminal, heard.message),
        (run(1), AGENT, typed)
    );
    assert_eq!(soon(gates.next()).await.unwrap(), grant(1));
}

fn grant(fence: u64) -> GrantMessage {
    GrantMessage {
        run: run(1),
        id: Uuid::from_u128(u128::from(fence)),
        actor: "anna".to_owned().try_into().expect("a good value"),
        at: at(),
        step: GrantStep::Revoked,
        fence: baton_domain::Fence::new(fence).expect("a good value"),
        grant: baton_domain::GrantId::from_uuid(Uuid::nil()),
        writer: None,
        note: None,
        signed: SignedGate {
            key_id: "k".to_owned(),
            payload: String::new(),
            signature: String::new(),
        },
    }
}

#[tokio::test]
async fn of_grants_that_are_given_at_once_one_is_kept() {
    let house = House::start().await;
    assert_eq!(house.bus.last_grant(run(1)).await.unwrap(), None);
    let subject = Subject::Grant { run: run(1) };
    let give = async |fence: u64, id: u128, position: Position| {
        let mut message = grant(fence);
        message.id = Uuid::from_u128(id);
        let id = MessageId::grant(run(1), message.id);
        house
            .publish(&subject, &id, &message, Fence::Own { position })
            .await
    };
    let racing = join_all((1..=10).map(|id| give(1, id, Position::START))).await;
    let lost = racing
        .iter()
        .filter(|one| matches!(one, Err(PublishError::Fenced)));
    assert_eq!(lost.count(), 9);
    let (last, position) = house.bus.last_grant(run(1)).await.unwrap().unwrap();
    assert!(
        racing
            .iter()
            .any(|one| one.as_ref().ok() == Some(&position))
    );
    give(last.fence.next().get(), 11, position).await.unwrap();
    let (last, _) = house.bus.last_grant(run(1)).await.unwrap().unwrap();
    assert_eq!(last.fence.get(), 2);
}
