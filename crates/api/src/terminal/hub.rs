//! The terminals that are watched here, and who may open one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baton_domain::{Actor, RunId, TerminalName};
use baton_wire::{GrantMessage, terminal::Limits};
use tokio_util::task::TaskTracker;

use super::{
    crowd::{Crowd, Full},
    room::{Place, Room},
    run::RunNow,
};
use crate::options::ViewerLimits;

/// The terminals that are watched here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terminals(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rooms: Mutex<HashMap<(RunId, TerminalName), Arc<Room>>>,
    crowd: Mutex<Crowd>,
    tasks: TaskTracker,
}

/// A connection that counts. Dropping it ends that.
#[derive(Debug)]
pub(crate) struct Counted {
    terminals: Terminals,
    run: RunId,
    name: Actor,
}

impl Terminals {
    /// Counts a connection to a run's terminal, if there may be one more.
    pub(crate) fn count(
        &self,
        run: RunId,
        name: &Actor,
        limits: ViewerLimits,
    ) -> Result<Counted, Full> {
        lock(&self.0.crowd).enter(run, name, limits)?;
        Ok(Counted {
            terminals: self.clone(),
            run,
            name: name.clone(),
        })
    }

    /// How many watch, and how many may, as Prometheus reads it.
    pub(crate) fn text(&self, limits: ViewerLimits) -> String {
        lock(&self.0.crowd).text(limits)
    }

    /// What is known of a run whose terminal is watched here already.
    pub(crate) fn known(&self, run: RunId) -> Option<RunNow> {
        let rooms = lock(&self.0.rooms);
        let room = rooms.values().find(|room| room.run == run)?;
        Some(room.now().borrow().clone())
    }

    /// A step of a run's write grants is on record: whoever types here is judged by it from now on,
    /// before anybody else has heard of it.
    pub(crate) fn step(&self, last: &GrantMessage) {
        let rooms = lock(&self.0.rooms);
        for room in rooms.values().filter(|room| room.run == last.run) {
            room.set_grant(Some(last.clone()));
        }
    }

    /// A place in a terminal's room, which is opened if need be and then driven until it is closed.
    pub(super) fn enter<D>(
        &self,
        (run, terminal): (RunId, TerminalName),
        now: RunNow,
        limits: Limits,
        drive: impl FnOnce(Arc<Room>) -> D,
    ) -> Place
    where
        D: Future<Output = ()> + Send + 'static,
    {
        let mut rooms = lock(&self.0.rooms);
        let room = rooms.entry((run, terminal)).or_insert_with(|| {
            let room = Arc::new(Room::new(run, terminal, now));
            self.0.tasks.spawn(drive(Arc::clone(&room)));
            room
        });
        // While the rooms are locked, nobody closes it.
        room.enter(limits)
    }

    /// Closes a room if nobody is in it; whether it did.
    pub(super) fn close(&self, room: &Room) -> bool {
        let mut rooms = lock(&self.0.rooms);
        let is_empty = room.viewers() == 0;
        if is_empty {
            rooms.remove(&(room.run, room.terminal));
        }
        is_empty
    }

    /// Forgets a room whose driver has ended.
    pub(super) fn remove(&self, room: &Arc<Room>) {
        let mut rooms = lock(&self.0.rooms);
        let key = (room.run, room.terminal);
        if rooms
            .get(&key)
            .is_some_and(|known| Arc::ptr_eq(known, room))
        {
            rooms.remove(&key);
        }
    }

    /// A task that belongs to the terminals: [`finish`](Self::finish) waits for it.
    pub(super) fn track<F: Future>(&self, task: F) -> impl Future<Output = F::Output> + use<F> {
        self.0.tasks.track_future(task)
    }

    /// Waits until everything has ended, after the server was told to stop.
    pub(crate) async fn finish(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        lock(&self.terminals.0.crowd).leave(self.run, &self.name);
    }
}

/// A panic elsewhere leaves maps that are still maps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
