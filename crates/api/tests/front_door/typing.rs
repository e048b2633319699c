//! Typing into terminals.

use baton_bus::{Fence, Patience, TypedIn};
use baton_domain::{
    Actor, Channel, Clock as _, Fence as GrantFence, GrantId, Position, Role, SystemClock,
    TerminalName, TerminalSize,
};
use baton_keys::WriteKey;
use baton_wire::{
    Frame, GrantMessage, GrantStep, MessageId, SignedGate, Subject, Writer,
    terminal::{Input, Refused, Subscribe, TypedSeq},
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use serde_json::json;
use uuid::Uuid;

use crate::{
    terminal::{Stage, Viewer, request, with},
    world::World,
};

fn actor(name: &str) -> Actor {
    name.to_owned().try_into().unwrap()
}

/// Says who may type from now on, as the API's grants do; returns where that stands.
async fn grant(
    stage: &Stage,
    fence: u64,
    (holder, key): (&str, &WriteKey),
    last: Position,
) -> Position {
    let id = grant_id(fence);
    let writer = Writer {
        grant: id,
        holder: actor(holder),
        role: Role::Operator,
        channel: Channel::Web,
        terminals: vec![TerminalName::Agent],
        ttl_ms: 600_000,
        reason: "to look".to_owned(),
        key_sha256: key.sha256(),
    };
    say(&stage.world, stage, fence, Some(writer), last).await
}

async fn say(
    world: &World,
    stage: &Stage,
    fence: u64,
    writer: Option<Writer>,
    last: Position,
) -> Position {
    let run = stage.run.id;
    let message = GrantMessage {
        run,
        id: Uuid::from_u128(u128::from(fence)),
        actor: actor("root"),
        at: SystemClock.now(),
        step: if writer.is_some() {
            GrantStep::Granted
        } else {
            GrantStep::Revoked
        },
        fence: GrantFence::new(fence).unwrap(),
        grant: writer.as_ref().map_or(grant_id(1), |writer| writer.grant),
        writer,
        note: None,
        signed: SignedGate {
            key_id: String::new(),
            payload: String::new(),
            signature: String::new(),
        },
    };
    let (subject, id) = (Subject::Grant { run }, MessageId::grant(run, message.id));
    let fence = Fence::Own { position: last };
    world
        .bus
        .publish(&subject, &id, &message, fence, &Patience::Short)
        .await
        .unwrap()
}

fn grant_id(n: u64) -> GrantId {
    GrantId::from_uuid(Uuid::from_u128(u128::from(n)))
}

fn typed(fence: u64, seq: u64, text: &'static str) -> Frame {
    Frame::Input(Input {
        grant: grant_id(fence),
        fence: GrantFence::new(fence).unwrap(),
        seq: TypedSeq(seq),
        bytes: Bytes::from_static(text.as_bytes()),
    })
}

fn claim(fence: u64, key: &WriteKey) -> Frame {
    Frame::Subscribe(Subscribe {
        grant: Some(grant_id(fence)),
        write_key: Some(key.reveal().to_owned()),
        ..Subscribe::default()
    })
}

async fn inputs(stage: &Stage) -> impl Stream<Item = TypedIn> + Unpin + use<> {
    let speaker = &stage.speaker;
    let inputs = speaker.bus.inputs(&speaker.worker).await.unwrap();
    speaker.settle().await;
    inputs
}

async fn refusal(viewer: &mut Viewer) -> Refused {
    match viewer
        .until(|frame| matches!(frame, Frame::Refused(_)))
        .await
    {
        Frame::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

async fn as_somebody(stage: &Stage, token: &str) -> Viewer {
    let request = request(stage.world.address, &stage.path());
    let token = format!("Bearer {token}");
    Viewer::open(with(request, "Authorization", &token))
        .await
        .unwrap()
}

// B-02
#[tokio::test]
async fn the_holder_of_the_grant_types_and_nobody_else() {
    let stage = Stage::start().await;
    let mut heard = inputs(&stage).await;
    let key = WriteKey::generate().unwrap();
    grant(&stage, 1, ("root", &key), Position::START).await;

    let mut looks_on = stage.viewer().await;
    let mut types = stage.viewer().await;
    types.send(claim(1, &key)).await;
    let hello =
        |frame: &Frame| matches!(frame, Frame::Hello(h) if h.limits.as_ref().unwrap().may_type);
    types.until(hello).await;
    types.send(typed(1, 1, "ls\r")).await;
    let arrived = heard.next().await.unwrap();
    assert_eq!(arrived.run, stage.run.id);
    assert_eq!(arrived.message.attempt, stage.speaker.attempt);
    assert_eq!(arrived.message.frames, [typed(1, 1, "ls\r")]);
    let size = TerminalSize::new(80, 24).unwrap();
    let resize = Frame::Resize {
        grant: grant_id(1),
        fence: GrantFence::FIRST,
        size,
    };
    types.send(resize.clone()).await;
    assert_eq!(heard.next().await.unwrap().message.frames, [resize]);

    // Whoever only watches, even under the same name, has shown no key.
    looks_on.send(typed(1, 2, "rm\r")).await;
    let refused = refusal(&mut looks_on).await;
    assert_eq!(
        (refused.grant, refused.seq),
        (Some(grant_id(1)), Some(TypedSeq(2)))
    );
    assert!(refused.reason.contains("only watch"), "{refused:?}");
    let other = WriteKey::generate().unwrap();
    looks_on.send(claim(1, &other)).await;
    assert!(refusal(&mut looks_on).await.reason.contains("the key"));
    // Somebody else with the key.
    let (_, bert) = stage.world.operator("bert", Role::Admin).await;
    let mut bert = as_somebody(&stage, &bert).await;
    bert.send(claim(1, &key)).await;
    assert!(refusal(&mut bert).await.reason.contains("somebody else's"));
    bert.send(typed(1, 3, "rm\r")).await;
    refusal(&mut bert).await;

    // The gate's answers are for whoever typed; output is for everybody.
    let (grant, offset) = (grant_id(1), 0);
    let seq = TypedSeq(1);
    let accepted = Frame::Accepted { offset, grant, seq };
    stage.speaker.say(accepted.clone()).await;
    stage
        .speaker
        .say(Frame::Output {
            offset,
            bytes: "ls".into(),
        })
        .await;
    types.reach(7, 2).await;
    assert!(types.heard.contains(&accepted));
    looks_on.reach(7, 2).await;
    assert!(!looks_on.heard.contains(&accepted));
    types.send(typed(1, 4, "end")).await;
    let next = heard.next().await.unwrap();
    assert_eq!(
        next.message.frames,
        [typed(1, 4, "end")],
        "nothing came between"
    );
}

// B-02
#[tokio::test]
async fn a_right_ends_on_the_open_connection_with_the_grant_and_with_the_role() {
    let stage = Stage::start().await;
    let mut heard = inputs(&stage).await;
    let key = WriteKey::generate().unwrap();
    let (token, secret) = stage.world.operator("anna", Role::Operator).await;
    let last = grant(&stage, 1, ("anna", &key), Position::START).await;
    let mut anna = as_somebody(&stage, &secret).await;
    anna.send(claim(1, &key)).await;
    anna.send(typed(1, 1, "a")).await;
    heard.next().await.unwrap();
    // Taken away.
    let last = say(&stage.world, &stage, 2, None, last).await;
    anna.until(|frame| matches!(frame, Frame::Said(_))).await;
    anna.send(typed(1, 2, "b")).await;
    refusal(&mut anna).await;
    // Given again, and the role is lost.
    grant(&stage, 3, ("anna", &key), last).await;
    anna.send(claim(3, &key)).await;
    anna.send(typed(3, 1, "c")).await;
    assert_eq!(
        heard.next().await.unwrap().message.frames,
        [typed(3, 1, "c")]
    );
    let path = stage.world.url(&format!("/api/tokens/{token}"));
    let changed = stage
        .world
        .client
        .patch(&path)
        .json(&json!({"role": "viewer"}));
    assert_eq!(changed.send().await.unwrap().status(), 200);
    let said = anna.until(|frame| matches!(frame, Frame::Said(_))).await;
    let Frame::Said(said) = said else {
        unreachable!()
    };
    assert!(said.text.contains("role"), "{}", said.text);
    anna.send(typed(3, 2, "d")).await;
    refusal(&mut anna).await;
    anna.send(claim(3, &key)).await;
    assert!(refusal(&mut anna).await.reason.contains("role"));
    // Watching goes on until the token is gone.
    stage
        .speaker
        .say(Frame::Output {
            offset: 0,
            bytes: "still".into(),
        })
        .await;
    anna.reach(7, 5).await;
    stage.world.client.delete(&path).send().await.unwrap();
    let (code, reason) = anna.end().await;
    assert!(
        code == 4401 && reason.contains("revoked"),
        "{code} {reason}"
    );
}
