//! Whatever is said in whatever order: nothing is handed over twice, nobody slips through a hold.

use std::{collections::BTreeMap, time::Duration};

use baton_domain::MessageKind;
use proptest::prelude::*;

use super::*;

const MOMENTS: [Moment; 6] = [
    Moment::BeforeTool,
    Moment::AfterTool,
    Moment::Permission,
    Moment::TurnEnd,
    Moment::Context,
    Moment::Step,
];

/// Something that somebody says, by small numbers.
#[derive(Debug, Clone)]
enum Step {
    Hold(Option<u8>),
    Tell(u8, bool),
    TakeBack(u8),
    Answer(u8),
    Arrive(usize, u8),
    Help(bool),
    /// A call that was given something says that it is done with it.
    Done(u8),
    Gone(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::option::of(0..3_u8).prop_map(Step::Hold),
        (0..6_u8, any::<bool>()).prop_map(|(id, queued)| Step::Tell(id, queued)),
        (0..6_u8).prop_map(Step::TakeBack),
        any::<u8>().prop_map(Step::Answer),
        (0..MOMENTS.len(), 0..4_u8).prop_map(|(at, tool)| Step::Arrive(at, tool)),
        any::<bool>().prop_map(Step::Help),
        any::<u8>().prop_map(Step::Done),
        any::<u8>().prop_map(Step::Gone),
    ]
}

fn id(number: u8) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Handing(CallId),
    Delivered,
    Seen,
    TakenBack,
}

/// What somebody knows who sees everything.
#[derive(Default)]
struct Model {
    desk: Desk,
    calls: BTreeMap<CallId, Option<Checkpoint>>,
    given: BTreeMap<CallId, Vec<Uuid>>,
    known: BTreeMap<Uuid, Known>,
    helps: Vec<Uuid>,
    held: Option<Uuid>,
    count: u64,
}

impl Model {
    fn pick(&self, number: u8) -> Option<CallId> {
        let calls: Vec<&CallId> = self.calls.keys().collect();
        (!calls.is_empty()).then(|| *calls[usize::from(number) % calls.len()])
    }

    fn said(&mut self, step: Step) -> Option<Said> {
        self.count += 1;
        let (call, fresh) = (
            CallId(self.count),
            Uuid::from_u128(1000 + u128::from(self.count)),
        );
        Some(match step {
            Step::Hold(hold) => Said::Hold(hold.map(|hold| Hold {
                id: id(hold),
                label: String::new(),
                turns: None,
            })),
            Step::Tell(number, queued) => Said::Tell(AgentMessage {
                id: id(number),
                kind: if queued {
                    MessageKind::Queued
                } else {
                    MessageKind::Steering
                },
                from: String::new(),
                text: String::new(),
            }),
            Step::TakeBack(number) => Said::TakeBack(id(number)),
            Step::Answer(number) => Said::Answer(HelpAnswer {
                help: *self
                    .helps
                    .get(usize::from(number) % self.helps.len().max(1))?,
                answer: "allow".to_owned(),
                note: None,
                from: None,
                command: None,
            }),
            Step::Arrive(at, tool) => {
                let ask = Checkpoint {
                    baton: AGENT_PROTOCOL,
                    at: MOMENTS[at],
                    via: String::new(),
                    tool: None,
                    tool_use: Some(tool.to_string()),
                    session: Some(String::new()),
                    detail: None,
                    deaf: false,
                };
                self.calls.insert(call, Some(ask.clone()));
                Said::Checkpoint(call, ask, fresh)
            }
            Step::Help(wait) => {
                let mut ask = HelpAsk::new("why?");
                ask.wait = wait;
                self.calls.insert(call, None);
                Said::Help(call, ask, fresh)
            }
            Step::Done(number) => {
                let call = self.pick(number)?;
                let ids = self.given.remove(&call)?;
                Said::Done(
                    call,
                    Done {
                        ids,
                        answered: Vec::new(),
                    },
                )
            }
            Step::Gone(number) => {
                let call = self.pick(number)?;
                self.calls.remove(&call);
                self.given.remove(&call);
                for known in self.known.values_mut() {
                    if *known == Known::Handing(call) {
                        // It waits again.
                        *known = Known::TakenBack;
                    }
                }
                self.known.retain(|_, known| *known != Known::TakenBack);
                Said::Gone(call)
            }
        })
    }

    fn check(&mut self, effect: Effect) {
        match effect {
            Effect::Say(call, HostWord::Go(go)) => {
                let ask = self.calls.get(&call).cloned().flatten().expect("it waits");
                let held = self.desk.hold().is_some() && is_step(&ask);
                assert!(!held, "it went on while it was held");
                assert!(!self.given.contains_key(&call), "it went on twice");
                let ids: Vec<Uuid> = go.messages.iter().map(|message| message.id).collect();
                for message in &ids {
                    let before = self.known.insert(*message, Known::Handing(call));
                    assert_eq!(before, None, "{message} was handed over before");
                }
                self.given.insert(call, ids);
            }
            Effect::Keep(What::MessageDelivered(delivered)) => {
                let before = self.known.insert(delivered.message, Known::Delivered);
                assert!(matches!(before, Some(Known::Handing(_))), "{before:?}");
            }
            Effect::Keep(What::MessageSeen(seen)) => {
                let before = self.known.insert(seen.message, Known::Seen);
                assert_eq!(before, Some(Known::Delivered));
            }
            Effect::Keep(What::MessageTakenBack(message)) => {
                let before = self.known.get(&message);
                assert_eq!(before, None, "it was handed over");
            }
            Effect::Keep(What::HelpNeeded(needed)) => self.helps.push(needed.help),
            Effect::Keep(What::Held(held)) => {
                assert_ne!(self.held.replace(held.hold), Some(held.hold));
            }
            Effect::Keep(What::LetGo(let_go)) => {
                assert_eq!(self.held.take(), Some(let_go.hold));
            }
            _ => {}
        }
    }
}

proptest! {
    // B-03, B-04
    #[test]
    fn whatever_is_said_messages_are_handed_over_once_and_holds_hold(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut model = Model::default();
        for step in steps {
            let Some(said) = model.said(step) else { continue };
            for effect in model.desk.hear(said, Duration::from_millis(model.count)) {
                model.check(effect);
            }
            prop_assert_eq!(model.desk.is_held(), model.held.is_some());
        }
        // Once nobody holds it and everybody is gone, nothing is left waiting.
        let mut rest = vec![Said::Hold(None)];
        rest.extend(model.calls.keys().map(|call| Said::Gone(*call)));
        for said in rest {
            for effect in model.desk.hear(said, Duration::ZERO) {
                if let Effect::Keep(What::LetGo(_)) = effect {
                    model.held = None;
                }
            }
        }
        prop_assert!(model.held.is_none());
        prop_assert!(model.desk.waiters.is_empty());
        prop_assert!(!model.desk.is_held() && !model.desk.asks());
    }
}
