//! Which messages the model is known to have seen.

use baton_domain::MessageKind::{Queued, Steering};
use baton_terminal::{Hosted, What};
use baton_wire::event::MessageSeen;
use serde_json::json;

use crate::{
    bench::{Bench, Heard, end, hear},
    calls::{Call, at, id, message, pass, told},
};

fn is_seen(heard: &Heard, number: u128) -> bool {
    let message = id(number);
    let seen = What::MessageSeen(MessageSeen {
        message,
        takeover: None,
    });
    heard.control.contains(&seen)
}

/// Waits until the host has heard of so many checkpoints.
async fn passed(hosted: &mut Hosted, heard: &mut Heard, count: u64) {
    hear(hosted, heard, |heard| heard.status.checkpoints == count).await;
}

// B-04
#[tokio::test]
async fn a_later_tool_call_proves_nothing_by_itself_since_the_model_may_have_wanted_it_before() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    told(&bench, &[message(1, Steering)]).await;
    // The model wants tools 1, 2 and 3 at once; they are used one after another.
    assert_eq!(pass(&bench, &at("beforeTool", "1")).await.len(), 1);
    for word in ["afterTool 1", "beforeTool 2", "afterTool 2", "beforeTool 3"] {
        let (moment, tool) = word.split_once(' ').unwrap();
        assert!(pass(&bench, &at(moment, tool)).await.is_empty());
    }
    let mut call = Call::begin(&bench, &at("afterTool", "3")).await;
    // The agent's own record may tell more.
    assert_eq!(call.hear().await["unproven"], json!(["1"]));
    let nothing = json!({ "say": "done", "answered": ["3"] });
    call.say(&nothing).await;
    call.hear().await;
    passed(&mut hosted, &mut heard, 6).await;
    assert!(!is_seen(&heard, 1));
    let mut call = Call::begin(&bench, &at("beforeTool", "4")).await;
    call.hear().await;
    call.say(&json!({ "say": "done", "answered": ["1"] })).await;
    call.hear().await;
    hear(&mut hosted, &mut heard, |heard| is_seen(heard, 1)).await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
}

// B-04
#[tokio::test]
async fn the_end_of_a_turn_proves_what_came_before_and_the_next_tool_what_came_with_it() {
    let bench = Bench::new("sleep 300");
    let mut hosted = bench.launch().await;
    let mut heard = Heard::default();
    told(&bench, &[message(1, Steering)]).await;
    assert_eq!(pass(&bench, &at("beforeTool", "1")).await.len(), 1);
    told(&bench, &[message(2, Queued)]).await;
    // A turn of another session proves nothing.
    let mut other = at("turnEnd", "");
    other["session"] = "other".into();
    other["deaf"] = true.into();
    pass(&bench, &other).await;
    passed(&mut hosted, &mut heard, 2).await;
    assert!(!is_seen(&heard, 1));
    assert_eq!(pass(&bench, &at("turnEnd", "")).await, ["text 2"]);
    hear(&mut hosted, &mut heard, |heard| is_seen(heard, 1)).await;
    assert!(!is_seen(&heard, 2));
    // No call of a tool was open when the turn ended: this one is the answer to the message.
    pass(&bench, &at("beforeTool", "2")).await;
    hear(&mut hosted, &mut heard, |heard| is_seen(heard, 2)).await;
    // As little as when the session begins.
    told(&bench, &[message(4, Steering)]).await;
    assert_eq!(pass(&bench, &at("context", "")).await, ["text 4"]);
    pass(&bench, &at("afterTool", "2")).await;
    assert!(!is_seen(&heard, 4));
    pass(&bench, &at("beforeTool", "3")).await;
    hear(&mut hosted, &mut heard, |heard| is_seen(heard, 4)).await;
    // A program without a model sees nothing.
    told(&bench, &[message(3, Steering)]).await;
    assert_eq!(pass(&bench, &at("step", "")).await, ["text 3"]);
    pass(&bench, &at("turnEnd", "")).await;
    hear(&mut hosted, &mut heard, |heard| heard.status.turns == 2).await;
    hosted.remote().end();
    end(&mut hosted, &mut heard).await.unwrap();
    assert!(!is_seen(&heard, 3));
}
