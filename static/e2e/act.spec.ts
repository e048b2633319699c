// What an operator does on the page: submit, be corrected, cancel, look around.
import type { Locator, Page } from "@playwright/test";

import { expect, stateOf, test } from "./fixtures";

/** The form for a new run. */
async function form(page: Page): Promise<Locator> {
  await page.goto("/");
  await page.getByRole("button", { name: "New run" }).first().click();
  return page.getByRole("dialog");
}

/** The form for a new run of a command. */
async function formFor(page: Page, command: string): Promise<Locator> {
  const dialog = await form(page);
  await dialog.getByRole("radio", { name: "Command" }).check();
  await dialog.getByRole("textbox", { name: "Command" }).fill(command);
  return dialog;
}

test("a bad submission is explained at its fields", async ({ page }) => {
  const dialog = await form(page);
  await dialog.getByRole("button", { name: "Submit" }).click();
  await expect(dialog.locator('[data-error-of="repository"]')).toContainText("is missing");
  await expect(dialog.locator('[data-error-of="instructions"]')).toBeVisible();
  await expect(dialog.getByLabel("Repository")).toHaveAttribute("aria-invalid", "true");
  await expect(page).toHaveURL("/");
});

test("a good submission leads to its run", async ({ page }) => {
  const dialog = await formFor(page, "sh -c 'echo from the form'");
  await dialog.getByRole("button", { name: "Submit" }).click();
  await expect(page).toHaveURL(/\/runs\/[0-9a-f-]{36}$/);
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log")).toContainText("from the form");
});

test("what is wrong about budgets, secrets and stages is said at their fields", async ({
  page,
}) => {
  const dialog = await formFor(page, "true");
  await dialog.getByText("Where it is held").click();
  await dialog.getByLabel("Working time in minutes").fill("an hour");
  await dialog.getByRole("button", { name: "Submit" }).click();
  await expect(dialog.getByLabel("Working time in minutes")).toBeFocused();
  await expect(dialog.locator('[data-error-of="budgets.wallSeconds"]')).toHaveText(
    "must be a number",
  );
  await dialog.getByLabel("Working time in minutes").fill("0");
  await dialog.getByText("More", { exact: true }).click();
  await dialog.getByLabel("Secrets of the worker").fill("GOOD\nBAD=vault:x");
  await dialog.getByText("More", { exact: true }).click();
  await dialog.getByRole("button", { name: "Submit" }).click();
  await expect(dialog.locator('[data-error-of="budgets.wallSeconds"]')).toHaveText(
    "is 0: 1 to 604800 is allowed (in seconds)",
  );
  // The fold that it was closed in opens again.
  await expect(dialog.locator('[data-error-of="secrets"]')).toContainText("line 2:");
});

test("a run is held where its submission says, and another like it is submitted", async ({
  page,
}) => {
  const dialog = await formFor(page, "echo held first");
  await dialog.getByText("Where it is held").click();
  await dialog.getByLabel("the work begins").check();
  await dialog.getByLabel("Working time in minutes").fill("1.5");
  await dialog.getByText("Who may watch it").click();
  await dialog.getByLabel("Its terminal is open to watchers").selectOption("on");
  await dialog.getByLabel("For how many minutes").fill("7");
  await dialog.getByRole("button", { name: "Submit" }).click();
  await expect(stateOf(page)).toHaveText("paused");
  await page.getByRole("tab", { name: "Request" }).click();
  await page.getByRole("button", { name: "Submit another like it" }).click();
  await expect(dialog).toContainText("before execute, after 1.5 min of work");
  await dialog.getByText("Where it is held").click();
  await expect(dialog.getByLabel("the work begins")).toBeChecked();
  await dialog.getByLabel("the work begins").uncheck();
  const sent = page.waitForRequest((request) => request.method() === "POST");
  await dialog.getByRole("button", { name: "Submit" }).click();
  expect((await sent).postDataJSON()).toMatchObject({
    control: { budgets: { wallSeconds: 90 } },
    liveSession: { enabled: true, ttlMinutes: 7 },
  });
  await expect(stateOf(page)).toHaveText("succeeded");
  await page.goBack();
  await expect(stateOf(page)).toHaveText("paused");
  await page.getByTestId("control").getByRole("button", { name: "Resume" }).click();
  await expect(stateOf(page)).toHaveText("succeeded");
});

test("a long run is cancelled, after asking once", async ({ page, submit }) => {
  const id = await submit("too long", "sleep 600");
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("running");
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByPlaceholder("Why (optional)").fill("not needed");
  await page.getByRole("button", { name: "End this run" }).click();
  await expect(stateOf(page)).toHaveText("cancelled");
  await expect(page.getByLabel("Timeline")).toContainText("not needed");
  await expect(page.getByRole("button", { name: "Cancel run" })).toHaveCount(0);
});

test("a run that does not exist says so", async ({ page }) => {
  await page.goto("/runs/0193a1b2-0000-7000-8000-000000000000");
  await expect(page.getByRole("heading", { name: "Not found" })).toBeVisible();
  await page.getByRole("link", { name: "All runs", exact: true }).click();
  await expect(page).toHaveURL("/");
});

test("the workers are shown with their slots", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: "Workers" }).click();
  await expect(page.locator("[data-worker]").first()).toContainText(
    /heard .+ ago · \d+ of \d+\s+slots? used, \d+ free/,
  );
  await page.reload();
  await expect(page.locator("[data-worker]").first()).toBeVisible();
});

for (const width of [360, 1600]) {
  test(`nothing is wider than the window at ${String(width)} px`, async ({ page, submit }) => {
    const id = await submit(`a title without end ${"on and on ".repeat(15)}`, "echo wide");
    await page.setViewportSize({ width, height: 800 });
    for (const path of ["/", `/runs/${id}`, `/runs/${id}?view=log`, "/workers", "/tokens"]) {
      await page.goto(path);
      await expect(page.locator("main .card").first()).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
    }
  });
}
