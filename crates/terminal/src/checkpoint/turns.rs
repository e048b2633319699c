//! Turns of an agent. Between two of them it does nothing: whoever types to its own screen begins
//! the next. So a hold is in force there at once, and the next turn waits for its end; but while an
//! operator has the agent's place, what they type to it is done, since they wish it.

use super::{Checkpoint, Desk, Hold, Moment, Waiter, messages::SESSION_BEGINS};

/// Where an agent stands still that waits for whoever types to it.
const NEXT_TURN: &str = "its next turn";

/// What is known of an agent's turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Whether none goes on, as far as its hooks and its worker tell.
    between: bool,
    /// How many beginnings were let in.
    begun: u32,
    /// Whether the turn that goes on is the operator's own.
    operators: bool,
    /// Whether somebody has typed what the agent takes up when it is interrupted.
    typed_ahead: bool,
}

impl Turns {
    /// Whether it waits for whoever types to it.
    pub(super) const fn is_between(&self) -> bool {
        self.between
    }

    /// How many turns were begun by what was typed.
    pub(super) const fn begun(&self) -> u32 {
        self.begun
    }

    /// Whether the turn that goes on is the operator's own: nothing of it is held.
    pub(super) const fn is_operators(&self) -> bool {
        self.operators
    }

    /// Another wish takes the place of this one.
    pub(super) fn wished(&mut self, before: Option<&Hold>, now: Option<&Hold>) {
        let over = |hold: Option<&Hold>| Some((hold?.id, hold?.turns?.over_after?));
        // Its own record tells of turns that end without a hook. What was begun since is not over.
        if over(now) != over(before) && over(now).is_some_and(|(_, begun)| begun == self.begun) {
            self.end();
        }
        let same = before.map(|hold| hold.id) == now.map(|hold| hold.id);
        if !same || !now.is_some_and(is_typed) {
            (self.operators, self.typed_ahead) = (false, false);
        }
    }

    /// Its turn is over.
    pub(super) const fn end(&mut self) {
        (self.between, self.operators) = (true, false);
    }

    /// It has come to a checkpoint; whether this one begins a turn.
    pub(super) fn arrived(&mut self, ask: &Checkpoint, hold: Option<&Hold>, held: bool) -> bool {
        if ask.deaf || ask.at == Moment::Unknown {
            return false;
        }
        if is_prompt(ask) {
            self.typed_ahead |= held && hold.is_some_and(is_typed);
            return self.between;
        }
        if ask.at != Moment::Context {
            self.between = false;
        }
        false
    }

    /// What was typed goes to the model. `held`: the agent stands still elsewhere, so that no turn
    /// begins by that.
    pub(super) fn prompted(&mut self, hold: Option<&Hold>, held: bool) {
        self.begun += 1;
        if !held {
            self.between = false;
            self.operators = hold.is_some_and(is_typed);
        }
    }

    /// Nobody waits in a checkpoint any more, though the hold stands: the turn was interrupted, and
    /// what was typed before that begins the next.
    pub(super) fn left(&mut self) {
        self.operators |= std::mem::take(&mut self.typed_ahead);
    }
}

/// Whether somebody's words to the agent are on their way to its model.
pub(super) fn is_prompt(ask: &Checkpoint) -> bool {
    ask.at == Moment::Context && ask.via != SESSION_BEGINS && !ask.deaf
}

/// Whether turns that are begun by what is typed are let in.
fn is_typed(hold: &Hold) -> bool {
    hold.turns.is_some_and(|turns| turns.typed)
}

impl Desk {
    /// Whether the hold keeps it.
    pub(super) fn holds(&self, waiter: &Waiter) -> bool {
        let Some(hold) = &self.hold else {
            return false;
        };
        match waiter.ask.at {
            Moment::Unknown => false,
            Moment::Context => waiter.begins && hold.turns.is_some() && !is_typed(hold),
            _ if self.turns.is_operators() => false,
            // It waits for what is typed, unless something waits for it that it would go on with.
            Moment::TurnEnd if is_typed(hold) => self.messages.wait_for(&waiter.ask),
            _ => true,
        }
    }

    /// Whether it stands still in any of its calls.
    pub(super) fn stands_in_a_call(&self) -> bool {
        self.waiters.values().any(|waiter| self.holds(waiter))
    }

    /// Where it stands still because of the hold, in few words.
    pub(super) fn stands_before(&self) -> Option<String> {
        let hold = self.hold.as_ref()?;
        let held = self.waiters.values().find(|waiter| self.holds(waiter));
        let between = hold.turns.is_some() && self.turns.is_between();
        match held {
            Some(waiter) => Some(before(&waiter.ask)),
            None => between.then(|| NEXT_TURN.to_owned()),
        }
    }
}

/// Where it stands still, in few words.
fn before(ask: &Checkpoint) -> String {
    ask.tool.as_ref().unwrap_or(&ask.via).clone()
}
