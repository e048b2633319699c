// What the page does about each thing that can happen to a terminal: the API's part in the session is
// played by the test, so that every fault comes when it is wanted.
import type { Page } from "@playwright/test";

import { expect, test } from "./fixtures";
import { playTerminal, type Connection } from "./frames";

const GRANT = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607b";
const SCREEN = "$ make test\r\nworking\r\n";

function session(more: object = {}): object {
  const now = new Date().toISOString();
  return {
    id: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6070",
    taskRunId: "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a",
    generation: 1,
    provider: "web",
    status: "ready",
    workerId: "builder-1",
    workerHostname: "host-1",
    readyAt: now,
    lastHeartbeatAt: now,
    ...more,
  };
}

function writer(holder: string, grant = GRANT, leftMs = 60_000): object {
  return {
    grant,
    holder,
    channel: "web",
    terminals: ["agent", "shell"],
    leftMs,
    reason: "answers a question",
  };
}

/** Plays the session's answers; the run itself is real. */
async function playSession(page: Page, status: () => object): Promise<void> {
  await page.route("**/live-session", (route) => route.fulfill({ json: status() }));
  await page.route("**/live-session/grant-write", (route) =>
    route.fulfill({
      json: {
        session: status(),
        grantId: GRANT,
        fence: 2,
        grantedUntil: new Date(Date.now() + 60_000).toISOString(),
        writeKey: "a-key-that-only-the-api-gives",
        effective: true,
      },
    }),
  );
}

/** A terminal that shows its screen to whoever asks, and goes on where they were. */
async function playShown(page: Page): Promise<Connection[]> {
  return playTerminal(page, (connection, heard) => {
    if (heard.kind !== 65 || connection.subscriptions.length > 1) return;
    connection.hello(7);
    if (connection.subscriptions[0]?.["epoch"] === undefined) connection.snapshot(40, SCREEN);
  });
}

const link = (page: Page) => page.getByTestId("terminal-link");

/** What the terminal shows, as text: the renderer of the page draws it as rows. */
function rows(page: Page) {
  return page.getByTestId("terminal").locator(".xterm-rows");
}

// B-02
test("a lost connection comes back and misses nothing", async ({ page, submit }) => {
  const id = await submit("watched through a loss", "sleep 600");
  await playSession(page, () => session());
  const connections = await playShown(page);
  await page.goto(`/runs/${id}`);
  await expect(rows(page)).toContainText("working");
  await expect(link(page)).toHaveAttribute("data-link", "live");
  await expect(page.getByTestId("session-evidence")).toContainText(
    /on worker builder-1 \(host-1\)/,
  );
  connections[0]?.output(40, "one\r\n");
  await expect(rows(page)).toContainText("one");
  const acks = () => connections[0]?.heard.filter(({ kind }) => kind === 66) ?? [];
  await expect.poll(() => acks().at(-1)).toMatchObject({ offset: 45 });

  connections[0]?.close(1011);
  await expect(link(page)).toHaveAttribute("data-link", "resumed");
  expect(connections[1]?.subscriptions[0]).toEqual({ epoch: 7, offset: 45 });
  connections[1]?.output(43, "e\r\ntwo\r\n");
  await expect(rows(page)).toContainText("two");
  await expect(rows(page)).not.toContainText("onee");
});

test("what is left out is said, and the screen follows", async ({ page, submit }) => {
  const id = await submit("too much", "sleep 600");
  await playSession(page, () => session());
  const connections = await playShown(page);
  await page.goto(`/runs/${id}`);
  await expect(rows(page)).toContainText("working");
  connections[0]?.gap(40, 9_000);
  connections[0]?.output(5_000, "never drawn");
  await expect(link(page)).toHaveAttribute("data-link", "skipping");
  connections[0]?.snapshot(9_000, "the screen of later");
  await expect(rows(page)).toContainText("the screen of later");
  await expect(rows(page)).not.toContainText("never drawn");
  connections[0]?.exit(9_000, 0);
  await expect(link(page)).toHaveAttribute("data-link", "ended");
});

