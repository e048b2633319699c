//! What is said to a run's agent, and how far it comes.

use baton_domain::{MessageState, Role};
use baton_wire::{
    Event,
    event::{MessageDelivered, MessageSeen},
    http::{ControlEvent, OperatorMessage, OperatorMessagePage, TaskRun},
};
use serde_json::{Value, json};

use crate::{
    worker::{Holder, succeeded},
    world::{World, problem},
};

fn path(run: &TaskRun) -> String {
    format!("/api/task-runs/{}/operator-messages", run.id)
}

/// Says something; the message's id.
async fn say(world: &World, run: &TaskRun, body: Value) -> ControlEvent {
    let answer = world.post(&path(run), &body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    answer.json().await.unwrap()
}

async fn message(world: &World, run: &TaskRun, said: &ControlEvent) -> OperatorMessage {
    let path = format!("{}/{}", path(run), said.id);
    world.get(&path).send().await.unwrap().json().await.unwrap()
}

async fn cancel(world: &World, run: &TaskRun, said: &ControlEvent) -> reqwest::Response {
    let url = world.url(&format!("{}/{}", path(run), said.id));
    world.client.delete(url).send().await.unwrap()
}

// H-06
#[tokio::test]
async fn a_message_is_shown_from_the_moment_it_is_said_until_the_model_has_seen_it() {
    let world = World::start().await;
    let run = world.submit("told").await;
    let mut holder = Holder::take(&world.bus, &run).await;
    let (_, ada) = world.operator("ada", Role::Operator).await;
    let asked = world.post(&path(&run), &json!({"message": "leave\r\nthe tests"}));
    let said = asked.bearer_auth(ada).send().await.unwrap();
    assert_eq!(said.status(), 202);
    let said: ControlEvent = said.json().await.unwrap();
    let metadata = json!({"kind": "steering", "text": "leave\nthe tests"});
    assert_eq!(
        (said.action.as_str(), said.actor.as_str(), &said.metadata),
        ("send_message", "ada", &metadata)
    );
    let waiting = message(&world, &run, &said).await;
    assert_eq!(
        (waiting.state, waiting.message.as_str()),
        (MessageState::Queued, "leave\nthe tests")
    );
    assert_eq!(world.run(&run).await.control.pending_messages, 1);

    let delivered = Event::MessageDelivered(MessageDelivered {
        message: said.id,
        via: "PreToolUse".to_owned(),
        takeover: None,
    });
    world.recorded(holder.say([delivered]).await).await;
    let handed = message(&world, &run, &said).await;
    assert_eq!(
        (handed.state, handed.via.as_deref(), handed.attempt),
        (MessageState::Delivered, Some("PreToolUse"), Some(1))
    );
    let seen = Event::MessageSeen(MessageSeen {
        message: said.id,
        takeover: None,
    });
    world.recorded(holder.say([seen]).await).await;
    let seen = message(&world, &run, &said).await;
    assert_eq!(seen.state, MessageState::Seen);
    assert!(seen.delivered_at.is_some() && seen.seen_at.is_some());
    assert_eq!(world.run(&run).await.control.pending_messages, 0);

    let refused = problem(cancel(&world, &run, &said).await).await;
    assert_eq!(refused.kind, "urn:baton:problem:conflict");
    assert!(refused.detail.contains("was handed it already"));
}

// H-06
#[tokio::test]
async fn a_message_that_waits_is_taken_back_once() {
    let world = World::start().await;
    let run = world.submit("told").await;
    let said = say(&world, &run, json!({"message": "no", "kind": "queued"})).await;
    let taken = cancel(&world, &run, &said).await;
    assert_eq!(taken.status(), 202);
    let taken: ControlEvent = taken.json().await.unwrap();
    assert_eq!(taken.metadata, json!({"message": said.id}));
    assert_eq!(
        message(&world, &run, &said).await.state,
        MessageState::Cancelled,
        "nobody holds the run: nobody can have been handed it"
    );
    let refused = problem(cancel(&world, &run, &said).await).await;
    assert!(refused.detail.contains("taken back already"), "{refused:?}");
}

// H-06
#[tokio::test]
async fn messages_are_listed_in_pages_oldest_first() {
    let world = World::start().await;
    let run = world.submit("told").await;
    for n in 0..3 {
        say(&world, &run, json!({"message": format!("m{n}")})).await;
    }
    let page = |query: String| {
        let path = format!("{}?{query}", path(&run));
        let asked = world.get(&path).send();
        async move {
            asked
                .await
                .unwrap()
                .json::<OperatorMessagePage>()
                .await
                .unwrap()
        }
    };
    let first = page("limit=2".to_owned()).await;
    let cursor = first.next_cursor.clone().unwrap();
    let last = page(format!("limit=2&cursor={cursor}")).await;
    assert_eq!(last.next_cursor, None);
    let told: Vec<_> = first.messages.iter().chain(&last.messages).collect();
    let told: Vec<_> = told.iter().map(|m| m.message.as_str()).collect();
    assert_eq!(told, ["m0", "m1", "m2"]);
}

// H-06: the defined answers to what cannot be.
#[tokio::test]
async fn a_run_that_has_ended_is_told_nothing_and_bad_words_are_refused() {
    let world = World::start().await;
    let run = world.submit("over").await;
    for (body, field) in [
        (json!({"message": " "}), "message"),
        (json!({"message": "x".repeat(20_001)}), "message"),
        (json!({"message": "\u{1b}[2J"}), "message"),
        (json!({"message": "x", "kind": "loud"}), "kind"),
        (json!({}), "message"),
    ] {
        let refused = world.post(&path(&run), &body).send().await.unwrap();
        let refused = problem(refused).await;
        assert_eq!(refused.errors[0].field, field, "{refused:?}");
    }
    let waits = say(&world, &run, json!({"message": "too late"})).await;
    let mut holder = Holder::take(&world.bus, &run).await;
    world.recorded(holder.say([succeeded()]).await).await;
    let undelivered = message(&world, &run, &waits).await;
    assert_eq!(undelivered.state, MessageState::Undelivered);
    let refused = world.post(&path(&run), &json!({"message": "hello?"}));
    let refused = problem(refused.send().await.unwrap()).await;
    assert_eq!(refused.kind, "urn:baton:problem:conflict");
    assert!(refused.detail.contains("the run has ended"), "{refused:?}");
    let unknown = format!("{}/{}", path(&run), uuid::Uuid::nil());
    let unknown = problem(world.get(&unknown).send().await.unwrap()).await;
    assert_eq!(unknown.kind, "urn:baton:problem:not-found");
}
