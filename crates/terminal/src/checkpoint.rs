//! What an agent is held by, told and answered at its checkpoints: a plain state machine. Words of
//! the worker and of the agent's calls come in, words for calls and entries for the journal come
//! out. It does no IO and reads no clock.

mod help;
mod messages;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use uuid::Uuid;

pub(crate) use self::help::ALLOW;
use self::{
    help::{Help, Helps},
    messages::Messages,
    turns::{Turns, is_prompt},
};
use crate::{
    asking::{AGENT_PROTOCOL, Checkpoint, Done, Go, HelpAsk, HostWord, Moment},
    control::{AgentMessage, Held, HelpAnswer, Hold, LetGo, LetGoWhy, TurnEnded},
    journal::What,
};

/// One call of the agent's side: it lasts as long as its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId(pub(crate) u64);

/// What comes in.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    /// By the worker.
    Hold(Option<Hold>),
    /// Its turn is over, and it is told to begin another.
    Woken,
    Tell(AgentMessage),
    TakeBack(Uuid),
    Answer(HelpAnswer),
    /// The agent is being ended: no call goes on.
    Ending,
    /// By a call. The id is for the help that it may need.
    Checkpoint(CallId, Checkpoint, Uuid),
    Help(CallId, HelpAsk, Uuid),
    Done(CallId, Done),
    TimedOut(CallId),
    /// Its connection is gone.
    Gone(CallId),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Say this to a call.
    Say(CallId, HostWord),
    /// Keep this, before anything that comes after.
    Keep(What),
    /// The agent has worked until now, though a person is asked.
    GoesOn,
}

/// A call that may not go on yet.
#[derive(Debug)]
struct Waiter {
    ask: Checkpoint,
    /// What it waits for besides a hold.
    help: Option<Uuid>,
    /// Whether a turn begins by it.
    begins: bool,
}

/// Since when the agent stands still, and for which hold.
#[derive(Debug)]
struct Standing {
    hold: Uuid,
    since: Duration,
}

/// The state of an agent's checkpoints.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    hold: Option<Hold>,
    standing: Option<Standing>,
    waiters: BTreeMap<CallId, Waiter>,
    messages: Messages,
    helps: Helps,
    checkpoints: u64,
    turns: Turns,
    ended_turns: u32,
    ending: bool,
    effects: Vec<Effect>,
}

impl Desk {
    /// Takes in what was said, so long after the agent's start; what is to be done by that.
    pub(crate) fn hear(&mut self, said: Said, now: Duration) -> Vec<Effect> {
        match said {
            Said::Hold(hold) => {
                self.turns.wished(self.hold.as_ref(), hold.as_ref());
                self.hold = hold;
            }
            Said::Woken => self.turns.end(),
            Said::Tell(message) => self.messages.tell(message),
            Said::TakeBack(id) => {
                if self.messages.take_back(id) {
                    self.keep(What::MessageTakenBack(id));
                }
            }
            Said::Answer(answer) => self.answer(answer),
            Said::Ending => self.end(),
            Said::Checkpoint(call, ask, fresh) => self.arrive(call, ask, fresh),
            Said::Help(call, ask, fresh) => self.ask_for_help(call, ask, fresh),
            Said::Done(call, done) => self.done(call, &done),
            Said::TimedOut(call) => self.timed_out(call),
            Said::Gone(call) => self.gone(call),
        }
        self.let_go();
        self.settle(now);
        std::mem::take(&mut self.effects)
    }

    /// The hold that counts.
    pub(crate) const fn hold(&self) -> Option<&Hold> {
        self.hold.as_ref()
    }

    /// Whether the agent stands still because of it.
    pub(crate) const fn is_held(&self) -> bool {
        self.standing.is_some()
    }

    /// Whether somebody waits for a person's answer: the agent itself, or one of those that work for
    /// it, or something that it has put aside.
    pub(crate) fn asks(&self) -> bool {
        self.helps.is_waited_for()
    }

    /// How many checkpoints there were.
    pub(crate) const fn checkpoints(&self) -> u64 {
        self.checkpoints
    }

    /// How many turns have ended.
    pub(crate) const fn turns(&self) -> u32 {
        self.ended_turns
    }

    /// How many times words that were typed to the agent went to its model.
    pub(crate) const fn prompts(&self) -> u32 {
        self.turns.begun()
    }

    /// Whether its turn is over: it waits for whoever types to it.
    pub(crate) const fn is_between_turns(&self) -> bool {
        self.turns.is_between()
    }

    /// How many messages were not handed over yet.
    pub(crate) fn pending(&self) -> usize {
        self.messages.pending()
    }

    fn arrive(&mut self, call: CallId, ask: Checkpoint, fresh: Uuid) {
        self.checkpoints += 1;
        if self.ending {
            return self.say(call, HostWord::Ending);
        }
        if ask.baton != AGENT_PROTOCOL {
            let reason = format!("version {} of these words is not understood", ask.baton);
            return self.say(call, HostWord::Refused { reason });
        }
        for seen in self.messages.proven_by(&ask) {
            self.keep_seen(seen);
        }
        if is_step(&ask) {
            self.goes_on();
        }
        let help = (ask.at == Moment::Permission).then_some(fresh);
        if let Some(help) = help {
            let needed = self.helps.permission(help, call, &ask);
            self.keep(What::HelpNeeded(needed));
        }
        let stands = self.stands_in_a_call();
        let begins = self.turns.arrived(&ask, self.hold.as_ref(), stands);
        self.waiters.insert(call, Waiter { ask, help, begins });
    }

