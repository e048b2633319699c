//! What runs need a person for: one inbox over the fleet.

use baton_domain::{FailureCode, HelpEnd, HelpKind, Role, StateName};
use baton_wire::{
    Event,
    event::{HelpClosed, HelpNeeded, HelpOption},
    http::{ControlEvent, HelpRequest, HelpRequestPage, TaskRun},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    worker::Holder,
    world::{World, command, problem},
};

fn needed(kind: HelpKind, free_text: bool) -> (Uuid, Event) {
    let help = Uuid::now_v7();
    let option = |answer: &str, label: &str| HelpOption {
        answer: answer.to_owned(),
        label: label.to_owned(),
    };
    let options = if free_text {
        Vec::new()
    } else {
        vec![option("deny", "No"), option("allow", "Yes")]
    };
    let event = Event::OperatorNeeded(HelpNeeded {
        help,
        kind,
        question: "May it?".to_owned(),
        detail: None,
        options,
        free_text,
        blocking: true,
    });
    (help, event)
}

async fn inbox(world: &World, query: &str) -> HelpRequestPage {
    let page = world.get(&format!("/api/help-requests?{query}"));
    page.send().await.unwrap().json().await.unwrap()
}

async fn help(world: &World, id: Uuid) -> HelpRequest {
    let help = world.get(&format!("/api/help-requests/{id}"));
    help.send().await.unwrap().json().await.unwrap()
}

async fn answer(world: &World, id: Uuid, body: &Value) -> reqwest::Response {
    let path = format!("/api/help-requests/{id}/answer");
    world.post(&path, body).send().await.unwrap()
}

/// A run that is held, and asks these things.
async fn asking(world: &World, title: &str, events: Vec<Event>) -> (TaskRun, Holder) {
    let run = world.submit(title).await;
    let mut holder = Holder::take(&world.bus, &run).await;
    world.recorded(holder.say(events).await).await;
    (run, holder)
}

// H-05
#[tokio::test]
async fn a_request_waits_in_the_inbox_until_it_is_answered_and_heard() {
    let world = World::start().await;
    let (permission, event) = needed(HelpKind::Permission, false);
    let (run, mut holder) = asking(&world, "asks", vec![event]).await;
    let page = inbox(&world, "state=open").await;
    assert_eq!((page.open, page.help_requests.len()), (1, 1));
    let open = &page.help_requests[0];
    assert_eq!((open.id, open.task_run_id), (permission, run.id));
    assert_eq!(
        (open.run_title.as_str(), open.state.as_str()),
        ("asks", "open")
    );
    assert_eq!(world.run(&run).await.control.open_help_requests, 1);
    let metrics = world.get("/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("\nbaton_help_requests_open 1\n"),
        "{metrics}"
    );

    let wrong = problem(answer(&world, permission, &json!({"answer": "maybe"})).await).await;
    assert_eq!(wrong.errors[0].field, "answer");
    assert!(wrong.detail.contains("'deny', 'allow'"), "{wrong:?}");
    let (_, eve) = world.operator("eve", Role::Viewer).await;
    let path = format!("/api/help-requests/{permission}/answer");
    let by_eve = world
        .post(&path, &json!({"answer": "allow"}))
        .bearer_auth(eve);
    assert_eq!(by_eve.send().await.unwrap().status(), 403);

    let taken = answer(
        &world,
        permission,
        &json!({"answer": "allow", "note": "ok"}),
    )
    .await;
    assert_eq!(taken.status(), 202);
    let taken: ControlEvent = taken.json().await.unwrap();
    let said = json!({"help": permission, "answer": "allow", "note": "ok"});
    assert_eq!(
        (taken.action.as_str(), taken.metadata),
        ("answer_help", said)
    );
    let answered = help(&world, permission).await;
    assert_eq!(answered.answered_by.unwrap().as_str(), "root");
    let again = problem(answer(&world, permission, &json!({"answer": "deny"})).await).await;
    assert_eq!(again.kind, "urn:baton:problem:conflict");
    assert!(again.detail.contains("'root' has answered it"), "{again:?}");

    let closed = Event::OperatorNotNeeded(HelpClosed {
        help: permission,
        end: HelpEnd::Answered,
        command: Some(taken.id),
    });
    world.recorded(holder.say([closed]).await).await;
    assert_eq!(inbox(&world, "state=open").await.open, 0);
    let over = inbox(&world, "state=answered").await.help_requests;
    assert_eq!(
        (over[0].id, over[0].end),
        (permission, Some(HelpEnd::Answered))
    );
}

