//! Recorded events a second, from a stream that is full already. Raw is inserting the same rows
//! into a table of the same shape, in batches as large as the recorder's, a transaction each.

use std::time::{Duration, Instant};

use baton_bus::{Bus, Fence, Patience};
use baton_domain::{Position, RunId};
use baton_recorder::{Progress, Recorder, RecorderOptions};
use baton_standalone::SyncPolicy;
use baton_wire::{EventsMessage, MessageId};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    BenchError, BenchOptions, Figures, Rate, broker, database,
    ground::{Broker, Database},
    words,
};

/// Runs that speak at the same time.
const RUNS: usize = 50;

pub(crate) async fn measure(options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let mut figures = Vec::new();
    for events_per_message in [1_u32, 20] {
        figures.push(shape(options, events_per_message).await?);
    }
    Ok(figures)
}

async fn shape(options: &BenchOptions, per_message: u32) -> Result<Figures, BenchError> {
    let server = Broker::start(&options.programs, SyncPolicy::Default).await?;
    let store = Database::start(&options.programs).await?;
    let bus = server.bus().await?;
    let events = options.n.saturating_mul(40).max(per_message);
    let messages = (events / per_message) as usize / RUNS;
    let messages = messages.max(1);
    let count = messages * RUNS * per_message as usize;
    let at_once = events_at_once(per_message);
    let mut raw = RawTable::open(&store).await?;
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let last = fill(&bus, messages, per_message.into()).await?;
        ours.push(record(&bus, &store, last).await?);
        limit.push(raw.insert(count, at_once).await?);
    }
    Ok(Figures::rates(
        format!("events recorded, {per_message} in a message"),
        format!(
            "{count} events of {RUNS} runs a round, {} rounds in turn; transactions of {} rows, on disk",
            options.rounds, at_once
        ),
        Rate::of(count, ours),
        Rate::of(count, limit),
    ))
}

/// As many events as the recorder writes in one transaction.
fn events_at_once(per_message: u32) -> usize {
    let most = RecorderOptions::default();
    let of_messages = most.batch_messages.saturating_mul(per_message as usize);
    of_messages.min(most.batch_events)
}

/// Fills the stream; returns the last position.
async fn fill(bus: &Bus, messages: usize, per_message: u64) -> Result<Position, BenchError> {
    let lives = (0..RUNS).map(|_| life(bus, messages, per_message));
    let mut ends = stream::iter(lives).buffer_unordered(RUNS);
    let mut last = Position::START;
    while let Some(end) = ends.try_next().await? {
        last = last.max(end);
    }
    Ok(last)
}

async fn life(bus: &Bus, messages: usize, per_message: u64) -> Result<Position, BenchError> {
    let run = words::new_run();
    let (subject, offer) = words::offer(run);
    let id = MessageId::offer(run, offer.attempt);
    let patience = Patience::Until(CancellationToken::new());
    let said = bus.publish(&subject, &id, &offer, Fence::None, &patience);
    said.await.map_err(broker)?;
    let (subject, lease) = words::taken(run);
    let id = MessageId::lease(run, lease.attempt, lease.step.as_str(), "bench");
    let said = bus.publish(&subject, &id, &lease, Fence::None, &patience);
    let mut last = said.await.map_err(broker)?;
    for n in 0..messages as u64 {
        let (subject, message) = words::events(run, n * per_message + 1, per_message);
        let id = message_id(run, &message);
        let said = bus.publish(&subject, &id, &message, Fence::None, &patience);
        last = said.await.map_err(broker)?;
    }
    Ok(last)
}

fn message_id(run: RunId, message: &EventsMessage) -> MessageId {
    let first = message.events.first().expect("events were asked for");
    MessageId::events(run, message.attempt, first.seq)
}

/// Runs a recorder until it has kept everything; the clock starts when it has its connections and
/// the right to write, as that of the raw table does.
async fn record(bus: &Bus, store: &Database, last: Position) -> Result<Duration, BenchError> {
    let recorder = Recorder::new(bus.clone(), store.store()?, RecorderOptions::default());
    let mut progress = recorder.progress();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    let mut role = JoinSet::new();
    role.spawn(recorder.run(soft.clone(), hard));
    let ended = |_| BenchError::Ended("recorder");
    progress
        .wait_for(|now| *now != Progress::StandingBy)
        .await
        .map_err(ended)?;
    let begun = Instant::now();
    progress
        .wait_for(|now| now.has_recorded(last))
        .await
        .map_err(ended)?;
    let took = begun.elapsed();
    soft.cancel();
    while let Some(end) = role.join_next().await {
        end.map_err(broker)?.map_err(broker)?;
    }
    Ok(took)
}

/// A table like that of events, without Baton before it.
struct RawTable {
    connection: PgConnection,
    position: i64,
}

impl RawTable {
    async fn open(store: &Database) -> Result<Self, BenchError> {
        let connection = PgConnection::connect(&store.url()).await;
        let mut connection = connection.map_err(database)?;
        sqlx::query("CREATE TABLE raw_events (LIKE task_run_events INCLUDING ALL)")
            .execute(&mut connection)
            .await
            .map_err(database)?;
        Ok(Self {
            connection,
            position: 0,
        })
    }

    async fn insert(&mut self, count: usize, at_once: usize) -> Result<Duration, BenchError> {
        let runs: Vec<Uuid> = (0..RUNS).map(|_| Uuid::now_v7()).collect();
        let (_, sample) = words::events(words::new_run(), 1, 1);
        let data = serde_json::to_value(&sample.events[0]).map_err(broker)?;
        let mut left = count;
        let begun = Instant::now();
        while left > 0 {
            let rows = left.min(at_once);
            self.batch(&runs, &data, rows).await.map_err(database)?;
            left -= rows;
        }
        Ok(begun.elapsed())
    }

    async fn batch(
        &mut self,
        runs: &[Uuid],
        data: &serde_json::Value,
        rows: usize,
    ) -> Result<(), sqlx::Error> {
        let first = self.position + 1;
        self.position += i64::try_from(rows).unwrap_or(i64::MAX);
        let positions: Vec<i64> = (first..=self.position).collect();
        let runs: Vec<Uuid> = runs.iter().copied().cycle().take(rows).collect();
        let data: Vec<&serde_json::Value> = vec![data; rows];
        sqlx::query(
            "INSERT INTO raw_events
                 (position, index, run_id, attempt, seq, source, kind, at, refusal, data, effective)
             SELECT position, 0, run_id, 1, position, 'bench', 'agent_message', now(), NULL, data, true
             FROM UNNEST($1::bigint[], $2::uuid[], $3::jsonb[]) AS e (position, run_id, data)",
        )
        .bind(&positions)
        .bind(&runs)
        .bind(&data)
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}
