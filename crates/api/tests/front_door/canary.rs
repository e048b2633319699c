//! A scan for words that must be nowhere: in no answer, no message, no table, no log.

use std::{
    io,
    process::Command,
    sync::{Arc, Mutex},
};

use baton_domain::Position;
use baton_wire::http::TaskRun;
use tracing_subscriber::fmt::MakeWriter;

use crate::world::World;

/// Everything that the process logs, from the most talkative level on.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes the log of the whole process: a test has a process of its own.
    pub(crate) fn listen() -> Self {
        let log = Self::default();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(log.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Asserts that none of the words is anywhere but where it belongs.
pub(crate) async fn assert_nowhere(world: &World, run: &TaskRun, log: &Log, words: &[&str]) {
    let mut places = answers(world, run).await;
    places.push(("the stream".to_owned(), stream(world).await));
    places.push(("a table".to_owned(), tables(world)));
    places.push(("the log".to_owned(), log.text()));
    for (place, text) in &places {
        for word in words {
            assert!(!text.contains(word), "{word} is in {place}");
        }
    }
    // It would find them: each place tells of the run.
    for (place, text) in &places {
        let is_told = text.contains(&run.id.to_string()) || place.ends_with("keys");
        assert!(is_told, "{place} is empty: {text:.200}");
    }
}

async fn answers(world: &World, run: &TaskRun) -> Vec<(String, String)> {
    let below = format!("/api/task-runs/{}", run.id);
    let mut found = Vec::new();
    for path in [
        below.clone(),
        format!("{below}/events?limit=500"),
        format!("{below}/live-session"),
        "/api/task-runs".to_owned(),
        "/api/keys".to_owned(),
    ] {
        let answer = world.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        found.push((path, answer.text().await.unwrap()));
    }
    found
}

async fn stream(world: &World) -> String {
    let mut text = String::new();
    let last = world.bus.last_position().await.unwrap().get();
    for position in 1..=last {
        let position = Position::new(position).unwrap();
        if let Some(message) = world.bus.get(position).await.unwrap() {
            text.push_str(&message.subject);
            text.push_str(&String::from_utf8_lossy(&message.payload));
        }
    }
    text
}

fn tables(world: &World) -> String {
    let url = world.database.url();
    let dump = Command::new("pg_dump")
        .args(["--data-only", "--inserts", "--dbname", &url])
        .output()
        .unwrap();
    assert!(dump.status.success(), "{dump:?}");
    String::from_utf8_lossy(&dump.stdout).into_owned()
}
