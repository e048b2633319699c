// What an operator does about the fleet: drain, ask why nothing starts, try dead letters again, take
// a run from a worker.
import { expect, stateOf, test } from "./fixtures";

test.afterEach(async ({ request }) => {
  const { drains } = (await (await request.get("/api/drains")).json()) as {
    drains: { scope: string }[];
  };
  for (const { scope } of drains) await request.delete(`/api/drains/${scope}`);
});

test("a drained worker starts nothing, the run says why, and goes on when undrained", async ({
  page,
  submit,
}) => {
  await page.goto("/workers");
  const worker = page.locator("[data-worker]").first();
  const name = (await worker.getAttribute("data-worker")) ?? "";
  await worker.getByRole("button", { name: "Drain" }).click();
  await page.getByRole("button", { name: "Take no more runs" }).click();
  await expect(page.getByRole("alert")).toContainText("say why");
  await page.getByLabel("Why").fill("new disks");
  await page.getByRole("button", { name: "Take no more runs" }).click();
  const banner = page.locator(`[data-drain="worker.${name}"]`);
  await expect(banner).toContainText(`Drained: worker ${name}. New disks.`);
  await expect(banner).toContainText("1 worker, ");
  await expect(worker).toContainText("Draining: takes no more. New disks.");

  const id = await submit("waits for the undrain", "echo at last");
  await page.goto(`/runs/${id}`);
  const why = page.getByTestId("why");
  await expect(why).toContainText("Place 1 in its queue");
  await expect(why.locator('[data-verdict="draining"]')).toContainText(name);
  await expect(why.getByRole("list", { name: "What to do" })).toContainText(/drain/i);
  await expect(stateOf(page)).toHaveText("queued");

  await page.getByRole("link", { name: "Workers", exact: true }).first().click();
  await banner.getByRole("button", { name: "Undrain" }).click();
  await expect(banner).toHaveCount(0);
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(why).toHaveCount(0);
});

test("dead letters are tried again, one by one and all of a cause", async ({ page, submit }) => {
  const dead = { maxAttempts: 1, pool: "default" };
  const first = await submit("dead one", "kill -9 $$", dead);
  const second = await submit("dead two", "kill -9 $$", dead);
  for (const id of [first, second]) {
    await page.goto(`/runs/${id}`);
    await expect(stateOf(page)).toHaveText("dead lettered");
  }
  await page.goto("/dead-letters?pool=default");
  const group = page.locator("[data-code]").first();
  await expect(group).toContainText("Oldest");
  await group.getByText("Runs", { exact: true }).click();
  await group.locator(`[data-run="${first}"]`).getByRole("button").click();
  await expect(page.getByText("1 run tried again")).toBeVisible();
  await page.goto(`/runs/${first}`);
  await expect(page.locator('[data-kind="redriven"]')).toHaveCount(1);
  await expect(page.locator('[data-attempt="2"] .outcome')).toHaveText("failed");
  await expect(stateOf(page)).toHaveText("dead lettered");

  await page.goto("/dead-letters?pool=default");
  await group.getByRole("button", { name: "Try all again" }).click();
  await page.getByPlaceholder("Why (optional)").fill("mended");
  await page.getByRole("button", { name: /Try \d+ runs again/ }).click();
  await expect(page.getByText(/\d+ runs tried again/)).toBeVisible();
  await page.goto(`/runs/${second}`);
  await expect(page.locator('[data-kind="redriven"]')).toContainText("mended");
});

test("a failed run is tried again on its own page", async ({ page, submit }) => {
  const id = await submit("failed for now", "exit 3");
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("failed");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Try this run again" }).click();
  await expect(page.locator('[data-kind="redriven"]')).toHaveCount(1);
  await expect(page.locator('[data-attempt="2"]')).toBeVisible();
  await expect(stateOf(page)).toHaveText("failed");
});

test("a run is taken from its worker, for a reason, and counts as no failure", async ({
  page,
  submit,
}) => {
  const id = await submit("hangs", "sleep 600");
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("running");
  await page.getByRole("button", { name: "Take from worker" }).click();
  await page.getByRole("button", { name: "Take it away" }).click();
  await expect(page.getByRole("alert")).toContainText("Say why");
  await page.getByPlaceholder("Why", { exact: true }).fill("it hangs");
  await page.getByRole("button", { name: "Take it away" }).click();
  await expect(page.locator('[data-kind="lease_lost"]')).toContainText("it hangs");
  await expect(page.locator('[data-attempt="1"] .outcome')).toHaveText("taken away");
  await expect(page.locator('[data-attempt="2"]')).toBeVisible();
  await expect(page.getByText("0 of 3 failed")).toBeVisible();
  await page.getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("button", { name: "End this run" }).click();
  await expect(stateOf(page)).toHaveText("cancelled");
});
