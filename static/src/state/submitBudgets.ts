// The budgets of a new run: typed in units for people, sent in those of the wire.
import type { BudgetsBody, TaskRunRequest } from "../api/types";
import type { Budget, FormErrors, SubmitForm } from "./submitForm";

interface Field {
  budget: Budget;
  label: string;
  /** A typed limit, in words. */
  words: (limit: string) => string;
  /** How many of the wire's units one of the typed ones is. */
  scale: number;
  /** The wire's unit, where it is another. */
  wireUnit: string | null;
}

export const BUDGET_FIELDS: readonly Field[] = [
  {
    budget: "wallSeconds",
    label: "Working time in minutes",
    words: (limit) => `${limit} min of work`,
    scale: 60,
    wireUnit: "seconds",
  },
  { budget: "turns", label: "Turns", words: (limit) => `${limit} turns`, scale: 1, wireUnit: null },
  {
    budget: "tokens",
    label: "Tokens",
    words: (limit) => `${limit} tokens`,
    scale: 1,
    wireUnit: null,
  },
  {
    budget: "spendCents",
    label: "Spend in US dollars",
    words: (limit) => `$${limit}`,
    scale: 100,
    wireUnit: "US cents",
  },
  {
    budget: "diffLines",
    label: "Changed lines",
    words: (limit) => `${limit} changed lines`,
    scale: 1,
    wireUnit: null,
  },
];

/** The budgets that were typed. What is no number is noted in `fields`. */
export function budgetsOf(form: SubmitForm, fields: FormErrors["fields"]): BudgetsBody {
  const budgets: BudgetsBody = {};
  for (const { budget, scale } of BUDGET_FIELDS) {
    const typed = form.budgets[budget].trim();
    if (typed === "") continue;
    if (/^\d{1,11}(\.\d{1,4})?$/.test(typed)) budgets[budget] = Math.round(Number(typed) * scale);
    else fields[`budgets.${budget}`] = "must be a number";
  }
  return budgets;
}

/** What one types for the budgets of a request. */
export function typedBudgets(request: TaskRunRequest): SubmitForm["budgets"] {
  const given = request.control?.budgets ?? {};
  const typed = (budget: Budget, scale: number) =>
    given[budget] == null ? "" : String(Number((given[budget] / scale).toFixed(4)));
  return Object.fromEntries(
    BUDGET_FIELDS.map(({ budget, scale }) => [budget, typed(budget, scale)]),
  ) as SubmitForm["budgets"];
}
