//! An agent that prints as fast as its terminal takes it: alone, and before a crowd of which one does
//! not read. It measures itself how long its output took.

use std::time::Duration;

use bytes::Bytes;

use super::{house::House, raw};
use crate::{BenchError, Figures, Rate};

/// Lines that are printed at a time, about 2 MB.
const LINES: usize = 300_000;
/// How many watch.
const CROWD: usize = 100;

pub(super) async fn measure(house: &House, rounds: u32) -> Result<Vec<Figures>, BenchError> {
    let live = house.run(&script()).await?;
    let mut typist = live.typist().await?;
    let mut round = async || {
        typist.send_input(Bytes::from_static(b"go\n")).await?;
        let nanos = typist.wait_for("TOOK ").await?;
        let nanos = nanos
            .trim()
            .parse()
            .map_err(|_| BenchError::Ended("flood"))?;
        Ok::<_, BenchError>(Duration::from_nanos(nanos))
    };
    let (mut alone, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(round().await?);
        raw.push(raw::flood(script()).await?);
    }
    // One that never reads, and others that do.
    let frozen = live.viewer().await?;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 1..CROWD {
        let mut viewer = live.viewer().await?;
        readers.spawn(async move { while viewer.next().await.is_ok() {} });
    }
    let mut watched = Vec::new();
    for _ in 0..rounds {
        watched.push(round().await?);
    }
    readers.shutdown().await;
    drop(frozen);
    let conditions = format!("{LINES} short lines, {rounds} rounds");
    Ok(vec![
        Figures::rates(
            "lines a second that an agent prints, one viewer".to_owned(),
            format!("{conditions}; raw is a terminal that is only read"),
            Rate::of(LINES, alone.clone()),
            Rate::of(LINES, raw),
        ),
        Figures::rates(
            format!("lines a second that an agent prints, {CROWD} viewers, one of them frozen"),
            format!("{conditions}; raw is the same agent with one viewer"),
            Rate::of(LINES, watched),
            Rate::of(LINES, alone),
        ),
    ])
}

fn script() -> String {
    format!(
        "stty -echo -onlcr; while read -r line; do begun=$(date +%s%N); seq 1 {LINES}; \
         printf '\\nTOOK %s;\\n' $(($(date +%s%N) - begun)); done"
    )
}
