//! What an attempt may use up.

use std::collections::BTreeMap;

use super::{Control, Used};
use crate::{
    control::{BudgetKind, Budgets},
    run::Refusal,
};

/// A budget of a run, in its kind's own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What an attempt may use as the run was submitted.
    pub given: u64,
    /// What an attempt may use by now.
    pub limit: u64,
    /// What the present attempt had used when that was last told.
    pub used: u64,
    /// Whether it was reached, and not raised since.
    pub reached: bool,
}

/// The most that is counted: what a column holds.
const MOST: u64 = i64::MAX.cast_unsigned();

impl Budget {
    fn new(limit: u64) -> Self {
        Self {
            given: limit.min(MOST),
            limit: limit.min(MOST),
            used: 0,
            reached: false,
        }
    }
}

impl Control {
    pub(super) fn bound(&mut self, budgets: &Budgets) {
        let budgets = budgets.iter();
        self.budgets = budgets.map(|(kind, n)| (*kind, Budget::new(*n))).collect();
    }

    /// An operator raises a limit. The holder says when it counts; without one it counts at once.
    pub(super) fn raise(
        &mut self,
        kind: BudgetKind,
        limit: u64,
        is_held: bool,
    ) -> Result<(), Refusal> {
        let budget = self.budgets.get_mut(&kind).ok_or(Refusal::WrongState)?;
        if limit <= budget.limit || limit > kind.most() {
            return Err(Refusal::WrongState);
        }
        if !is_held {
            budget.limit = limit;
        }
        Ok(())
    }

    /// The holder says where a budget stands.
    pub(super) fn stands_at(&mut self, kind: BudgetKind, limit: u64, used: u64, reached: bool) {
        let budget = self.budgets.entry(kind);
        let budget = budget.or_insert_with(|| Budget::new(limit));
        budget.limit = limit.min(MOST);
        budget.used = used.min(MOST);
        budget.reached = reached;
    }

    /// The agent has used something up.
    pub(super) fn used(&mut self, used: &Used) {
        if let Some(budget) = self.budgets.get_mut(&BudgetKind::Tokens) {
            budget.used = budget.used.saturating_add(used.tokens).min(MOST);
        }
        for (kind, so_far) in [
            (BudgetKind::SpendCents, used.spent_cents),
            (BudgetKind::Turns, used.turns),
            (BudgetKind::DiffLines, used.diff_lines),
        ] {
            if let (Some(budget), Some(so_far)) = (self.budgets.get_mut(&kind), so_far) {
                budget.used = so_far.min(MOST);
            }
        }
    }

    /// An attempt begins, and has used nothing yet.
    pub(super) fn count_anew(&mut self) {
        for budget in self.budgets.values_mut() {
            (budget.used, budget.reached) = (0, false);
        }
    }

    /// Everything is as it was submitted.
    pub(super) fn give_back_budgets(&mut self) {
        let anew = |(kind, it): (&BudgetKind, &Budget)| (*kind, Budget::new(it.given));
        self.budgets = self.budgets.iter().map(anew).collect::<BTreeMap<_, _>>();
    }
}
