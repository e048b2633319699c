// A run that is held, told something and taken over on the page, through everything that is real: its
// program calls `baton checkpoint` as an agent's hooks do.
import { resolve } from "node:path";

import type { Page } from "@playwright/test";

import { expect, stateOf, test } from "./fixtures";

const BATON = resolve(process.env.BATON_BIN ?? "../target/debug/baton");
/** A step every moment until it is told to stop; what it is told stands in its log. */
const STEPS = `
n=0
while [ ! -e done ]; do
  n=$((n + 1)); echo "step $n"
  '${BATON}' checkpoint --label "step $n"
  sleep 0.1
done
echo "went through"
`;

const card = (page: Page) => page.getByTestId("control");
const hold = (page: Page) => page.getByTestId("hold");
const phase = (page: Page, name: string) => page.locator(`[data-phase="${name}"]`).last();
const button = (page: Page, name: string) => card(page).getByRole("button", { name, exact: true });

async function begun(page: Page, id: string): Promise<void> {
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("running");
  await expect(page.getByTestId("log")).toContainText("step 2");
}

async function cancel(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("button", { name: "End this run" }).click();
  await expect(stateOf(page)).toHaveText("cancelled");
}

// H-05, H-06, H-14
test("a run is paused, told something, and goes on with it", async ({ page, submit, loads }) => {
  const id = await submit("goes step by step", STEPS);
  await begun(page, id);
  await button(page, "Pause with …").click();
  await card(page).getByPlaceholder("Everybody who looks").fill("wait for the review");
  await card(page).getByLabel("It goes on").selectOption({ label: "after a day" });
  await button(page, "Pause it").click();
  await expect(phase(page, "effective")).toHaveAttribute("data-reached", "true");
  await expect(stateOf(page)).toHaveText("paused");
  await expect(hold(page)).toContainText("Paused by developer");
  await expect(page.getByTestId("timer")).toContainText(/^2[34]:/);
  await expect(card(page)).toContainText("wait for the review");

  const talk = page.getByTestId("messages");
  await talk.getByRole("textbox", { name: "Message to the agent" }).fill("no, not this one");
  await talk.getByRole("button", { name: "Send" }).click();
  const wrong = talk.locator("li").filter({ hasText: "not this one" });
  await expect(wrong).toHaveAttribute("data-state", "queued");
  await wrong.getByRole("button", { name: "Take back" }).click();
  await expect(wrong).toHaveAttribute("data-state", "cancelled");
  await talk.getByRole("textbox", { name: "Message to the agent" }).fill("leave the public names");
  await page.keyboard.press("Control+Enter");
  const right = talk.locator("li").filter({ hasText: "public names" });
  await expect(right).toContainText("waits for the agent's next tool call");

  await button(page, "Resume").click();
  await expect(stateOf(page)).toHaveText("running");
  await expect(hold(page)).toHaveText("Not held");
  await expect(right).toHaveAttribute("data-state", /delivered|seen/);
  await expect(page.getByTestId("log")).toContainText("leave the public names");
  await expect(page.getByTestId("log")).not.toContainText("not this one");
  await cancel(page);
  expect(loads.count).toBe(1);
});

test("what never checkpoints is frozen at once, and thawed", async ({ page, submit }) => {
  const id = await submit("hears nothing", "echo step 1; echo step 2; sleep 600");
  await begun(page, id);
  await button(page, "Pause with …").click();
  await card(page).getByRole("radio", { name: "freeze it at once" }).check();
  await button(page, "Pause it").click();
  await expect(stateOf(page)).toHaveText("paused");
  await expect(card(page)).toContainText(/is frozen|is stopped/);
  await button(page, "Resume").click();
  await expect(stateOf(page)).toHaveText("running");
  await cancel(page);
});

