//! What happens to a batch that the database has in hand, but not for good.

use baton_recorder::Progress;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::{
    stage::{Recording, Stage},
    tables::Tables,
    words::{offer, run},
};

/// A batch whose event is on its way into the table, where its place is disputed.
struct InFlight {
    stage: Stage,
    recorder: Recording,
    /// Whoever disputes the place, until this ends.
    holder: PgConnection,
    /// The recorder's own process in the database.
    backend: i32,
    last: baton_domain::Position,
}

impl InFlight {
    async fn start() -> Self {
        let stage = Stage::start().await;
        let mut recorder = stage.recorder();
        let first = stage.life(run(1)).await;
        recorder.has_recorded(first).await;
        let mut holder = connect(&stage).await;
        dispute(&mut holder, first.get() + 1).await;
        let last = stage.publish(offer(run(2), 1)).await;
        let backend = waiting_write(&mut connect(&stage).await).await;
        Self {
            stage,
            recorder,
            holder,
            backend,
            last,
        }
    }

    async fn tables(&self) -> (usize, usize) {
        let tables = Tables::read(&self.stage.database).await;
        (tables.count("runs"), tables.count("events"))
    }
}

async fn connect(stage: &Stage) -> PgConnection {
    let connection = PgConnection::connect(&stage.database.url()).await;
    connection.expect("the database answers")
}

/// Writes a row at a position, not for good.
async fn dispute(connection: &mut PgConnection, position: u64) {
    let begun = sqlx::query("BEGIN").execute(&mut *connection).await;
    begun.expect("the database answers");
    sqlx::query(
        "INSERT INTO task_run_events
             (position, index, run_id, source, kind, at, effective, data)
         VALUES ($1, 0, gen_random_uuid(), 'test', 'output', now(), true, '{}')",
    )
    .bind(position.cast_signed())
    .execute(connection)
    .await
    .expect("the place is free");
}

/// The process that waits for the place.
async fn waiting_write(connection: &mut PgConnection) -> i32 {
    loop {
        let found = sqlx::query(
            "SELECT pid FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO task_run_events%'",
        )
        .fetch_optional(&mut *connection)
        .await
        .expect("the database answers");
        if let Some(row) = found {
            return row.get("pid");
        }
        tokio::task::yield_now().await;
    }
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_is_told_to_stop_keeps_the_batch_at_hand() {
    let flight = InFlight::start().await;
    flight.recorder.soft.cancel();
    flight.holder.close().await.expect("the place is free");
    flight.recorder.end().await.expect("it ends well");
    let tables = Tables::read(&flight.stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (2, 7));
    // The next one has nothing to do again.
    let mut next = flight.stage.recorder();
    next.has_recorded(flight.last).await;
    next.stop().await;
    assert_eq!(Tables::read(&flight.stage.database).await, tables);
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_leaves_at_once_leaves_nothing_of_the_batch_and_the_next_keeps_it() {
    let flight = InFlight::start().await;
    flight.recorder.leave_now().await;
    let mut next = flight.stage.recorder();
    flight.holder.close().await.expect("the place is free");
    next.has_recorded(flight.last).await;
    next.stop().await;
    let tables = Tables::read(&flight.stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (2, 7));
}

// B-01
#[tokio::test(flavor = "multi_thread")]
async fn a_right_to_write_that_is_lost_with_a_batch_in_hand_doubles_nothing() {
    let mut flight = InFlight::start().await;
    let ended = sqlx::query("SELECT pg_terminate_backend($1)").bind(flight.backend);
    let mut other = connect(&flight.stage).await;
    ended.execute(&mut other).await.expect("it can be ended");
    flight.recorder.is(|now| now == Progress::StandingBy).await;
    assert_eq!(flight.tables().await, (1, 6));
    flight.holder.close().await.expect("the place is free");
    flight.recorder.has_recorded(flight.last).await;
    flight.recorder.stop().await;
    let tables = Tables::read(&flight.stage.database).await;
    assert_eq!((tables.count("runs"), tables.count("events")), (2, 7));
}
