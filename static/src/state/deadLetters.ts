// Dead letters by cause, as the page shows them, and what became of trying them again.
import type { DeadLetterGroup, DeadLetterPage, RedriveAnswer, RedriveRequest } from "../api/types";

/** The most runs that one request tries again. */
export const MOST = 1_000;

export interface DeadLetters {
  groups: readonly DeadLetterGroup[];
  /** Where further groups go on; null if there are none. */
  nextCursor: string | null;
}

/** What makes a group the one that it is. */
export function keyOf(group: DeadLetterGroup): string {
  return `${group.code} ${group.cause}`;
}

/** The groups after their first page was read again. Further pages that were loaded are dropped:
 * the order changes with every letter. */
export function fromPage(page: DeadLetterPage): DeadLetters {
  return { groups: page.groups, nextCursor: page.nextCursor ?? null };
}

/** The groups with a further page of them. */
export function append(letters: DeadLetters, page: DeadLetterPage): DeadLetters {
  const known = new Set(letters.groups.map(keyOf));
  const news = page.groups.filter((group) => !known.has(keyOf(group)));
  return { groups: [...letters.groups, ...news], nextCursor: page.nextCursor ?? null };
}

export function total(letters: DeadLetters): number {
  return letters.groups.reduce((sum, group) => sum + group.count, 0);
}

/** The query for the runs of a group. */
export function queryOf(group: DeadLetterGroup, pool: string): URLSearchParams {
  const query = new URLSearchParams({ code: group.code, cause: group.cause });
  if (pool !== "") query.set("pool", pool);
  return query;
}

/** The request that tries a whole group again, the oldest first. */
export function redriveOf(group: DeadLetterGroup, pool: string, note: string): RedriveRequest {
  const { code, cause } = group;
  return {
    code,
    cause,
    limit: MOST,
    dryRun: false,
    ...(pool === "" ? {} : { pool }),
    ...(note === "" ? {} : { note }),
  };
}

/** The request that tries one run again. */
export function redriveOne(id: string): RedriveRequest {
  return { ids: [id], dryRun: false };
}

/** What became of a wish, in words. */
export function answerWords(answer: RedriveAnswer): string {
  const parts = [`${runs(answer.redriven.length)} tried again`];
  if (answer.remaining > 0) parts.push(`${runs(answer.remaining)} left: ask again for them`);
  for (const refusal of answer.refused) parts.push(`${refusal.id}: ${refusal.detail}`);
  return parts.join("; ");
}

function runs(count: number): string {
  return count === 1 ? "1 run" : `${count.toLocaleString("en")} runs`;
}
