// What the README shows, as it is: a real Codex run that is held and told something, one that is taken
// over and typed into, and the inbox.
import { resolve } from "node:path";

import type { APIRequestContext, Page } from "@playwright/test";

import { expect, stateOf, test } from "../e2e/fixtures";

const REPOSITORY = process.env.PICTURES_REPOSITORY ?? "";
const BATON = resolve(process.env.BATON_BIN ?? "../target/debug/baton");
const IMAGES = resolve("../docs/images");

/** What an agent's hook says when it asks for a permission. */
const PUSH = {
  hook_event_name: "PermissionRequest",
  session_id: "s",
  tool_name: "Bash",
  tool_input: { command: "git push origin main --follow-tags" },
};

async function codex(request: APIRequestContext, more: object = {}): Promise<string> {
  const answer = await request.post("/api/task-runs", {
    data: {
      type: "codex_exec",
      title: "Mend the greeting",
      repository: REPOSITORY,
      task: { instructions: "test_greet.py fails. Mend greet.py so that it passes." },
      control: { budgets: { wallSeconds: 900, tokens: 400_000, diffLines: 200 } },
      ...more,
    },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return ((await answer.json()) as { id: string }).id;
}

async function wish(request: APIRequestContext, id: string, body: object): Promise<void> {
  const answer = await request.post(`/api/task-runs/${id}/control`, { data: body });
  expect(answer.ok(), await answer.text()).toBe(true);
}

async function shot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${IMAGES}/${name}.png` });
}

test("a run that is held at its agent's next tool call, and told something", async ({
  page,
  request,
}) => {
  const id = await codex(request);
  await page.goto(`/runs/${id}`);
  await expect(page.getByTestId("agent")).toBeVisible();
  await page.getByRole("button", { name: "Pause with …" }).click();
  await page.getByPlaceholder("Everybody who looks").fill("a word before you go on");
  await page.getByRole("button", { name: "Pause it", exact: true }).click();
  await expect(stateOf(page)).toHaveText("paused");
  const talk = page.getByTestId("messages");
  const words = "Leave the name of the function as it is.";
  await talk.getByRole("textbox", { name: "Message to the agent" }).fill(words);
  await talk.getByRole("button", { name: "Send" }).click();
  await expect(talk.locator("li")).toContainText("waits for the agent's next tool call");
  await expect(talk.getByRole("textbox", { name: "Message to the agent" })).toHaveValue("");
  await page.getByTestId("state").first().hover();
  await shot(page, "run");
  await wish(request, id, { action: "cancel" });
});

test("a run that is taken over, and typed into for as long as granted", async ({
  page,
  request,
}) => {
  const id = await codex(request, { liveSession: { enabled: true } });
  await page.goto(`/runs/${id}`);
  await expect(page.getByTestId("agent")).toBeVisible();
  await wish(request, id, { action: "takeover", note: "the fixture needs my key" });
  const steps = page.getByTestId("takeover");
  await steps.getByRole("button", { name: "Get the right to type" }).click();
  await page.getByRole("button", { name: "Let me type" }).click();
  const screen = page.getByTestId("terminal").locator(".xterm-rows");
  await expect(screen).toContainText(/[$#]/);
  await page.getByTestId("terminal").click();
  // A prompt and lines that name no folder of the machine that the picture is made on.
  const lines: [string, RegExp][] = [
    ["PS1='$ '; clear", /^\s*\$\s*$/],
    ["cat greet.py", /def greet/],
    ["python3 test_greet.py 2>&1 | tail -1", /AssertionError: Hello!/],
  ];
  for (const [line, answer] of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
    await expect(screen).toHaveText(answer);
  }
  await page.getByTestId("control").evaluate((card) => card.scrollIntoView());
  await shot(page, "live");
  await wish(request, id, { action: "cancel" });
});

test("the inbox: what runs of the whole fleet need a person for", async ({
  page,
  request,
  submit,
}) => {
  const options = "--option old='The old one' --option new='The new one, with a view for the old'";
  const ask = `'${BATON}' need-operator "Which of the two schemas is to stay?" ${options} --wait`;
  const runs = [
    await submit("Migrate the orders table", ask),
    await submit("Release 2.4", `echo '${JSON.stringify(PUSH)}' | '${BATON}' checkpoint`),
  ];
  await page.goto("/inbox");
  await expect(page.locator("[data-help]")).toHaveCount(2);
  await page.setViewportSize({ width: 1280, height: 480 });
  await page.keyboard.press("j");
  await shot(page, "inbox");
  for (const id of runs) await wish(request, id, { action: "cancel" });
});
