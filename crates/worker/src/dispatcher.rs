//! What the worker does next: a plain function from what happened to what is to be done. No IO,
//! no clock, no tasks; those are the driver's.

use std::collections::BTreeMap;

use baton_domain::{Attempt, Position, RunId, Slots};

use crate::{options::WhenDrained, stop::StopReason};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// The worker is ready.
    Started,
    /// A worker before this one has begun a run, which goes on.
    Adopted { run: RunId, slots: Slots },
    /// The worker lacks something: it finishes what it has, for as long as that takes.
    Unfit,
    /// The worker leaves its agents to the next one in its folder.
    Left,
    /// A queue gave out an offer.
    Offered {
        run: RunId,
        attempt: Attempt,
        slots: Slots,
    },
    /// There was no offer in the time given, or the search was ended.
    NothingOffered,
    /// The lease of an offer is this worker's.
    LeaseWon { run: RunId, position: Position },
    /// Somebody else has it.
    LeaseTaken { run: RunId },
    /// Whether it was won is unknown.
    LeaseUnclear { run: RunId },
    /// An attempt is over, and nothing of it is left to be done.
    RunEnded { run: RunId },
    /// Operators want this worker to take no more for a while; what is held is finished.
    Drained,
    /// It may take runs, by all that is known.
    Undrained,
    /// Take no more, finish what is held.
    SoftStop,
    /// The time for finishing is over.
    DrainDeadline,
    /// Leave now.
    HardStop,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Look for an offer.
    Claim,
    /// Look no more.
    StopClaiming,
    /// Try to win the offered run's lease.
    TakeLease { run: RunId },
    /// The offer needs no further delivery.
    AckOffer { run: RunId },
    /// The offer goes to another worker, or comes again.
    ReturnOffer { run: RunId },
    /// Do the run.
    Start { run: RunId, position: Position },
    /// Give a lease back that was just won.
    Release { run: RunId, position: Position },
    /// End a run that is being done.
    Stop { run: RunId, reason: StopReason },
    /// Count down to [`Input::DrainDeadline`].
    ArmDrainDeadline,
    /// There is nothing left to do.
    Leave,
}

/// Whether new runs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is held is finished.
    Draining,
    /// What is held is handed back.
    Leaving,
}

impl Phase {
    /// The phase, or that in which nothing is taken.
    const fn at_least_draining(self) -> Self {
        match self {
            Self::Open => Self::Draining,
            later => later,
        }
    }
}

/// Whether operators let this worker take runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gate {
    /// Nobody has said yet: nothing is taken.
    Unknown,
    Open,
    Drained,
}

/// A run in the worker's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    hold: Hold,
    /// What it takes of the worker.
    slots: u32,
}

/// How far it is with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Its lease is being taken.
    Taking,
    /// It is being done.
    Doing,
}

/// When the worker leaves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turns {
    Endless,
    One,
}

/// The worker's state of mind.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    slots: u32,
    turns: Turns,
    phase: Phase,
    gate: Gate,
    when_drained: WhenDrained,
    /// Whether everything that runs need was found.
    ready: bool,
    claiming: bool,
    held: BTreeMap<RunId, Held>,
}

impl Dispatcher {
    /// A worker that has not begun.
    pub(crate) const fn new(slots: u32, turns: Turns) -> Self {
        Self {
            slots,
            turns,
            phase: Phase::Open,
            gate: Gate::Unknown,
            when_drained: WhenDrained::Stay,
            ready: false,
            claiming: false,
            held: BTreeMap::new(),
        }
    }

    /// The same, with what it does when it is drained.
    pub(crate) const fn when_drained(mut self, when_drained: WhenDrained) -> Self {
        self.when_drained = when_drained;
        self
    }

    /// Whether everything that runs need was found.
    pub(crate) const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether no more runs are taken.
    pub(crate) fn is_draining(&self) -> bool {
        self.phase != Phase::Open || self.gate == Gate::Drained
    }

    fn taken(&self) -> u32 {
        self.held.values().map(|held| held.slots).sum()
    }

    /// Slots that no run takes.
    pub(crate) fn free(&self) -> u32 {
        self.slots.saturating_sub(self.taken())
    }

    fn takes_runs(&self) -> bool {
        self.ready && self.phase == Phase::Open && self.gate == Gate::Open
    }

