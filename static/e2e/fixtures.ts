// What every test starts with: the address of Baton, runs submitted through the API, and the
// promise that the page neither fails nor is loaded twice behind our back.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { test as base, expect, type Locator, type Page } from "@playwright/test";

export { expect };

interface Fixtures {
  /** Submits a command through the API. Returns the run's id. It ends with the test. */
  submit: (title: string, script: string, more?: object) => Promise<string>;
  /** Makes an operator's token of that role through the API. */
  makeToken: (name: string, role: string) => Promise<{ id: string; text: string }>;
  /** Something that scripts of runs wait for. */
  gate: Gate;
  /** How often the page was loaded. */
  loads: { count: number };
}

/** Closed until a test opens it. */
interface Gate {
  /** A shell's words that wait until it is open. */
  wait: string;
  open: () => void;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- the test runner reads the names from a pattern
  baseURL: async ({}, use) => {
    await use(process.env.BATON_URL);
  },
  page: async ({ page }, use) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (said) => {
      if (said.text().includes("Content Security Policy")) errors.push(said.text());
    });
    await page.addInitScript(withoutGraphicsCard);
    await use(page);
    expect(errors).toEqual([]);
  },
  loads: async ({ page }, use) => {
    const loads = { count: 0 };
    page.on("load", () => (loads.count += 1));
    await use(loads);
  },
  submit: async ({ request }, use) => {
    const ids: string[] = [];
    await use(async (title, script, more = {}) => {
      const answer = await request.post("/api/task-runs", {
        data: { type: "command", title, task: { argv: ["sh", "-c", script] }, ...more },
      });
      expect([201, 202]).toContain(answer.status());
      const { id } = (await answer.json()) as { id: string };
      ids.push(id);
      return id;
    });
    // Whatever goes on would keep a slot from the tests that follow. Most have ended: that is no
    // failure.
    for (const id of ids) {
      await request.post(`/api/task-runs/${id}/control`, { data: { action: "cancel" } });
    }
  },
  // eslint-disable-next-line no-empty-pattern -- the test runner reads the names from a pattern
  gate: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "baton-gate-"));
    const file = join(folder, "open");
    await use({
      wait: `until [ -e '${file}' ]; do sleep 0.1; done`,
      open: () => writeFileSync(file, ""),
    });
    rmSync(folder, { recursive: true });
  },
  makeToken: async ({ request }, use) => {
    await use(async (name, role) => {
      const answer = await request.post("/api/tokens", { data: { name, kind: "operator", role } });
      expect(answer.status()).toBe(201);
      const made = (await answer.json()) as { token: string; info: { id: string } };
      return { id: made.info.id, text: made.token };
    });
  },
});

/** Graphics cards draw pixels that no test can read: terminals are drawn as text. */
function withoutGraphicsCard(): void {
  const original = HTMLCanvasElement.prototype.getContext as (...args: unknown[]) => unknown;
  HTMLCanvasElement.prototype.getContext = function (this: unknown, ...args: unknown[]) {
    return String(args[0]).startsWith("webgl") ? null : original.apply(this, args);
  } as typeof HTMLCanvasElement.prototype.getContext;
}

/** A run's row in the list. */
export function row(page: Page, id: string): Locator {
  return page.locator(`tr[data-run="${id}"]`);
}

/** The state that a row or a page shows first. */
export function stateOf(where: Locator | Page): Locator {
  return where.getByTestId("state").first();
}
