// Budgets in words and figures a person reads, and back.
import type { BudgetInfo, ControlRequest } from "../api/types";
import { duration } from "../lib/format";

interface Kind {
  name: string;
  /** What one types a limit in. */
  unit: string;
  /** How many of the wire's units one of these is. */
  scale: number;
}

const KINDS: Record<string, Kind> = {
  wall_seconds: { name: "working time", unit: "minutes", scale: 60 },
  turns: { name: "turns", unit: "turns", scale: 1 },
  tokens: { name: "tokens", unit: "tokens", scale: 1 },
  spend_cents: { name: "spend", unit: "US dollars", scale: 100 },
  diff_lines: { name: "changed lines", unit: "lines", scale: 1 },
};

function kindOf(budget: string): Kind {
  return KINDS[budget] ?? { name: budget.replaceAll("_", " "), unit: "", scale: 1 };
}

export function budgetName(budget: string): string {
  return kindOf(budget).name;
}

/** The unit that a limit is typed in. */
export function unitOf(budget: string): string {
  return kindOf(budget).unit;
}

/** An amount in the wire's unit, in words. */
export function amount(budget: string, value: number): string {
  if (budget === "wall_seconds") return duration(value * 1_000).replace(".0 s", " s");
  if (budget === "spend_cents") return `$${(value / 100).toFixed(2)}`;
  return value.toLocaleString("en");
}

/** How much of it is used, 0 to 1. */
export function share(budget: BudgetInfo): number {
  return budget.limit === 0 ? 1 : Math.min(1, budget.used / budget.limit);
}

/** How it stands: near its end is worth a colour. */
export function level(budget: BudgetInfo): "good" | "warn" | "bad" {
  if (budget.reached || budget.used >= budget.limit) return "bad";
  return share(budget) >= 0.8 ? "warn" : "good";
}

/** The limit that a raise is offered with, in the unit one types: half as much again. */
export function offered(budget: BudgetInfo): number {
  const { scale } = kindOf(budget.budget);
  return Math.ceil((Math.max(budget.limit, budget.used) * 1.5) / scale);
}

export type Raise = { ok: true; request: ControlRequest } | { ok: false; why: string };

/** The request that raises a budget to what was typed. */
export function raiseOf(budget: BudgetInfo, typed: number | null, note: string): Raise {
  const limit = typed === null ? Number.NaN : Math.round(typed * kindOf(budget.budget).scale);
  if (!Number.isSafeInteger(limit) || limit <= 0) {
    return { ok: false, why: `give the new limit as a number of ${unitOf(budget.budget)}` };
  }
  if (limit <= budget.limit) {
    const now = amount(budget.budget, budget.limit);
    return { ok: false, why: `a limit only rises: give more than ${now}` };
  }
  const why = note.trim() === "" ? {} : { note: note.trim() };
  return { ok: true, request: { action: "raise_budget", budget: budget.budget, limit, ...why } };
}
