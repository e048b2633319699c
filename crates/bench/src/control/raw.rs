//! A request and its answer between two clients of a broker, without Baton.

use std::time::{Duration, Instant};

use baton_standalone::SyncPolicy;
use futures::StreamExt as _;
use tokio::task::JoinSet;

use crate::{BenchError, BenchOptions, broker, ground::Broker};

const SUBJECT: &str = "bench.echo";

/// As many requests, one after another.
pub(super) async fn requests(options: &BenchOptions) -> Result<Vec<Duration>, BenchError> {
    let ground = Broker::start(&options.programs, SyncPolicy::Always).await?;
    let (asks, answers) = (ground.client().await?, ground.client().await?);
    let mut asked = answers.subscribe(SUBJECT).await.map_err(broker)?;
    // Once its own message has come back, the broker knows the subscription.
    let own = answers.publish(SUBJECT, bytes::Bytes::new());
    own.await.map_err(broker)?;
    asked.next().await;
    let mut answering = JoinSet::new();
    answering.spawn(async move {
        while let Some(message) = asked.next().await {
            if let Some(reply) = message.reply {
                let _ = answers.publish(reply, message.payload).await;
            }
        }
    });
    let mut times = Vec::new();
    for _ in 0..options.n {
        let begun = Instant::now();
        let body = bytes::Bytes::from_static(&[0; 200]);
        asks.request(SUBJECT, body).await.map_err(broker)?;
        times.push(begun.elapsed());
    }
    Ok(times)
}
