//! The agent at its checkpoints: what its calls and its workers say is heard, kept, and shown in
//! its terminal.

use baton_redact::{Redactor, Secret};
use tokio::net::UnixListener;
use uuid::Uuid;

use super::{
    Host,
    door::{AtDoor, Door},
};
use crate::{
    asking::{AgentWord, Checkpoint, Go, HostWord, Moment},
    checkpoint::{CallId, Desk, Effect, Said},
    control::LetGoWhy,
    journal::What,
};

/// Where the agent's calls arrive, and what is decided about them.
pub(super) struct Checkpoints {
    pub(super) desk: Desk,
    pub(super) door: Door,
    /// What the agent says in its own words is kept, and read by people.
    redactor: Redactor,
}

impl Checkpoints {
    pub(super) fn new(listener: UnixListener, secrets: &[Secret]) -> Self {
        Self {
            desk: Desk::default(),
            door: Door::new(listener),
            redactor: Redactor::new(secrets),
        }
    }
}

impl Host {
    /// Somebody of the agent's side says something.
    pub(super) fn hear_agent(&mut self, at_door: AtDoor) {
        let said = match at_door {
            AtDoor::Nothing => return,
            AtDoor::Gone(call) => Said::Gone(call),
            AtDoor::Said(call, word) => match word.without_secrets(&self.checkpoints.redactor) {
                AgentWord::Checkpoint(ask) if self.is_operators(call, &ask) => {
                    let free = HostWord::Go(Go::default());
                    return self.checkpoints.door.say(call, free);
                }
                AgentWord::Checkpoint(ask) => Said::Checkpoint(call, ask, fresh()),
                AgentWord::Help(ask) => Said::Help(call, ask, fresh()),
                AgentWord::Done(done) => Said::Done(call, done),
                AgentWord::TimedOut => Said::TimedOut(call),
                AgentWord::Unknown => {
                    let reason = "that word is not known to this host".to_owned();
                    let refused = HostWord::Refused { reason };
                    return self.checkpoints.door.say(call, refused);
                }
            },
        };
        self.hear(said);
    }

    /// Whether a checkpoint is one that an operator has come to, in their shell: they are neither
    /// held nor told what is for the agent.
    fn is_operators(&self, call: CallId, ask: &Checkpoint) -> bool {
        let shell = self.family.never_held;
        ask.at != Moment::Permission
            && shell.is_some_and(|shell| self.checkpoints.door.is_from(call, shell))
    }

    /// Hears it, and does what follows.
    pub(super) fn hear(&mut self, said: Said) {
        let now = self.clock.since_start();
        let label = self.label();
        for effect in self.checkpoints.desk.hear(said, now) {
            match effect {
                Effect::Say(call, word) => self.checkpoints.door.say(call, word),
                Effect::Keep(what) => self.keep_and_show(what, &label),
                Effect::GoesOn => self.clock.work().goes_on(),
            }
        }
        let held = self.checkpoints.desk.is_held();
        self.clock.work().hold(held);
        let asks = self.checkpoints.desk.asks();
        if asks != self.clock.asks() {
            // What was used of processors before is no sign of what is done from now on.
            self.measure();
            self.clock.work().ask(asks);
        }
    }

    fn label(&self) -> String {
        let hold = self.checkpoints.desk.hold();
        hold.map(|hold| hold.label.clone()).unwrap_or_default()
    }

    fn keep_and_show(&mut self, what: What, before: &str) {
        let at = self.clock.since_start();
        if let Err(error) = self.journal.tell(at, &what) {
            tracing::error!(%error, "the journal cannot be written");
        }
        match what {
            What::Held(held) => {
                let label = self.label();
                self.mark(format!("paused before {}: {label}", held.before));
                if !self.is_typed_to() {
                    self.banner("== PAUSED FOR OPERATOR ==", &label);
                }
            }
            What::LetGo(let_go) if let_go.why == LetGoWhy::TurnBegan => {
                self.mark("whoever has its place has begun a turn".to_owned());
            }
            What::LetGo(let_go) if let_go.why == LetGoWhy::Released => {
                self.mark("resumed".to_owned());
                self.banner("== RESUMED ==", before);
            }
            What::LetGo(_) => {
                self.mark("the agent has left its checkpoint".to_owned());
                self.banner(
                    "== NO LONGER PAUSED ==",
                    "the agent has left its checkpoint",
                );
            }
            What::MessageDelivered(delivered) => {
                self.mark(format!("message handed over ({})", delivered.via));
            }
            What::HelpNeeded(_) => self.mark("a person is needed".to_owned()),
            _ => {}
        }
    }

    /// Whether an operator works by typing to the agent: its screen is theirs.
    fn is_typed_to(&self) -> bool {
        let turns = self.checkpoints.desk.hold().and_then(|hold| hold.turns);
        turns.is_some_and(|turns| turns.typed)
    }

    fn banner(&mut self, banner: &str, about: &str) {
        let line = format!("{banner} {about}");
        self.with_live(|live, now| live.show(&format!("\n{}\n", line.trim_end()), None, now));
    }
}

/// An id that nobody else has.
fn fresh() -> Uuid {
    let mut bytes = [0; 16];
    // Without randomness, the kernel has none either: an id of zeros is refused by nobody.
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::error!(%error, "there is no randomness");
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
