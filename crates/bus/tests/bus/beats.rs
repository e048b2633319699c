//! Beats.

use std::{collections::BTreeSet, pin::pin};

use baton_wire::Beat;
use futures::StreamExt as _;

use crate::house::{House, at, soon, worker};

#[tokio::test]
async fn beats_are_heard_unless_they_speak_for_another() {
    let house = House::start().await;
    let beat = |name: &str| Beat {
        worker: worker(name),
        hostname: "host".to_owned(),
        version: "0.1.0".to_owned(),
        started_at: at(),
        at: at(),
        slots: 1,
        free_slots: None,
        pools: BTreeSet::new(),
        run_types: BTreeSet::new(),
        capabilities: BTreeSet::new(),
        draining: false,
        drain: None,
        runs: Vec::new(),
    };
    let mut beats = pin!(house.bus.beats().await.unwrap());
    let client = async_nats::connect(house.broker.url()).await.unwrap();
    let forged = serde_json::to_vec(&beat("a")).unwrap();
    let forged = client.publish("baton.v1.beat.b", forged.into());
    forged.await.unwrap();
    let garbled = client.publish("baton.v1.beat.c", "no beat".into());
    garbled.await.unwrap();
    client.flush().await.unwrap();
    house.bus.beat(&beat("d")).await.unwrap();
    assert_eq!(soon(beats.next()).await.unwrap(), beat("d"));
}
