//! Wishes about a running agent by their front door: a `baton dev` of its own, a run that goes on,
//! and one wish after another. Raw is a request and its answer between two clients of a broker, and
//! the start of a program that does nothing.

mod checkpoint;
mod heard;
mod raw;

use std::time::{Duration, Instant};

use baton_domain::{Clock as _, RunId, SystemClock};
use baton_wire::http::ControlEvent;
use serde_json::{Value, json};
use tokio::time::timeout;

use self::heard::Heard;
use crate::{BenchError, BenchOptions, Figures, terminal::house::House};

/// How long a worker may take to hold a wish.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn measure(options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let house = House::start(options).await?;
    let figures = measure_in(&house, options).await;
    // Stopped in any case: a house that is only dropped leaves its agents behind.
    house.stop().await?;
    figures
}

async fn measure_in(house: &House, options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let raw = raw::requests(options).await?;
    let mut figures = wishes(house, options.n, &raw).await?;
    figures.push(checkpoint::measure(house, options).await?);
    Ok(figures)
}

/// From asking the API to the worker holding it, by the worker's own word of when, and to everybody
/// who watches knowing that.
async fn wishes(house: &House, n: u32, raw: &[Duration]) -> Result<Vec<Figures>, BenchError> {
    let run = house.begin("exec sleep 86400").await?;
    let mut heard = Heard::of(house, run).await?;
    let (mut held, mut shown) = (Vec::new(), Vec::new());
    for number in 0..n {
        let (at, begun) = (SystemClock.now(), Instant::now());
        let taken = wish(house, run, number).await?;
        let told = timeout(PATIENCE, heard.delivered(taken.id));
        let told = told
            .await
            .map_err(|_| BenchError::Ended("wait for a worker"))??;
        shown.push(told.arrived - begun);
        held.push((told.at - at).to_std().unwrap_or_default());
    }
    let conditions = "pause and resume in turn, each after the one before was held";
    Ok(vec![
        Figures::latencies(
            "wish at the API to the worker holding it",
            format!(
                "{conditions}; by the one clock of this machine; raw is a request over a broker"
            ),
            held,
            raw.to_vec(),
        ),
        Figures::latencies(
            "wish at the API to viewers knowing that the worker holds it",
            format!(
                "{conditions}; through the broker's disk twice; raw is a request over a broker"
            ),
            shown,
            raw.to_vec(),
        ),
    ])
}

/// A soft pause, or the end of it: nothing stands still, for a program without checkpoints is
/// given a day to reach one.
async fn wish(house: &House, run: RunId, number: u32) -> Result<ControlEvent, BenchError> {
    let body: Value = if number.is_multiple_of(2) {
        json!({"action": "pause", "deadlineSeconds": 86_400})
    } else {
        json!({"action": "resume"})
    };
    house
        .post(&format!("/api/task-runs/{run}/control"), &body)
        .await
}
