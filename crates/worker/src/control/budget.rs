//! What an attempt may use up: reaching a limit holds it until somebody raises the limit.

use std::time::Duration;

use baton_domain::{BudgetKind, HelpKind, ResumeCause};
use baton_wire::{Event, event::BudgetReached};
use uuid::Uuid;

use super::{
    core::{Cleared, Core, Place},
    effect::Effect,
    help::Question,
    input::Used,
    state::OwnHelp,
};

/// How often changed lines are counted at most.
const COUNT_EVERY: Duration = Duration::from_secs(15);

impl Core {
    fn limit(&self, budget: BudgetKind) -> Option<u64> {
        let raised = self.state.raised.get(&budget);
        raised.or_else(|| self.rules.budgets.get(&budget)).copied()
    }

    fn used_of(&self, budget: BudgetKind) -> u64 {
        match budget {
            BudgetKind::WallSeconds => self.agent.worked.as_secs(),
            BudgetKind::Turns => self.used.turns.unwrap_or_default().max(self.agent.turns),
            BudgetKind::Tokens => self.used.tokens,
            BudgetKind::SpendCents => self.used.spend_cents.unwrap_or_default(),
            BudgetKind::DiffLines => self.changed,
        }
    }

    pub(super) fn used(&mut self, used: Used) {
        self.used = used;
        self.compare();
    }

    pub(super) fn changed(&mut self, lines: u64) {
        self.changed = lines;
        self.compare();
    }

    /// The agent has worked on: what it has used by that, and whether changes are to be counted.
    pub(super) fn count_worked(&mut self) {
        self.compare();
        let bounded = self.limit(BudgetKind::DiffLines).is_some() && self.rules.has_repository;
        if !bounded || self.reason().is_some() {
            return;
        }
        let due = self.counted.is_none_or(|(at, checkpoints)| {
            let waited = self.now.saturating_sub(at);
            let step = checkpoints != self.agent.checkpoints && waited >= Duration::from_secs(1);
            step || waited >= COUNT_EVERY
        });
        if due {
            self.counted = Some((self.now, self.agent.checkpoints));
            self.effects.push(Effect::CountChanges);
        }
    }

    /// Holds the run when something is used up.
    fn compare(&mut self) {
        // What an agent says of its last turn may come when it is over: then its work waits.
        let works = self.place == Place::Agent || self.state.agent_over;
        if self.state.over || !works {
            return;
        }
        for budget in BudgetKind::ALL.iter().copied() {
            let Some(limit) = self.limit(budget) else {
                continue;
            };
            let used = self.used_of(budget);
            if used >= limit && !self.state.reached.contains_key(&budget) {
                self.reach(budget, limit, used);
            }
        }
    }

    fn reach(&mut self, budget: BudgetKind, limit: u64, used: u64) {
        self.say(Event::BudgetReached(BudgetReached {
            budget,
            limit,
            used,
            command: None,
        }));
        let help = self.ask(
            OwnHelp::Budget(budget),
            Question {
                kind: HelpKind::Budget,
                question: format!(
                    "a budget ({budget}) is used up: {} used, {} allowed. The run is held until it is raised",
                    budget.amount(used),
                    budget.amount(limit),
                ),
                options: offers(budget, limit, used),
                blocking: true,
            },
        );
        self.state.reached.insert(budget, help);
    }

    /// Lets the run use up more.
    pub(super) fn raise(
        &mut self,
        budget: BudgetKind,
        limit: u64,
        command: Option<Uuid>,
    ) -> Result<(), String> {
        let used = self.used_of(budget);
        match self.limit(budget) {
            None => return Err(format!("the run has no budget {budget}: it is not bounded")),
            Some(known) if limit <= known => {
                return Err(format!("the limit is {known} already: a limit only rises"));
            }
            Some(_) => {}
        }
        if limit <= used {
            return Err(format!("{used} are used already: choose a higher limit"));
        }
        self.state.raised.insert(budget, limit);
        self.say(Event::BudgetRaised(BudgetReached {
            budget,
            limit,
            used,
            command,
        }));
        if self.state.reached.remove(&budget).is_some() {
            self.clear(Cleared {
                cause: ResumeCause::Budget,
                command,
            });
        }
        Ok(())
    }
}

/// What a person may answer, the careful word first; no answer twice, and none that raises nothing.
fn offers(budget: BudgetKind, limit: u64, used: u64) -> Vec<(String, String)> {
    let mut offers = vec![("stop".to_owned(), "End the run".to_owned())];
    // Above all that is used already, or it would be used up at once.
    let base = limit.max(used);
    let mut highest = limit;
    for (percent, words) in [(50, "Raise it by half"), (100, "Double it")] {
        let more = (base.saturating_mul(percent) / 100).max(1);
        let raised = base.saturating_add(more).min(budget.most());
        if raised > highest {
            offers.push((
                format!("raise:{raised}"),
                format!("{words}, to {}", budget.amount(raised)),
            ));
            highest = raised;
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_offered_twice_and_none_that_raises_nothing() {
        let answers = |limit, used| -> Vec<String> {
            let offers = offers(BudgetKind::Turns, limit, used);
            offers.into_iter().map(|(answer, _)| answer).collect()
        };
        assert_eq!(answers(100, 120), ["stop", "raise:180", "raise:240"]);
        assert_eq!(answers(1, 1), ["stop", "raise:2"]);
        let offered = offers(BudgetKind::SpendCents, 500, 510);
        assert_eq!(offered[1].1, "Raise it by half, to US$ 7.65");
        let most = BudgetKind::Turns.most();
        assert_eq!(answers(most, most), ["stop"]);
    }
}
