//! Messages that an agent is handed at its checkpoints.

use baton_domain::MessageKind::{Queued, Steering};
use baton_terminal::{What, attach};
use baton_wire::event::MessageDelivered;
use serde_json::json;
use uuid::Uuid;

use crate::{
    bench::{Bench, Heard, end, hear},
    calls::{Call, at, held_by, id, message, pass, told, told_after},
};

/// The messages that were handed over, by which of the agent's words.
fn delivered(heard: &Heard) -> Vec<(Uuid, String)> {
    let all = heard.control.iter();
    all.filter_map(|what| match what {
        What::MessageDelivered(MessageDelivered { message, via, .. }) => {
            Some((*message, via.clone()))
        }
        _ => None,
    })
    .collect()
}

// B-04
#[tokio::test]
async fn each_message_is_handed_over_once_where_it_belongs() {
    let bench = Bench::new("sleep 300");
    let hosted = bench.launch().await;
    let messages = [
        message(1, Steering),
        message(2, Queued),
        message(3, Steering),
    ];
    told(&bench, &messages).await;
    assert_eq!(
        pass(&bench, &at("beforeTool", "1")).await,
        ["text 1", "text 3"]
    );
    // Told again, also by another worker, it is nothing.
    drop(hosted);
    let mut hosted = attach(&bench.host()).await.unwrap();
    let mut heard = Heard::default();
    told_after(&bench, &messages, &[message(4, Steering)]).await;
    assert_eq!(pass(&bench, &at("afterTool", "1")).await, ["text 4"]);
    let mut helper = at("beforeTool", "2");
    helper["deaf"] = true.into();
    told(&bench, &[message(5, Steering)]).await;
    assert!(pass(&bench, &helper).await.is_empty());
    // At the end of the turn comes what is left, and the turn goes on.
    assert_eq!(pass(&bench, &at("turnEnd", "")).await, ["text 2", "text 5"]);
    assert!(pass(&bench, &at("turnEnd", "")).await.is_empty());
    hear(&mut hosted, &mut heard, |heard| heard.status.turns == 1).await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
    let by = |number, via: &str| (id(number), via.to_owned());
    assert_eq!(
        delivered(&heard),
        [
            by(1, "PreToolUse"),
            by(3, "PreToolUse"),
            by(4, "PostToolUse"),
            by(2, "Stop"),
            by(5, "Stop")
        ]
    );
}

// B-04
#[tokio::test]
async fn of_two_checkpoints_at_once_one_is_handed_it_and_it_is_the_others_turn_if_that_dies() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    held_by(&mut hosted, &mut heard, 9).await;
    let mut calls = Vec::new();
    for number in 0..2 {
        calls.push(Call::begin(&bench, &at("beforeTool", &number.to_string())).await);
        hear(&mut hosted, &mut heard, |heard| {
            heard.status.checkpoints == number + 1
        })
        .await;
    }
    // Where it waits, it is handed what is told meanwhile.
    told(&bench, &[message(1, Steering)]).await;
    hosted.remote().hold(None);
    hear(&mut hosted, &mut heard, |heard| heard.status.hold.is_none()).await;
    let (mut first, mut second) = (calls.remove(0), calls.remove(0));
    let go = first.hear().await;
    assert_eq!(go["messages"][0]["text"], "text 1");
    assert!(second.take().await.is_empty());
    // It is killed before it has said that it has handed it over.
    assert_eq!(delivered(&heard), []);
    drop(first);
    let mut third = Call::begin(&bench, &at("beforeTool", "3")).await;
    let handed = third.hear().await["messages"]
        .as_array()
        .map_or(0, Vec::len);
    // The host hears of the end when it does: whoever comes later gets it.
    if handed == 0 {
        while pass(&bench, &at("beforeTool", "4")).await != ["text 1"] {}
    } else {
        third.say(&json!({ "say": "done", "ids": [id(1)] })).await;
        third.hear().await;
    }
    assert!(pass(&bench, &at("beforeTool", "5")).await.is_empty());
    hear(&mut hosted, &mut heard, |heard| {
        !delivered(heard).is_empty()
    })
    .await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
    assert_eq!(delivered(&heard).len(), 1);
}

fn taken_back(heard: &Heard, number: u128) -> bool {
    heard.control.contains(&What::MessageTakenBack(id(number)))
}

#[tokio::test]
async fn a_message_is_taken_back_unless_the_agent_has_it() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    told(&bench, &[1, 2].map(|number| message(number, Steering))).await;
    hosted.remote().take_back(id(1));
    // One that comes after its cancelling is not handed over either.
    hosted.remote().take_back(id(4));
    hosted.remote().tell(message(4, Steering));
    hear(&mut hosted, &mut heard, |heard| {
        taken_back(heard, 1) && taken_back(heard, 4) && heard.status.pending == 1
    })
    .await;
    let mut call = Call::begin(&bench, &at("beforeTool", "1")).await;
    assert_eq!(call.hear().await["messages"].as_array().unwrap().len(), 1);
    // In the middle of being handed over: it depends on the agent.
    hosted.remote().take_back(id(2));
    hosted.remote().tell(message(3, Steering));
    hear(&mut hosted, &mut heard, |heard| heard.status.pending == 2).await;
    assert!(!taken_back(&heard, 2));
    drop(call);
    hear(&mut hosted, &mut heard, |heard| taken_back(heard, 2)).await;
    let mut call = Call::begin(&bench, &at("beforeTool", "2")).await;
    let go = call.hear().await;
    assert_eq!(go["messages"][0]["text"], "text 3");
    hosted.remote().take_back(id(3));
    call.say(&json!({ "say": "done", "ids": [id(3)] })).await;
    call.hear().await;
    hear(&mut hosted, &mut heard, |heard| delivered(heard).len() == 1).await;
    hosted.remote().take_back(id(3));
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
    assert!(!taken_back(&heard, 3));
}
