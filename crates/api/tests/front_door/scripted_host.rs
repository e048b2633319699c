//! A worker that holds a run with a live session, and a gate that obeys what the API signs.

use std::sync::{Arc, Mutex};

use baton_domain::{Generation, Provider, TerminalSize, WorkerId};
use baton_keys::{PublicKey, verify};
use baton_wire::{
    Event, Gate,
    event::{GateMoved, SessionLinks, SessionReady, SessionStarting},
    http::TaskRun,
};
use futures::StreamExt as _;
use tokio::task::JoinSet;

use crate::{worker::Holder, world::World};

/// The worker, with its gate. Dropping it stops both.
pub(crate) struct ScriptedHost {
    /// The gates that it has obeyed, in order.
    pub(crate) obeyed: Arc<Mutex<Vec<Gate>>>,
    _task: JoinSet<()>,
}

impl ScriptedHost {
    /// Takes a run, and says that its session can be joined.
    pub(crate) async fn start(
        world: &World,
        run: &TaskRun,
        keys: Vec<PublicKey>,
        links: SessionLinks,
    ) -> Self {
        let mut holder = Holder::take(&world.bus, run).await;
        let provider = if links.sealed.is_some() {
            Provider::Tmate
        } else {
            Provider::Web
        };
        let starting = Event::SessionStarting(SessionStarting {
            generation: Generation::FIRST,
            provider,
            ttl_seconds: Some(3600),
        });
        let ready = Event::SessionReady(SessionReady {
            generation: Generation::FIRST,
            provider,
            hostname: "host-1".to_owned(),
            size: TerminalSize::default(),
            links,
        });
        let position = holder.say([starting, ready]).await;
        let obeyed = Arc::default();
        let mut task = JoinSet::new();
        let worker: WorkerId = "w-1".parse().unwrap();
        let gates = world.bus.gates(&worker).await.unwrap();
        task.spawn(obey(gates, holder, keys, Arc::clone(&obeyed)));
        world.recorded(position).await;
        Self {
            obeyed,
            _task: task,
        }
    }

    /// The fences that it has obeyed.
    pub(crate) fn fences(&self) -> Vec<u64> {
        let obeyed = self.obeyed.lock().unwrap();
        obeyed.iter().map(|gate| gate.fence.get()).collect()
    }

    /// Whom it lets type.
    pub(crate) fn writer(&self) -> Option<String> {
        let obeyed = self.obeyed.lock().unwrap();
        let writer = obeyed.last()?.writer.as_ref()?;
        Some(writer.holder.to_string())
    }
}

/// Obeys gates that are signed, and higher than those before; says so.
async fn obey(
    mut gates: impl futures::Stream<Item = baton_wire::GrantMessage> + Unpin,
    mut holder: Holder,
    keys: Vec<PublicKey>,
    obeyed: Arc<Mutex<Vec<Gate>>>,
) {
    while let Some(message) = gates.next().await {
        let gate = verify(&message.signed, &keys).unwrap();
        assert_eq!(gate.writer, message.writer);
        let highest = obeyed.lock().unwrap().last().map(|gate: &Gate| gate.fence);
        if highest.is_some_and(|highest| gate.fence <= highest) {
            continue;
        }
        obeyed.lock().unwrap().push(gate.clone());
        let writer = gate.writer.as_ref();
        let moved = Event::WriteGate(GateMoved {
            fence: gate.fence,
            grant: writer.map(|writer| writer.grant),
            holder: writer.map(|writer| writer.holder.clone()),
            channel: writer.map(|writer| writer.channel),
            ttl_ms: writer.map(|writer| writer.ttl_ms),
        });
        holder.say([moved]).await;
    }
}