    /// Lets every call go on that need not wait.
    fn let_go(&mut self) {
        let free: Vec<CallId> = self
            .waiters
            .iter()
            .filter(|(_, waiter)| !self.must_wait(waiter))
            .map(|(call, _)| *call)
            .collect();
        for call in free {
            if let Some(waiter) = self.waiters.remove(&call) {
                self.go(call, &waiter);
            }
        }
    }

    fn must_wait(&self, waiter: &Waiter) -> bool {
        self.holds(waiter) || waiter.help.is_some_and(|help| self.helps.is_open(help))
    }

    fn go(&mut self, call: CallId, waiter: &Waiter) {
        let ask = &waiter.ask;
        if is_prompt(ask) {
            let stands = self.stands_in_a_call();
            self.turns.prompted(self.hold.as_ref(), stands);
        }
        let go = Go {
            messages: self.messages.hand(call, ask, waiter.begins),
            decision: waiter.help.and_then(|help| self.helps.decision(help)),
            unproven: self.messages.unproven(ask),
        };
        if ask.at == Moment::TurnEnd && go.messages.is_empty() {
            self.ended_turns += 1;
            let number = self.ended_turns;
            if ask.session.is_some() && !ask.deaf {
                self.turns.end();
            }
            self.keep(What::TurnEnded(TurnEnded { number }));
        }
        self.say(call, HostWord::Go(go));
    }

    fn done(&mut self, call: CallId, done: &Done) {
        for delivered in self.messages.handed(call, &done.ids) {
            self.keep(What::MessageDelivered(delivered));
        }
        for seen in self.messages.answered(&done.answered) {
            self.keep_seen(seen);
        }
        if let Some(closed) = self.helps.handed(call, &done.ids) {
            self.keep(What::HelpClosed(closed));
        }
        self.say(call, HostWord::Noted);
    }

    fn gone(&mut self, call: CallId) {
        let held = self.waiters.remove(&call);
        if held.is_some_and(|waiter| self.holds(&waiter)) && !self.stands_in_a_call() {
            self.turns.left();
        }
        for taken_back in self.messages.not_handed(call) {
            self.keep(What::MessageTakenBack(taken_back));
        }
        if let Some(closed) = self.helps.left(call) {
            self.keep(What::HelpClosed(closed));
        }
    }

    fn end(&mut self) {
        self.ending = true;
        let mut waiting: BTreeSet<CallId> = self.helps.waiting().collect();
        waiting.extend(std::mem::take(&mut self.waiters).into_keys());
        for call in waiting {
            self.say(call, HostWord::Ending);
        }
        self.hold = None;
    }

    /// Tells whether the agent stands still, if that has changed.
    fn settle(&mut self, now: Duration) {
        let waiting = self.hold.as_ref().zip(self.stands_before());
        match (waiting, &mut self.standing) {
            (Some((hold, before)), standing) => {
                if standing.as_ref().is_some_and(|s| s.hold == hold.id) {
                    return;
                }
                let since = standing.as_ref().map_or(now, |standing| standing.since);
                let hold = hold.id;
                *standing = Some(Standing { hold, since });
                self.keep(What::Held(Held { hold, before }));
            }
            (None, standing) => {
                let Some(Standing { hold, since }) = standing.take() else {
                    return;
                };
                let why = match self.hold {
                    None => LetGoWhy::Released,
                    Some(_) if self.turns.is_operators() => LetGoWhy::TurnBegan,
                    Some(_) => LetGoWhy::Left,
                };
                let waited = now.saturating_sub(since).as_millis();
                self.keep(What::LetGo(LetGo {
                    hold,
                    waited_ms: u64::try_from(waited).unwrap_or(u64::MAX),
                    why,
                }));
            }
        }
    }

    /// Somebody of the agent has come to its next step: whoever is asked something does not keep it.
    fn goes_on(&mut self) {
        if self.asks() {
            self.effects.push(Effect::GoesOn);
        }
    }

    fn keep_seen(&mut self, message: Uuid) {
        self.keep(What::MessageSeen(baton_wire::event::MessageSeen {
            message,
            takeover: None,
        }));
    }

    fn keep(&mut self, what: What) {
        self.effects.push(Effect::Keep(what));
    }

    fn say(&mut self, call: CallId, word: HostWord) {
        self.effects.push(Effect::Say(call, word));
    }
}

/// Whether that is a step of the agent's work.
const fn is_step(ask: &Checkpoint) -> bool {
    !matches!(ask.at, Moment::Context | Moment::Unknown)
}

impl Desk {
    fn ask_for_help(&mut self, call: CallId, ask: HelpAsk, fresh: Uuid) {
        if self.ending {
            return self.say(call, HostWord::Ending);
        }
        self.goes_on();
        match self.helps.question(fresh, call, ask) {
            Ok(needed) => {
                // On record first: whoever knows the id can rely on it.
                self.keep(What::HelpNeeded(needed));
                self.say(call, HostWord::Asked { help: fresh });
            }
            Err(reason) => self.say(call, HostWord::Refused { reason }),
        }
    }

    fn answer(&mut self, answer: HelpAnswer) {
        match self.helps.answer(answer) {
            Help::Unknown | Help::Permission => {}
            Help::Waited(call, answered) => self.say(call, HostWord::Answer(answered)),
            Help::Told { closed, message } => {
                self.keep(What::HelpClosed(closed));
                self.messages.tell_quietly(message);
            }
        }
    }

    fn timed_out(&mut self, call: CallId) {
        if let Some(closed) = self.helps.timed_out(call) {
            self.keep(What::HelpClosed(closed));
        }
        self.say(call, HostWord::Noted);
    }
}
