// Tokens as the page lists them, and the form of a new one.
import type { FieldError, TokenInfo, TokenRequest } from "../api/types";
import type { Tone } from "./entry";
import type { Role } from "./session";

export interface TokenForm {
  kind: "operator" | "worker";
  name: string;
  role: Role;
  /** A worker's name, or the beginning of several names followed by `*`. */
  worker: string;
  /** Each a list, separated by commas or spaces; empty: all of them. */
  pools: string;
  repositories: string;
  runTypes: string;
  /** In how many days it ends; null: never. */
  days: number | null;
}

export const EMPTY_TOKEN: TokenForm = {
  kind: "operator",
  name: "",
  role: "operator",
  worker: "",
  pools: "",
  repositories: "",
  runTypes: "",
  days: 90,
};

/** How long a token is to be good, as the form offers it. */
export const LIFETIMES: readonly { days: number | null; label: string }[] = [
  { days: 1, label: "a day" },
  { days: 7, label: "a week" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "a year" },
  { days: null, label: "until it is revoked" },
];

export type TokenField = Exclude<keyof TokenForm, "days"> | "expiresAt";

const DAY_MS = 86_400_000;

/** The request that the form stands for; the present is handed in. */
export function buildToken(form: TokenForm, now: number): TokenRequest {
  const end = form.days === null ? null : new Date(now + form.days * DAY_MS).toISOString();
  const common = {
    name: form.name.trim(),
    kind: form.kind,
    ...(end === null ? {} : { expiresAt: end }),
  };
  if (form.kind === "operator") return { ...common, role: form.role };
  return {
    ...common,
    worker: form.worker.trim(),
    ...listed("pools", form.pools),
    ...listed("repositories", form.repositories),
    ...listed("runTypes", form.runTypes),
  };
}

function listed<K extends string>(name: K, value: string): Partial<Record<K, string[]>> {
  const words = value.split(/[\s,]+/).filter((word) => word !== "");
  return words.length === 0 ? {} : ({ [name]: words } as Record<K, string[]>);
}

/** Puts each complaint at its field; one about a list's entry belongs to the list. */
export function placeComplaints(
  errors: readonly FieldError[],
): Partial<Record<TokenField, string>> {
  const placed: Partial<Record<string, string>> = {};
  for (const { field, message } of errors) {
    const home = field.replace(/\[\d+\]$/, "");
    const before = placed[home];
    placed[home] = before === undefined ? message : `${before}; ${message}`;
  }
  return placed;
}

/** A token's state, in a word. The server's `good` says what it is; people say what it does. */
export function stateWords(state: string): { word: string; tone: Tone } {
  switch (state) {
    case "good":
      return { word: "active", tone: "good" };
    case "expired":
      return { word: "expired", tone: "warn" };
    case "revoked":
      return { word: "revoked", tone: "bad" };
    default:
      return { word: state, tone: "plain" };
  }
}

/** What a token allows, in words. */
export function allowsWords(token: TokenInfo): string {
  if (token.kind !== "worker") return token.role ?? token.kind;
  const parts = [
    `workers ${token.worker ?? "?"}`,
    limit("pools", token.pools),
    limit("repositories", token.repositories),
    limit("kinds of run", token.runTypes),
  ];
  return parts.filter((part) => part !== null).join("; ");
}

/** What the tokens that a worker of this name may use allow, in words. */
export function permitsOf(worker: string, tokens: readonly TokenInfo[]): string[] {
  const own = tokens.filter(
    (token) => token.kind === "worker" && token.state === "good" && names(token.worker, worker),
  );
  return own.map((token) => {
    const limits = [
      limit("pools", token.pools),
      limit("repositories", token.repositories),
      limit("kinds of run", token.runTypes),
    ].filter((part) => part !== null);
    const words = limits.length === 0 ? "everything" : limits.join("; ");
    return `${words} (token ${token.name})`;
  });
}

function names(pattern: string | null | undefined, worker: string): boolean {
  if (pattern == null) return false;
  if (!pattern.endsWith("*")) return pattern === worker;
  return worker.startsWith(pattern.slice(0, -1));
}

function limit(noun: string, words: readonly string[] | undefined): string | null {
  return words === undefined || words.length === 0 ? null : `${noun} ${words.join(", ")}`;
}
