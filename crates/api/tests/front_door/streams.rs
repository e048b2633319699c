//! Following runs live.

use baton_wire::{Event, http::EventRecord};

use crate::{
    sse::Sse,
    worker::{Holder, output, succeeded},
    world::World,
};

fn place(record: &EventRecord) -> (u64, u16) {
    (record.position, record.index)
}

// B-01
#[tokio::test]
async fn history_and_live_join_without_a_gap_or_a_double() {
    let world = World::start().await;
    let run = world.submit("talkative").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    holder.chatter(40).await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    // Clients come while the worker talks.
    let talking = async {
        holder.chatter(200).await;
        holder.say([output(0), output(1), succeeded()]).await;
    };
    let clients = futures::future::join_all((0..8).map(|_| async {
        let mut stream = Sse::open(world.get(&path)).await;
        stream.records(1 + 1 + 40 + 200 + 3).await
    }));
    let (heard, ()) = tokio::join!(clients, talking);
    let expected: Vec<_> = {
        let mut all = Vec::new();
        let mut after = 0;
        while all.len() < 245 {
            let page = world
                .events(&run, &format!("limit=100&after={after}"))
                .await;
            all.extend(page.events.iter().map(place));
            after = page.next_after;
        }
        all
    };
    for records in heard {
        let seen: Vec<_> = records.iter().map(|(_, record)| place(record)).collect();
        assert_eq!(seen, expected);
        // Only the last event of a message carries its position: resuming never cuts a message.
        let (last, rest) = records[242..].split_last().unwrap();
        assert!(rest.iter().all(|(id, _)| id.is_none()));
        assert_eq!(last.0, Some(last.1.position));
    }
}

// B-01
#[tokio::test]
async fn a_client_that_comes_back_goes_on_where_it_was() {
    let world = World::start().await;
    let run = world.submit("interrupted").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    holder.chatter(10).await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut first = Sse::open(world.get(&path)).await;
    let seen = first.records(5).await;
    let last = seen.last().unwrap().0.unwrap();
    drop(first);

    // The header wins over the address, which is still that of the first time.
    let again = world
        .get(&format!("{path}?after=0"))
        .header("Last-Event-ID", last);
    let mut second = Sse::open(again).await;
    let rest = second.records(7).await;
    assert!(rest[0].1.position > last);
    assert_eq!(
        rest.iter()
            .filter(|(_, record)| record.kind == "output")
            .count(),
        7
    );
    holder.say([succeeded()]).await;
    let end = second.records(1).await;
    assert_eq!(end[0].1.kind, "succeeded");
    assert_eq!(end[0].1.effective, None);
}

// B-01
#[tokio::test]
async fn the_stream_of_all_runs_starts_now_or_where_it_is_told() {
    let world = World::start().await;
    let before = world.submit("before").await;
    let mut live = Sse::open(world.get("/api/events/stream")).await;
    let mut full = Sse::open(world.get("/api/events/stream?after=0")).await;
    // Where to resume is known before anything happens.
    let joined = live.next().await.unwrap();
    assert_eq!(joined.event, "history");
    // What is recorded may come a moment later on the live way: then it is told as well.
    let begins = joined.id.unwrap();
    assert!(begins <= before.position, "{begins}");
    if begins < before.position {
        assert_eq!(live.records(1).await[0].1.run_id, before.id);
    }
    assert_eq!(live.headers["cache-control"], "no-store");
    let first = full.records(1).await;
    assert_eq!(first[0].1.run_id, before.id);

    let one = world.submit("one").await;
    let two = world.submit("two").await;
    for stream in [&mut live, &mut full] {
        let heard = stream.records(2).await;
        let runs: Vec<_> = heard.iter().map(|(_, record)| record.run_id).collect();
        assert_eq!(runs, [one.id, two.id]);
    }
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let mut world = World::start().await;
    let run = world.submit("watched").await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut of_run = Sse::open(world.get(&path)).await;
    let mut of_all = Sse::open(world.get("/api/events/stream")).await;
    of_run.records(1).await;
    world.stop_api().await;
    while of_all.next().await.is_some() {}
    while of_run.next().await.is_some() {}
}

// B-01
#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_and_resumes_where_it_was() {
    let world = World::start().await;
    let run = world.submit("floods").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let path = format!("/api/task-runs/{}/events/stream", run.id);
    let mut slow = Sse::open(world.get(&path)).await;
    slow.records(2).await;
    // More than its queue, its socket and its own buffers hold together.
    let text = "x".repeat(60_000);
    let mut position = 0;
    for offset in 0..600 {
        let text = text.clone();
        position = holder.say([Event::Output { offset, text }]).await;
    }
    world.recorded(position).await;

    let mut offsets = Vec::new();
    let mut last = 0;
    while let Some(told) = slow.next().await {
        if told.event == "run-event" {
            offsets.push(told.record().data["offset"].as_u64().unwrap());
            last = told.id.unwrap();
        }
    }
    assert!(offsets.len() < 600, "it was never cut off");
    let mut again = Sse::open(world.get(&path).header("Last-Event-ID", last)).await;
    for (_, record) in again.records(600 - offsets.len()).await {
        offsets.push(record.data["offset"].as_u64().unwrap());
    }
    assert_eq!(offsets, (0..600).collect::<Vec<u64>>());
}
