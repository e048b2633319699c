//! Where a run is held by itself, and what it may use up.

use std::collections::BTreeSet;

use baton_domain::{BudgetKind, Budgets, Stage};

use super::Checker;
use crate::spec::{BudgetsBody, ControlBody};

impl Checker {
    pub(super) fn control(&mut self, body: Option<&ControlBody>) -> (BTreeSet<Stage>, Budgets) {
        let Some(body) = body else {
            return (BTreeSet::new(), Budgets::new());
        };
        let mut stages = BTreeSet::new();
        for (at, text) in body.pause_before.iter().enumerate() {
            match text.parse::<Stage>() {
                Ok(stage @ (Stage::Execute | Stage::Publish)) => {
                    stages.insert(stage);
                }
                Ok(Stage::Prepare) | Err(_) => {
                    let field = format!("control.pauseBefore[{at}]");
                    self.note(&field, format!("is '{text}': use 'execute' or 'publish'"));
                }
            }
        }
        let budgets = body.budgets.as_ref().map(|budgets| self.budgets(budgets));
        (stages, budgets.unwrap_or_default())
    }

    fn budgets(&mut self, body: &BudgetsBody) -> Budgets {
        let given = [
            (BudgetKind::WallSeconds, "wallSeconds", body.wall_seconds),
            (BudgetKind::Turns, "turns", body.turns),
            (BudgetKind::Tokens, "tokens", body.tokens),
            (BudgetKind::SpendCents, "spendCents", body.spend_cents),
            (BudgetKind::DiffLines, "diffLines", body.diff_lines),
        ];
        let mut budgets = Budgets::new();
        for (kind, name, limit) in given {
            let Some(limit) = limit else { continue };
            let most = kind.most();
            if (1..=most).contains(&limit) {
                budgets.insert(kind, limit);
            } else {
                let field = format!("control.budgets.{name}");
                self.note(&field, format!("is {limit}: 1 to {most} is allowed"));
            }
        }
        budgets
    }
}