    fn wants_to_leave(&self) -> bool {
        let drained = self.gate == Gate::Drained && self.when_drained == WhenDrained::Leave;
        self.phase != Phase::Open || drained
    }

    /// What is to be done now, in this order.
    pub(crate) fn apply(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = self.react(input);
        if self.takes_runs() && !self.claiming && self.free() > 0 {
            self.claiming = true;
            effects.push(Effect::Claim);
        }
        if self.wants_to_leave() && self.held.is_empty() && !self.claiming {
            // Nothing is taken any more, also if the drain ends in this moment.
            self.phase = self.phase.at_least_draining();
            effects.push(Effect::Leave);
        }
        effects
    }

    fn react(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Started => {
                self.ready = true;
                Vec::new()
            }
            Input::Adopted { run, slots } => {
                let (hold, slots) = (Hold::Doing, slots.get());
                self.held.insert(run, Held { hold, slots });
                if self.turns == Turns::One {
                    self.slots = self.taken();
                }
                Vec::new()
            }
            Input::Unfit => {
                self.phase = self.phase.at_least_draining();
                vec![Effect::StopClaiming]
            }
            Input::Left => self.leave(&StopReason::Leave),
            Input::Offered { run, slots, .. } => self.offered(run, slots),
            Input::NothingOffered => {
                self.claiming = false;
                self.end_turn();
                Vec::new()
            }
            Input::LeaseWon { run, position } => self.lease_won(run, position),
            Input::LeaseTaken { run } => {
                self.held.remove(&run);
                vec![Effect::AckOffer { run }]
            }
            Input::LeaseUnclear { run } => {
                self.held.remove(&run);
                vec![Effect::ReturnOffer { run }]
            }
            Input::RunEnded { run } => {
                self.held.remove(&run);
                self.end_turn();
                Vec::new()
            }
            Input::Drained => {
                self.gate = Gate::Drained;
                vec![Effect::StopClaiming]
            }
            Input::Undrained => {
                self.gate = Gate::Open;
                Vec::new()
            }
            Input::SoftStop => self.soft_stop(),
            Input::DrainDeadline => {
                self.hand_back("the worker is leaving: its time to finish is over")
            }
            Input::HardStop => self.hand_back("the worker is leaving at once"),
        }
    }

    fn offered(&mut self, run: RunId, slots: Slots) -> Vec<Effect> {
        self.claiming = false;
        let slots = slots.get();
        // An attempt of a run that is still being ended here cannot be begun beside it.
        if !self.takes_runs() || self.held.contains_key(&run) || slots > self.free() {
            return vec![Effect::ReturnOffer { run }];
        }
        let hold = Hold::Taking;
        self.held.insert(run, Held { hold, slots });
        if self.turns == Turns::One {
            self.slots = self.taken();
        }
        vec![Effect::TakeLease { run }]
    }

    fn lease_won(&mut self, run: RunId, position: Position) -> Vec<Effect> {
        if self.phase == Phase::Leaving {
            self.held.remove(&run);
            return vec![Effect::AckOffer { run }, Effect::Release { run, position }];
        }
        if let Some(held) = self.held.get_mut(&run) {
            held.hold = Hold::Doing;
        }
        vec![Effect::AckOffer { run }, Effect::Start { run, position }]
    }

    fn end_turn(&mut self) {
        if self.turns == Turns::One && self.phase == Phase::Open {
            self.phase = Phase::Draining;
        }
    }

    fn soft_stop(&mut self) -> Vec<Effect> {
        if self.phase != Phase::Open {
            return Vec::new();
        }
        self.phase = Phase::Draining;
        vec![Effect::StopClaiming, Effect::ArmDrainDeadline]
    }

    fn hand_back(&mut self, reason: &str) -> Vec<Effect> {
        self.leave(&StopReason::HandBack(reason.to_owned()))
    }

    fn leave(&mut self, reason: &StopReason) -> Vec<Effect> {
        self.phase = Phase::Leaving;
        let doing = self
            .held
            .iter()
            .filter(|(_, held)| held.hold == Hold::Doing);
        let stop = doing.map(|(run, _)| Effect::Stop {
            run: *run,
            reason: reason.clone(),
        });
        [Effect::StopClaiming].into_iter().chain(stop).collect()
    }
}

#[cfg(test)]
mod tests;