// H-05
#[tokio::test]
async fn the_inbox_is_filtered_and_paged() {
    let world = World::start().await;
    let (first, a) = needed(HelpKind::Question, true);
    let (second, b) = needed(HelpKind::Stall, false);
    let (run, mut holder) = asking(&world, "one", vec![a, b]).await;
    let (third, c) = needed(HelpKind::Question, true);
    let (_, _other) = asking(&world, "two", vec![c]).await;
    let withdrawn = Event::OperatorNotNeeded(HelpClosed {
        help: second,
        end: HelpEnd::Withdrawn,
        command: None,
    });
    world.recorded(holder.say([withdrawn]).await).await;

    let ids = |page: &HelpRequestPage| -> Vec<Uuid> {
        page.help_requests.iter().map(|help| help.id).collect()
    };
    assert_eq!(ids(&inbox(&world, "").await), [first, third, second]);
    assert_eq!(ids(&inbox(&world, "state=open").await), [first, third]);
    assert_eq!(ids(&inbox(&world, "state=over").await), [second]);
    assert_eq!(ids(&inbox(&world, "kind=stall").await), [second]);
    let of_run = inbox(&world, &format!("run={}&state=open", run.id)).await;
    assert_eq!((ids(&of_run), of_run.open), (vec![first], 2));
    assert!(ids(&inbox(&world, "pool=gpu").await).is_empty());
    let mut cursor = String::new();
    let mut paged = Vec::new();
    loop {
        let page = inbox(&world, &format!("limit=1{cursor}")).await;
        paged.extend(ids(&page));
        let Some(next) = page.next_cursor else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, [first, third, second]);
    for (query, field) in [
        ("state=shut", "state"),
        ("kind=x", "kind"),
        ("cursor=7", "cursor"),
        ("run=x", "run"),
    ] {
        let refused = world.get(&format!("/api/help-requests?{query}"));
        let refused = problem(refused.send().await.unwrap()).await;
        assert_eq!(refused.errors[0].field, field);
    }
    let unknown = problem(answer(&world, Uuid::nil(), &json!({"answer": "x"})).await).await;
    assert_eq!(unknown.kind, "urn:baton:problem:not-found");
    let gone = problem(answer(&world, second, &json!({"answer": "allow"})).await).await;
    assert!(gone.detail.contains("not needed any more"), "{gone:?}");
    let words = answer(&world, first, &json!({"answer": "take the second"})).await;
    assert_eq!(words.status(), 202, "in one's own words");
}

// H-05: nobody holds such a run, so the answer itself tries it again.
#[tokio::test]
async fn a_run_whose_retries_are_used_up_asks_and_is_tried_again_by_the_answer() {
    let world = World::start().await;
    let mut body = command();
    body["maxAttempts"] = json!(1);
    let run = world.post("/api/task-runs", &body).send().await.unwrap();
    let run: TaskRun = run.json().await.unwrap();
    let failed = Event::Failed {
        code: FailureCode::AgentFailed,
        message: "it broke".to_owned(),
        retryable: true,
    };
    let position = Holder::take(&world.bus, &run).await.say([failed]).await;
    world.recorded(position).await;
    assert_eq!(world.run(&run).await.state, StateName::DeadLettered);
    let page = inbox(&world, "state=open&kind=retries_used_up").await;
    let open = &page.help_requests[0];
    assert_eq!(open.task_run_id, run.id);
    let taken = answer(&world, open.id, &json!({"answer": "redrive"})).await;
    assert_eq!(taken.status(), 202);
    let events = loop {
        let events = world
            .events(&run, &format!("after={position}"))
            .await
            .events;
        if events.len() >= 2 {
            break events;
        }
    };
    let told: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(told, ["help_answered", "redriven"]);
    assert_eq!(world.run(&run).await.state, StateName::RetryScheduled);
    assert_eq!(inbox(&world, "state=open").await.open, 0);
}
