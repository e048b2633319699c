//! Messages are read page by page.

use baton_domain::{
    Position,
    run::control::{Control, MessageStanding},
};
use baton_store::{Batch, MessageStep, messages};

use super::examples::{delivery, message, stored, uuid, with};
use crate::stage::{Stage, position, through};

// H-06
#[tokio::test(flavor = "multi_thread")]
async fn messages_are_read_page_by_page_and_change_without_their_words() {
    let stage = Stage::start().await;
    let run = with(Control {
        messages: vec![message(
            1,
            MessageStanding::Queued {
                taken_back_by: None,
            },
            false,
        )],
        ..Control::default()
    });
    let id = run.id();
    let queued = |n| {
        message(
            n,
            MessageStanding::Queued {
                taken_back_by: None,
            },
            false,
        )
    };
    let batch = Batch {
        messages: (1..=5).map(|n| stored(id, n + 10, queued(n))).collect(),
        new_runs: vec![run],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(20)).await.expect("all fit");
    let page = |after: Option<Position>| messages::page(&stage.store, id, after, 2);
    let first = page(None).await.expect("a page");
    assert_eq!(
        (&first.messages[..], first.next),
        (&batch.messages[..2], Some(position(12)))
    );
    let second = page(first.next).await.expect("a page");
    let third = page(second.next).await.expect("a page");
    assert_eq!(
        (&third.messages[..], third.next),
        (&batch.messages[4..], None)
    );
    let step = MessageStep {
        run: id,
        message: message(2, MessageStanding::Delivered(delivery()), false),
    };
    let steps = Batch {
        message_steps: vec![step.clone()],
        ..Batch::default()
    };
    writer.write(&steps, through(21)).await.expect("it fits");
    let found = messages::get(&stage.store, id, uuid(2)).await;
    let found = found.expect("an answer").expect("it was sent");
    assert_eq!(
        (found.text.as_str(), &found.message),
        ("message 12", &step.message)
    );
    let none = messages::get(&stage.store, id, uuid(99)).await;
    assert_eq!(none.expect("an answer"), None);
}