// B-05
test("nothing typed leaves without a grant; whoever is taken over is told", async ({
  page,
  submit,
}) => {
  const id = await submit("typed into", "sleep 600");
  await playSession(page, () => session());
  const connections = await playTerminal(page, (connection, heard) => {
    if (heard.kind !== 65) return;
    const [first, second] = connection.subscriptions;
    if (second === undefined) {
      connection.hello(7);
      connection.snapshot(40, SCREEN);
    } else if (second["grant"] === GRANT && first?.["grant"] === undefined) {
      connection.writer(40, { fence: 2, writer: writer("developer") });
    }
  });
  await page.goto(`/runs/${id}`);
  await expect(rows(page)).toContainText("working");
  const terminal = page.getByTestId("terminal");
  await terminal.click();
  await page.keyboard.type("nothing of this");
  // The program's questions are not for viewers.
  connections[0]?.output(40, "\x1b[c\x1b[6n\x1b]11;?\x07\x1b[?2004h");

  await page.getByRole("button", { name: "Ask to type" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Let me type" }).click();
  await expect(dialog).toContainText("say what for");
  await dialog.getByLabel("What for").fill("answers a question");
  await dialog.getByRole("button", { name: "Let me type" }).click();
  await expect(page.getByTestId("writer")).toContainText("You are typing.");
  await expect(page.getByTestId("countdown")).toContainText(/^(1:00|0:\d\d) left$/);
  expect(connections[0]?.subscriptions.at(-1)).toMatchObject({
    grant: GRANT,
    writeKey: "a-key-that-only-the-api-gives",
  });
  await page.keyboard.type("ls");
  await page.keyboard.press("Enter");
  await expect.poll(() => connections[0]?.typed).toBe("ls\r");
  connections[0]?.output(60, "\x1b[c\x1b[6n\x1b[>q\x1b[?1$p");
  connections[0]?.accepted(60, GRANT, 1);
  connections[0]?.accepted(60, GRANT, 3);
  await page.keyboard.type("x");
  await expect.poll(() => connections[0]?.typed).toBe("ls\rx");

  connections[0]?.refused({ seq: 4, grant: GRANT, reason: "the grant was replaced" });
  await expect(link(page)).toContainText("Not typed: the grant was replaced.");
  const other = "019a2b3c-4d5e-7f60-8a1b-000000000000";
  connections[0]?.writer(60, { fence: 3, writer: writer("grace", other), ended: "replaced" });
  await expect(page.getByTestId("writer").getByRole("alert")).toContainText(
    "Grace took over: answers a question. You only watch now.",
  );
  await terminal.click();
  await page.keyboard.type("gone");
  await expect(page.getByRole("button", { name: "Take over" })).toBeVisible();
  expect(connections[0]?.typed).toBe("ls\rx");
});

test("a link shows where it leads before it is followed", async ({ page, submit, context }) => {
  const id = await submit("prints links", "sleep 600");
  await playSession(page, () => session());
  const connections = await playShown(page);
  await page.goto(`/runs/${id}`);
  await expect(rows(page)).toContainText("working");
  connections[0]?.output(
    40,
    "\x1b[H\x1b]8;;http://evil.example/x\x1b\\https://good.example\x1b]8;;\x1b\\",
  );
  await expect(rows(page)).toContainText("good.example");
  await page
    .getByTestId("terminal")
    .locator(".xterm-screen")
    .click({ position: { x: 20, y: 6 } });
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("http://evil.example/x");
  await expect(dialog).toContainText("not be encrypted");
  await dialog.getByRole("button", { name: "Stay here" }).click();
  expect(context.pages()).toHaveLength(1);
});

// H-13
test("a session that failed says why and what to do", async ({ page, submit }) => {
  const id = await submit("cannot be watched", "sleep 600");
  let status = "error";
  await page.route("**/live-session", (route) => {
    if (route.request().method() === "POST") status = "starting";
    const error = { status, errorMessage: "the relay relay.example does not answer" };
    return route.fulfill({ json: session(error) });
  });
  await page.goto(`/runs/${id}`);
  const card = page.getByTestId("live-session");
  await expect(card).toContainText("Cannot be watched");
  await expect(card).toContainText("The relay relay.example does not answer. The run goes on");
  await card.getByRole("button", { name: "Open again" }).click();
  await expect(card.locator("[data-status=starting]")).toBeVisible();
});
