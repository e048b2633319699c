//! What the API asks of the broker, in bounded time, with its failures as problems.

use std::{future::Future, time::Duration};

use baton_bus::{Bus, BusError, Fence, Patience, PublishError, RawMessage};
use baton_domain::{DrainScope, Position, Route, RunId};
use baton_wire::{
    ControlMessage, Decoded, DrainMessage, Filter, GrantMessage, LeaseMessage, MessageId, Offer,
    Subject,
};
use serde::Serialize;

use crate::problem::{Answer, Kind, Problem};

/// The longest that a question to the broker may take.
const LIMIT: Duration = Duration::from_secs(2);

/// How long a replica is given to catch up.
const REPLICA_PAUSE: Duration = Duration::from_millis(50);

/// Publishes a message; its acknowledgement is the commit.
pub(crate) async fn publish<T: Serialize + Sync>(
    bus: &Bus,
    subject: &Subject,
    id: &MessageId,
    message: &T,
) -> Answer<Position> {
    bus.publish(subject, id, message, Fence::None, &Patience::Short)
        .await
        .map_err(refused)
}

/// Makes sure that the route's queue exists, so that somebody finds its offers.
pub(crate) async fn ensure_queue(bus: &Bus, route: &Route) -> Answer<()> {
    bounded(bus.ensure_queue(route)).await
}

/// The offer that was acknowledged at a position. A replica that answers may not have it yet.
pub(crate) async fn offer_at(bus: &Bus, position: Position) -> Answer<Offer> {
    let message = bounded(kept_at(bus, position)).await?;
    let foreign = || Problem::internal(&format!("message {position} is not the offer it was"));
    offer(&message).ok_or_else(foreign)
}

/// The command that was acknowledged at a position. A replica that answers may not have it yet.
pub(crate) async fn command_at(bus: &Bus, position: Position) -> Answer<ControlMessage> {
    let message = bounded(kept_at(bus, position)).await?;
    match Decoded::read(&message.subject, &message.payload) {
        Ok((_, Decoded::Control(command))) => Ok(command),
        _ => Err(Problem::internal(&format!(
            "message {position} is not the command it was"
        ))),
    }
}

/// Where the last message about a run stands, whoever said it.
pub(crate) async fn last_of_run(bus: &Bus, run: RunId) -> Answer<Option<Position>> {
    let message = bounded(bus.get_last(&Filter::Run(run))).await?;
    Ok(message.map(|message| message.position))
}

async fn kept_at(bus: &Bus, position: Position) -> Result<RawMessage, BusError> {
    loop {
        match bus.get(position).await? {
            Some(message) => return Ok(message),
            None => tokio::time::sleep(REPLICA_PAUSE).await,
        }
    }
}

/// The last offer of a run, and where it stands.
pub(crate) async fn last_offer(bus: &Bus, run: RunId) -> Answer<Option<(Offer, Position)>> {
    let message = bounded(bus.get_last(&Filter::RunOffers(run))).await?;
    Ok(message
        .as_ref()
        .and_then(|message| Some((offer(message)?, message.position))))
}

/// Says something to the fleet; its acknowledgement is the commit.
pub(crate) async fn say_to_fleet(bus: &Bus, message: &DrainMessage) -> Answer<Position> {
    let subject = Subject::Drain {
        scope: message.scope.clone(),
    };
    publish(bus, &subject, &MessageId::fleet(message.id), message).await
}

/// What was wished last of a scope.
pub(crate) async fn last_drain(bus: &Bus, scope: &DrainScope) -> Answer<Option<DrainMessage>> {
    bounded(bus.last_drain(scope)).await
}

/// The last step of a run's lease, and where it stands.
pub(crate) async fn last_lease(bus: &Bus, run: RunId) -> Answer<Option<(LeaseMessage, Position)>> {
    let message = bounded(bus.get_last(&Filter::Leases(run))).await?;
    Ok(message.as_ref().and_then(|message| {
        match Decoded::read(&message.subject, &message.payload) {
            Ok((_, Decoded::Lease(lease))) => Some((lease, message.position)),
            _ => None,
        }
    }))
}

/// The last step of a run's write grants, and where it stands.
pub(crate) async fn last_grant(bus: &Bus, run: RunId) -> Answer<Option<(GrantMessage, Position)>> {
    bounded(bus.last_grant(run)).await
}

/// Publishes a step of a run's write grants behind the last one; none when somebody else has said
/// something since.
pub(crate) async fn publish_grant(
    bus: &Bus,
    message: &GrantMessage,
    after: Position,
) -> Answer<Option<Position>> {
    let subject = Subject::Grant { run: message.run };
    let id = MessageId::grant(message.run, message.id);
    let fence = Fence::Own { position: after };
    match bus
        .publish(&subject, &id, message, fence, &Patience::Short)
        .await
    {
        Ok(position) => Ok(Some(position)),
        Err(PublishError::Fenced) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn offer(message: &RawMessage) -> Option<Offer> {
    match Decoded::read(&message.subject, &message.payload) {
        Ok((_, Decoded::Offer(offer))) => Some(*offer),
        _ => None,
    }
}

async fn bounded<T>(asking: impl Future<Output = Result<T, BusError>>) -> Answer<T> {
    match tokio::time::timeout(LIMIT, asking).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(unavailable(&error)),
        Err(_) => Err(unavailable(&"it does not answer")),
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> Problem {
    tracing::warn!(%error, "failed to ask the broker");
    Problem::new(
        Kind::BrokerUnavailable,
        "the broker cannot be reached: nothing was changed, try again in a moment",
    )
}

fn refused(error: PublishError) -> Problem {
    match error {
        PublishError::TooLarge { .. } => Problem::new(
            Kind::BodyTooLarge,
            "the request is larger than the broker takes in one message",
        ),
        PublishError::Full => {
            tracing::error!("the broker's stream of runs is full");
            Problem::new(
                Kind::BrokerUnavailable,
                "the broker has no room for more: nothing was changed, tell the operator",
            )
        }
        // The outcome may be unknown: the message may have been kept without our knowing.
        PublishError::Unavailable(error) => {
            tracing::warn!(%error, "failed to publish");
            Problem::new(
                Kind::BrokerUnavailable,
                "the broker did not acknowledge in time: try again with the same Idempotency-Key",
            )
        }
        error => Problem::internal(&error),
    }
}
