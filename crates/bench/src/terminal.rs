//! Live terminals by their front door: a `baton dev` of its own, a run whose agent echoes, viewers on
//! WebSockets. Raw is a terminal of this process without Baton, and a plain request to the API.

mod flood;
pub(crate) mod house;
mod raw;
mod viewer;

use std::time::{Duration, Instant};

use baton_wire::terminal::Frame;

use self::{
    house::{House, Live},
    viewer::Viewer,
};
use crate::{BenchError, BenchOptions, Figures};

/// So many times as many grants are revoked as there are rounds elsewhere.
const REVOKED: u32 = 17;

/// How many watch when output is fanned out.
const CROWDS: [usize; 3] = [10, 100, 500];

pub(crate) async fn measure(options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let house = House::start(options).await?;
    let figures = measure_in(&house, options).await;
    // Stopped in any case: a house that is only dropped leaves its agents behind.
    house.stop().await?;
    figures
}

async fn measure_in(house: &House, options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let live = house.echo().await?;
    let raw = raw::echoes(options.n).await?;
    let mut figures = vec![
        echo(&live, options.n, &raw).await?,
        join(house, &live, options.n).await?,
    ];
    for crowd in CROWDS {
        figures.push(fan_out(&live, crowd, options.n, &raw).await?);
    }
    figures.push(revoke(house, &live, options.rounds).await?);
    figures.extend(flood::measure(house, options.rounds).await?);
    Ok(figures)
}

/// From a key on the WebSocket to its echo there, through grant check and record.
async fn echo(live: &Live, n: u32, raw: &[Duration]) -> Result<Figures, BenchError> {
    let mut typist = live.typist().await?;
    let mut times = Vec::new();
    for _ in 0..n {
        let begun = Instant::now();
        let offset = typist.key().await?;
        typist.shown(offset).await?;
        times.push(begun.elapsed());
    }
    Ok(Figures::latencies(
        "key typed to its echo shown",
        "one viewer, one key after another; raw is the echo of a terminal in this process"
            .to_owned(),
        times,
        raw.to_vec(),
    ))
}

/// From a key typed by one to its echo at each of a crowd.
async fn fan_out(
    live: &Live,
    crowd: usize,
    n: u32,
    raw: &[Duration],
) -> Result<Figures, BenchError> {
    let mut typist = live.typist().await?;
    let mut viewers = Vec::new();
    for _ in 0..crowd {
        viewers.push(live.viewer().await?);
    }
    // All in all about as many times as for the other crowds.
    let keys = (n as usize * 10 / crowd).clamp(5, n as usize);
    let mut times = Vec::new();
    for _ in 0..keys {
        let begun = Instant::now();
        let offset = typist.key().await?;
        let shown = viewers.iter_mut().map(async |viewer| {
            viewer.shown(offset).await?;
            Ok::<_, BenchError>(begun.elapsed())
        });
        times.extend(futures::future::try_join_all(shown).await?);
    }
    Ok(Figures::latencies(
        &format!("key typed to its echo shown to each of {crowd}"),
        format!("{crowd} viewers and the clients on this machine; raw is the echo of one terminal"),
        times,
        raw.to_vec(),
    ))
}

/// From asking to be connected to the whole screen.
async fn join(house: &House, live: &Live, n: u32) -> Result<Figures, BenchError> {
    let (mut times, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..n.min(200) {
        let begun = Instant::now();
        drop(live.viewer().await?);
        times.push(begun.elapsed());
        raw.push(house.plain_request().await?);
    }
    Ok(Figures::latencies(
        "connecting to the whole screen",
        "a new WebSocket each time; raw is a request to the API on an open connection".to_owned(),
        times,
        raw,
    ))
}

/// From taking the right to type away to the last key that was still taken.
async fn revoke(house: &House, live: &Live, rounds: u32) -> Result<Figures, BenchError> {
    let (mut times, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..rounds * REVOKED {
        let mut typist = live.typist().await?;
        typist.key().await?;
        let begun = Instant::now();
        let revoked = live.revoke();
        tokio::pin!(revoked);
        let mut last = begun;
        let mut answered = false;
        // Keys are typed all the while; the first refusal is the end.
        loop {
            tokio::select! {
                answer = &mut revoked, if !answered => { answer?; answered = true; }
                typed = typist.try_key() => match typed? {
                    Typed::Taken => last = Instant::now(),
                    Typed::Refused => break,
                },
            }
        }
        if !answered {
            revoked.await?;
        }
        times.push(last - begun);
        raw.push(house.plain_request().await?);
    }
    Ok(Figures::latencies(
        "revoked to the last key taken",
        "one who types without pause; raw is a request to the API".to_owned(),
        times,
        raw,
    ))
}

/// What became of a key.
enum Typed {
    Taken,
    Refused,
}

impl Viewer {
    /// Types a key and waits for the gate.
    async fn try_key(&mut self) -> Result<Typed, BenchError> {
        let seq = self.send_key().await?;
        loop {
            match self.next().await? {
                Frame::Accepted { seq: taken, .. } if taken == seq => return Ok(Typed::Taken),
                Frame::Refused(_) => return Ok(Typed::Refused),
                _ => {}
            }
        }
    }

    /// Types a key that is taken. Gives the offset behind its echo.
    async fn key(&mut self) -> Result<u64, BenchError> {
        let seq = self.send_key().await?;
        loop {
            match self.next().await? {
                Frame::Accepted {
                    seq: taken, offset, ..
                } if taken == seq => return Ok(offset + 1),
                Frame::Refused(refused) => return Err(BenchError::Refused(refused.reason)),
                _ => {}
            }
        }
    }
}
