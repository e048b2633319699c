//! An agent that prints as fast as its terminal takes it: alone, and before a crowd, with and without
//! somebody in it who does not read. It measures itself how long its output took.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::try_join_all;
use tokio::sync::watch;

use super::{
    house::{House, Live},
    raw,
    viewer::Viewer,
};
use crate::{BenchError, Figures, Rate};

/// Lines that are printed at a time, about 2 MB.
const LINES: usize = 300_000;
/// How many watch.
const CROWD: usize = 100;
/// So many times as many rounds as elsewhere: two kinds of them are compared.
const PAIRS: u32 = 3;
/// Keys that are typed in a round before a crowd.
const KEYS: u32 = 20;

pub(super) async fn measure(house: &House, rounds: u32) -> Result<Vec<Figures>, BenchError> {
    let live = house.run(&script()).await?;
    let mut typist = live.typist().await?;
    let (mut alone, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.push(print(&mut typist).await?);
        raw.push(raw::flood(script()).await?);
    }
    let mut figures = vec![Figures::rates(
        "lines a second that an agent prints, one viewer".to_owned(),
        format!("{LINES} short lines, {rounds} rounds; raw is a terminal that is only read"),
        Rate::of(LINES, alone),
        Rate::of(LINES, raw),
    )];
    figures.extend(before_a_crowd(&live, &mut typist, rounds * PAIRS).await?);
    Ok(figures)
}

/// What was measured with somebody frozen in the crowd, or without.
#[derive(Default)]
struct Measured {
    printing: Vec<Duration>,
    echoes: Vec<Duration>,
}

/// A round with somebody who does not read, a round without, and so on: what else goes on at this
/// machine hits both.
async fn before_a_crowd(
    live: &Live,
    typist: &mut Viewer,
    pairs: u32,
) -> Result<Vec<Figures>, BenchError> {
    let mut readers = Vec::new();
    for _ in 1..CROWD {
        readers.push(live.viewer().await?);
    }
    let (mut with, mut without) = (Measured::default(), Measured::default());
    for pair in 0..pairs {
        for frozen in [pair % 2 == 0, pair % 2 != 0] {
            let last = live.viewer().await?;
            let (last, measured) = if frozen {
                (Some(last), &mut with)
            } else {
                readers.push(last);
                (None, &mut without)
            };
            measured.round(typist, &mut readers).await?;
            if last.is_none() {
                readers.pop();
            }
        }
    }
    let others = CROWD - 1;
    Ok(vec![
        Figures::latencies(
            &format!("an agent prints {LINES} lines, {CROWD} viewers, one of them frozen"),
            format!("{pairs} rounds each, in turn; raw is the same with nobody frozen"),
            with.printing,
            without.printing,
        ),
        Figures::latencies(
            &format!("key typed to its echo shown to each of {others}, beside one that is frozen"),
            format!("{KEYS} keys after each of these rounds; raw is the same with nobody frozen"),
            with.echoes,
            without.echoes,
        ),
    ])
}

impl Measured {
    async fn round(
        &mut self,
        typist: &mut Viewer,
        readers: &mut [Viewer],
    ) -> Result<(), BenchError> {
        let (tell, end) = watch::channel(None);
        let reading = readers.iter_mut().map(|reader| reader.read_on(end.clone()));
        let printing = async {
            let took = print(typist).await?;
            tell.send_replace(Some(typist.seen()));
            Ok::<_, BenchError>(took)
        };
        let (took, _) = tokio::try_join!(printing, try_join_all(reading))?;
        self.printing.push(took);
        for _ in 0..KEYS {
            let begun = Instant::now();
            typist.send_input(Bytes::from_static(b"k\n")).await?;
            let offset = typist.seen() + 1;
            let shown = readers.iter_mut().take(CROWD - 1).map(async |reader| {
                reader.shown(offset).await?;
                Ok::<_, BenchError>(begun.elapsed())
            });
            let (times, ()) = tokio::try_join!(try_join_all(shown), typist.shown(offset))?;
            self.echoes.extend(times);
        }
        Ok(())
    }
}

/// Has the agent print; how long that took it.
async fn print(typist: &mut Viewer) -> Result<Duration, BenchError> {
    typist.send_input(Bytes::from_static(b"go\n")).await?;
    let nanos = typist.wait_for("TOOK ").await?;
    let nanos = nanos.trim().parse();
    let nanos = nanos.map_err(|_| BenchError::Ended("flood"))?;
    Ok(Duration::from_nanos(nanos))
}

/// Prints on every line that it reads, and a single character for a `k`.
fn script() -> String {
    format!(
        "stty -echo -onlcr; while read -r line; do if [ \"$line\" = k ]; then printf x; continue; fi; \
         begun=$(date +%s%N); seq 1 {LINES}; printf '\\nTOOK %s;' $(($(date +%s%N) - begun)); done"
    )
}
