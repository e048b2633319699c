//! The desk: tells a worker which of its leases hold, what operators wished for them and who may
//! type. The
//! stream alone is asked, so that the desk answers while the database is away, and nothing that a
//! worker says of itself is believed.

mod genuine;

use std::time::Duration;

use baton_bus::{Bus, BusError, DeskRequest, RawMessage};
use baton_domain::{Position, WorkerId};
use baton_wire::{
    ControlMessage, Decoded, HeldLease, LeaseMessage, LeaseStep, Standing, Subject,
    desk::MAX_COMMANDS,
};
use futures::{Stream, StreamExt as _, future::try_join_all, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use self::genuine::Genuine;

/// How many inquiries are worked on at once.
const AT_ONCE: usize = 32;

/// How long to wait before sitting down again when the broker did not allow it.
const PAUSE: Duration = Duration::from_secs(1);

/// How often, and with what pauses, a lease is looked for that a replica may not have yet.
const LOOKS: u32 = 10;
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Answers inquiries until it is told to stop.
pub async fn serve(bus: Bus, stop: CancellationToken) {
    let desk = Desk {
        bus,
        genuine: Genuine::default(),
    };
    while !stop.is_cancelled() {
        match desk.bus.desk().await {
            Ok(asked) => {
                stop.run_until_cancelled(desk.sit(asked)).await;
            }
            Err(error) => tracing::warn!(%error, "failed to listen to the workers' inquiries"),
        }
        stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
}

struct Desk {
    bus: Bus,
    genuine: Genuine,
}

/// What was found of a lease.
enum Found {
    Held,
    Not(&'static str),
}

impl Desk {
    /// Answers what is asked, several at once, until nothing more can come.
    async fn sit(&self, mut asked: impl Stream<Item = DeskRequest> + Unpin) {
        let mut busy = FuturesUnordered::new();
        loop {
            tokio::select! {
                request = asked.next(), if busy.len() < AT_ONCE => match request {
                    Some(request) => busy.push(self.answer(request)),
                    None => return,
                },
                Some(()) = busy.next() => {}
            }
        }
    }

    /// Answers, or says nothing when the broker does not tell: the worker asks again.
    async fn answer(&self, request: DeskRequest) {
        let worker = request.worker.clone();
        let held = request.inquiry.runs.iter();
        let standings = try_join_all(held.map(|held| self.stand(&worker, *held)));
        match standings.await {
            Ok(standings) => request.answer(standings).await,
            Err(error) => tracing::debug!(%error, %worker, "an inquiry is left unanswered"),
        }
    }

    async fn stand(&self, worker: &WorkerId, held: HeldLease) -> Result<Standing, BusError> {
        let mut standing = Standing {
            run: held.run,
            held: false,
            reason: None,
            commands: Vec::new(),
            commands_through: None,
            grant: None,
        };
        match self.look(worker, held).await? {
            Found::Held => {
                standing.held = true;
                self.add_commands(&mut standing, held.commands_after)
                    .await?;
                let grant = self.bus.last_grant(held.run).await?;
                standing.grant = grant.map(|(grant, _)| grant);
            }
            Found::Not(reason) => standing.reason = Some(reason.to_owned()),
        }
        Ok(standing)
    }

    async fn look(&self, worker: &WorkerId, held: HeldLease) -> Result<Found, BusError> {
        let own = match self.last_word(worker, held).await? {
            Some(own) if own.position == held.lease_position => own,
            Some(_) => return Ok(Found::Not("the worker has spoken of the lease since")),
            None => return Ok(Found::Not("the broker keeps no such lease")),
        };
        if !takes(&own, worker, held) {
            return Ok(Found::Not("the worker did not take that attempt there"));
        }
        let by_supervisor = Subject::Lease {
            run: held.run,
            worker: WorkerId::supervisor(),
        };
        let last = self.bus.get_last_on(&by_supervisor).await?;
        if last.is_some_and(|lost| lost.position > held.lease_position) {
            return Ok(Found::Not("the supervisor declared the lease lost"));
        }
        if self.genuine.check(&self.bus, worker, held).await? {
            Ok(Found::Held)
        } else {
            Ok(Found::Not(
                "the attempt was not offered, or another took it",
            ))
        }
    }

    /// The worker's last word about a run's lease. A replica that answers may lag behind the
    /// acknowledgement that the worker has.
    async fn last_word(
        &self,
        worker: &WorkerId,
        held: HeldLease,
    ) -> Result<Option<RawMessage>, BusError> {
        let subject = Subject::Lease {
            run: held.run,
            worker: worker.clone(),
        };
        for _ in 1..LOOKS {
            match self.bus.get_last_on(&subject).await? {
                Some(last) if last.position >= held.lease_position => return Ok(Some(last)),
                _ => tokio::time::sleep(LOOK_PAUSE).await,
            }
        }
        self.bus.get_last_on(&subject).await
    }

    async fn add_commands(
        &self,
        standing: &mut Standing,
        after: Option<Position>,
    ) -> Result<(), BusError> {
        let subject = Subject::Control { run: standing.run };
        let mut after = after.unwrap_or(Position::START);
        while standing.commands.len() < MAX_COMMANDS {
            let Some(next) = self.bus.get_next_on(&subject, after).await? else {
                break;
            };
            after = next.position;
            standing.commands_through = Some(after);
            standing.commands.extend(command(&next));
        }
        Ok(())
    }
}

fn command(message: &RawMessage) -> Option<ControlMessage> {
    match Decoded::read(&message.subject, &message.payload) {
        Ok((_, Decoded::Control(command))) => Some(command),
        _ => {
            tracing::warn!(position = %message.position, "a command cannot be read");
            None
        }
    }
}

/// Whether a message on the worker's own subject takes the attempt.
fn takes(message: &RawMessage, worker: &WorkerId, held: HeldLease) -> bool {
    let Ok((_, Decoded::Lease(lease))) = Decoded::read(&message.subject, &message.payload) else {
        return false;
    };
    let LeaseMessage {
        attempt,
        worker: holder,
        step,
        ..
    } = lease;
    step == LeaseStep::Taken && holder == *worker && attempt == held.attempt
}
