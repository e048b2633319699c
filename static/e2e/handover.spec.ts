// A run's terminal, through everything that is real: watched, typed into under a grant, taken away
// again, played back after the end.
import type { Page } from "@playwright/test";

import { expect, stateOf, test } from "./fixtures";

const SCRIPT = `
printf 'name? '; read -r name; echo "hello $name"
printf 'again? '; read -r more; echo "bye $more"
`;

const shown = (page: Page) => page.getByTestId("terminal").locator(".xterm-rows");
const writer = (page: Page) => page.getByTestId("writer");

async function askToType(page: Page, reason: string): Promise<void> {
  await writer(page).getByRole("button", { name: "Ask to type" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What for").fill(reason);
  await dialog.getByLabel("Minutes").fill("5");
  await dialog.getByRole("button", { name: "Let me type" }).click();
  await expect(writer(page)).toContainText("You are typing.");
}

// H-14, B-02
test("a run is watched, typed into until that is taken away, and played back", async ({
  page,
  submit,
  request,
  loads,
}) => {
  const id = await submit("asks for a name", SCRIPT);
  await page.goto(`/runs/${id}`);
  const card = page.getByTestId("live-session");
  await expect(stateOf(page)).toHaveText("running");
  const ready = card.locator("[data-status=ready]");
  await expect(ready.or(card.getByRole("button", { name: "Watch live" }))).toBeVisible();
  if (!(await ready.isVisible())) await card.getByRole("button", { name: "Watch live" }).click();
  await expect(ready).toBeVisible();
  await expect(page.getByTestId("session-evidence")).toContainText("on worker local");
  await expect(shown(page)).toContainText("name?");
  await page.getByTestId("terminal").click();
  await page.keyboard.type("nobody\n");

  await askToType(page, "it wants a name");
  await expect(page.getByTestId("countdown")).toContainText(/^(5:00|4:\d\d) left$/);
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await expect(shown(page)).toContainText("hello Ada");
  await expect(shown(page)).not.toContainText("nobody");

  const revoked = await request.post(`/api/task-runs/${id}/live-session/revoke-write`, {
    data: { note: "enough" },
  });
  expect(((await revoked.json()) as { effective: boolean }).effective).toBe(true);
  await expect(writer(page).getByRole("alert")).toContainText("taken away");
  await page.getByTestId("terminal").click();
  await page.keyboard.type("too late\n");

  await askToType(page, "it asks again");
  await page.keyboard.type("Grace");
  await page.keyboard.press("Enter");
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log")).toContainText("bye Grace");

  await card.getByRole("button", { name: "Who did what" }).click();
  await expect(card.locator('[data-action="write_granted"]')).toHaveCount(2);
  await expect(card.locator('[data-action="write_revoked"]')).toContainText("enough");
  await card.getByRole("button", { name: "Recording" }).click();
  const recording = page.getByTestId("recording");
  await recording.getByRole("button", { name: "Play", exact: true }).click();
  await expect(recording.locator(".xterm-rows")).toContainText("bye Grace");
  await expect(recording).not.toContainText("too late");
  expect(loads.count).toBe(1);
});