// H-09, H-14
test("a run is taken over, worked on in its shell, and handed back", async ({ page, submit }) => {
  const id = await submit("needs a hand", STEPS);
  await begun(page, id);
  await button(page, "Take the run over …").click();
  await card(page).getByPlaceholder("Everybody who looks").fill("it needs my key");
  await button(page, "Take it over").click();
  const steps = page.getByTestId("takeover");
  await expect(steps).toContainText("You have the run's place");
  await expect(page.getByTestId("takeover-left")).toContainText(/^(1:00:00|59:)/);
  const right = steps.getByRole("button", { name: "Get the right to type" });
  const open = steps.getByRole("button", { name: "Open the terminal" });
  await expect(right.or(open)).toBeVisible();
  if (await open.isVisible()) await open.click();
  await right.click();
  await page.getByRole("dialog").getByRole("button", { name: "Let me type" }).click();
  await expect(page.getByTestId("writer")).toContainText("You are typing.");
  await expect(page.getByRole("tab", { name: "Shell" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTestId("terminal").locator(".xterm-rows")).toContainText(/[$#]/);
  await page.getByTestId("terminal").click();
  await page.keyboard.type("touch done && echo it-is-''done");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("terminal").locator(".xterm-rows")).toContainText("it-is-done");

  // How long one may type is told where one works and where one hands back, and in between.
  await expect(page.getByTestId("typing-left")).toHaveText(/^1[45]:\d\d$/);
  await page.getByTestId("terminal").evaluate((element) => element.scrollIntoView());
  await expect(page.getByTestId("countdown")).toBeInViewport();
  const timeline = page.getByLabel("Timeline");
  await expect(timeline).toContainText("developer may type for 15 min");
  await expect(timeline.locator('[data-kind="input_typed"]')).toHaveCount(1);

  await steps.getByRole("button", { name: "Hand back" }).click();
  await expect(steps.getByRole("alert")).toContainText("Write something first.");
  await steps.getByLabel("What you did").fill("it is done: end");
  await steps.getByRole("button", { name: "Hand back" }).click();
  await expect(page.getByTestId("takeover")).toHaveCount(0);
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log")).toContainText("it is done: end");
  await expect(page.getByLabel("Timeline")).toContainText("Handed back to its agent");
  const told = page.getByTestId("hand-back");
  await expect(told).toContainText("Handed back by developer");
  await expect(told).toContainText("The agent was told what was done.");
});

// H-14
test("a run that used up a budget goes on when that is raised, not before", async ({
  page,
  submit,
}) => {
  const id = await submit("uses up its time", STEPS, {
    control: { budgets: { wallSeconds: 1 } },
  });
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("paused");
  await expect(page.getByTestId("evidence")).toContainText("It stands still.");
  await expect(button(page, "Resume (its working time is used up: raise it)")).toBeDisabled();
  await expect(page.getByLabel("Timeline")).toContainText("Paused since a budget is used up");
  await page.getByRole("button", { name: "Raise the budget of working time" }).click();
  const raise = page.getByRole("form", { name: "Raise the budget of working time" });
  await raise.getByLabel("To").fill("10");
  await raise.getByRole("button", { name: "Raise", exact: true }).click();
  await expect(stateOf(page)).toHaveText("running");
  await cancel(page);
});

test("what only a worker could do is not offered for a run that none has", async ({
  page,
  submit,
}) => {
  const id = await submit("waits for its pool", "true", { pool: "nobody-is-here" });
  await page.goto(`/runs/${id}`);
  await button(page, "Pause").click();
  await expect(hold(page)).toContainText("Pausing by developer");
  await expect(button(page, "Let it go on")).toBeVisible();
  await expect(button(page, "Freeze it now")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Recording" })).toHaveCount(0);
  await cancel(page);
});

test("what a form was opened from has the keyboard again when it closes", async ({
  page,
  submit,
}) => {
  const id = await submit("steered with the keyboard", STEPS);
  await begun(page, id);
  const cancelRun = page.getByRole("button", { name: "Cancel run" });
  for (const [opener, field] of [
    [button(page, "Pause with …"), card(page).getByPlaceholder("Everybody who looks")],
    [button(page, "Take the run over …"), card(page).getByPlaceholder("Everybody who looks")],
    [cancelRun, page.getByPlaceholder("Why (optional)")],
  ] as const) {
    await opener.focus();
    await page.keyboard.press("Enter");
    await expect(field).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(opener).toBeFocused();
  }
  await cancel(page);
});

test("who only looks on may do nothing, and is told why", async ({ page, submit, makeToken }) => {
  const id = await submit("looked at", STEPS);
  const token = await makeToken("page-onlooker", "viewer");
  const { hostname } = new URL(process.env.BATON_URL ?? "");
  await page
    .context()
    .addCookies([{ name: "baton_session", value: "stranger", domain: hostname, path: "/api" }]);
  await page.goto(`/runs/${id}`);
  await page.getByLabel("An operator's token").fill(token.text);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(stateOf(page)).toHaveText("running");
  await expect(card(page)).toContainText("You only look on: This needs the role operator");
  for (const name of [/^Pause \(/, /^Pause with/, /^Take the run over/]) {
    await expect(card(page).getByRole("button", { name })).toBeDisabled();
  }
  await expect(page.getByTestId("messages").getByRole("button", { name: "Send" })).toBeDisabled();
  await page.context().clearCookies();
  await page.reload();
  await cancel(page);
});
