//! From publishing an offer to holding its lease, one offer after another, with a worker that
//! waits. Raw is the same number of stored messages on a plain stream: a publish, a waiting pull,
//! a publish.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use async_nats::jetstream::{self, consumer::pull, stream};
use baton_bus::{Bus, Fence, OfferSource, Patience};
use baton_domain::{Position, RunType};
use baton_standalone::SyncPolicy;
use baton_wire::MessageId;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio_util::sync::CancellationToken;

use crate::{BenchError, BenchOptions, Figures, broker, ground::Broker, words};

pub(crate) async fn measure(options: &BenchOptions) -> Result<Vec<Figures>, BenchError> {
    let server = Broker::start(&options.programs, SyncPolicy::Always).await?;
    let mut ours = Ours::open(&server).await?;
    let mut raw = Raw::open(&server).await?;
    // The first ones make connections and caches.
    for _ in 0..20 {
        ours.once().await?;
        raw.once().await?;
    }
    let (mut our_times, mut raw_times) = (Vec::new(), Vec::new());
    for _ in 0..options.n {
        our_times.push(ours.once().await?);
        raw_times.push(raw.once().await?);
    }
    let conditions =
        "every message on disk before it is acknowledged; one at a time, taken in turn";
    Ok(vec![Figures::latencies(
        "offer published to lease held",
        conditions.to_owned(),
        our_times,
        raw_times,
    )])
}

struct Ours {
    api: Bus,
    worker: Bus,
    offers: OfferSource,
}

impl Ours {
    async fn open(server: &Broker) -> Result<Self, BenchError> {
        let (api, worker) = (server.bus().await?, server.bus().await?);
        api.ensure_queue(&words::route()).await.map_err(broker)?;
        let offers = worker.offers(baton_bus::OfferScope {
            pools: [words::route().pool].into(),
            run_types: [RunType::Command].into(),
            capabilities: [].into(),
        });
        Ok(Self {
            api,
            worker,
            offers,
        })
    }

    async fn once(&mut self) -> Result<Duration, BenchError> {
        let run = words::new_run();
        let (subject, offer) = words::offer(run);
        let id = MessageId::offer(run, offer.attempt);
        let never = CancellationToken::new();
        let begun = Instant::now();
        let published = self
            .api
            .publish(&subject, &id, &offer, FIRST, &Patience::Short);
        let (published, taken) = tokio::join!(published, self.offers.next(&never));
        published.map_err(broker)?;
        let delivery = taken.ok_or(BenchError::Ended("queue"))?;
        let (subject, lease) = words::taken(run);
        let id = MessageId::lease(run, lease.attempt, lease.step.as_str(), "bench");
        let held = self
            .worker
            .publish(&subject, &id, &lease, FIRST, &Patience::Short);
        held.await.map_err(broker)?;
        let took = begun.elapsed();
        delivery.ack().await;
        Ok(took)
    }
}

const FIRST: Fence = Fence::Expect {
    position: Position::START,
};

struct Raw {
    publisher: jetstream::Context,
    worker: jetstream::Context,
    messages: pull::Stream,
    payload: Bytes,
}

impl Raw {
    async fn open(server: &Broker) -> Result<Self, BenchError> {
        let (publisher, worker) = (server.raw().await?, server.raw().await?);
        let stream = publisher.create_stream(stream::Config {
            name: "RAW".to_owned(),
            subjects: vec!["raw.>".to_owned()],
            ..stream::Config::default()
        });
        stream.await.map_err(broker)?;
        let stream = worker.get_stream("RAW").await.map_err(broker)?;
        let consumer = stream.create_consumer(pull::Config {
            durable_name: Some("raw".to_owned()),
            filter_subject: "raw.offer".to_owned(),
            ..pull::Config::default()
        });
        let messages = consumer.await.map_err(broker)?;
        let (_, offer) = words::offer(words::new_run());
        let payload = serde_json::to_vec(&offer).map_err(broker)?;
        Ok(Self {
            messages: messages.messages().await.map_err(broker)?,
            publisher,
            worker,
            payload: payload.into(),
        })
    }

    async fn once(&mut self) -> Result<Duration, BenchError> {
        let begun = Instant::now();
        let published = publish(&self.publisher, "raw.offer", self.payload.clone());
        let mut messages = pin!(&mut self.messages);
        let (published, taken) = tokio::join!(published, messages.next());
        published?;
        let taken = taken.ok_or(BenchError::Ended("raw queue"))?;
        let taken = taken.map_err(broker)?;
        publish(&self.worker, "raw.lease", self.payload.clone()).await?;
        let took = begun.elapsed();
        taken.ack().await.map_err(broker)?;
        Ok(took)
    }
}

async fn publish(
    context: &jetstream::Context,
    subject: &'static str,
    payload: Bytes,
) -> Result<(), BenchError> {
    let sent = context.publish(subject, payload).await.map_err(broker)?;
    sent.await.map_err(broker)?;
    Ok(())
}
