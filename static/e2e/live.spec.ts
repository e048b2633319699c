// A run that somebody else submits appears, and goes its way, without a reload.
import { expect, row, stateOf, test } from "./fixtures";

test("the list shows a new run and each of its states", async ({ page, submit, gate, loads }) => {
  await page.goto("/");
  await expect(page.locator("[data-status=live]")).toBeVisible();
  const id = await submit("seen in the list", `${gate.wait}; echo done`);
  const line = row(page, id);
  await expect(line).toContainText("seen in the list");
  await expect(stateOf(line)).toHaveText("running");
  gate.open();
  await expect(stateOf(line)).toHaveText("succeeded");
  expect(loads.count).toBe(1);
});

test("a run's page follows it to its end", async ({ page, submit, gate, loads }) => {
  const id = await submit("seen in detail", `echo first words; ${gate.wait}; echo last words`);
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole("heading", { name: "seen in detail" })).toBeVisible();
  await expect(stateOf(page)).toHaveText("running");
  await expect(page.getByTestId("evidence")).toContainText(
    /Attempt 1 held by worker .+ heard .+ ago/,
  );

  const log = page.getByTestId("log");
  await expect(log).toContainText("first words");
  gate.open();
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(log).toContainText("last words");
  await expect(page.getByLabel("Timeline")).toContainText("Succeeded");
  await expect(page.locator('[data-kind="lease_taken"]')).toHaveCount(1);

  await page.getByRole("tab", { name: /Artifacts/ }).click();
  const file = page.locator('[data-artifact="logs/agent.log"] a');
  await expect(file).toBeVisible();
  const href = (await file.getAttribute("href")) ?? "";
  const content = await page.request.get(href);
  expect(await content.text()).toContain("last words");
  expect(loads.count).toBe(1);
});

test("a page that is opened late shows the same as one that watched", async ({ page, submit }) => {
  const id = await submit("watched and read", "for i in 1 2 3; do echo line $i; sleep 0.3; done");
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("succeeded");
  const kinds = () =>
    page.locator("[data-kind]").evaluateAll((all) => all.map((each) => each.dataset.kind));
  await expect(page.locator('[data-kind="succeeded"]')).toHaveCount(1);
  const watched = [await kinds(), await page.getByTestId("log").innerText()];
  await page.reload();
  await expect(page.locator('[data-kind="succeeded"]')).toHaveCount(1);
  expect([await kinds(), await page.getByTestId("log").innerText()]).toEqual(watched);
});

test("a row is a link for the keyboard too", async ({ page, submit }) => {
  const id = await submit("opened by keyboard", "true");
  await page.goto("/");
  await row(page, id).getByRole("link").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/runs/${id}`);
  await page.goBack();
  await expect(row(page, id)).toBeVisible();
});

test("filters narrow the list and are kept in the address", async ({ page, submit }) => {
  const good = await submit("needle good", "true");
  const bad = await submit("needle bad", "exit 3");
  await page.goto("/?q=needle");
  await expect(stateOf(row(page, good))).toHaveText("succeeded");
  await expect(stateOf(row(page, bad))).toHaveText("failed");
  await page.getByRole("button", { name: "failed", exact: true }).click();
  await expect(page).toHaveURL("/?state=failed&q=needle");
  await expect(row(page, good)).toHaveCount(0);
  await expect(row(page, bad)).toContainText("command_failed");
  await page.reload();
  await expect(row(page, bad)).toBeVisible();
  await expect(row(page, good)).toHaveCount(0);
});

test("news that were missed are made up for", async ({ page, submit, gate, loads }) => {
  const streams = "**/events/stream*";
  await page.route(streams, (route) => route.abort());
  const id = await submit(
    "while nobody could hear",
    `for i in 1 2 3; do echo $i; done; ${gate.wait}; for i in 4 5 6; do echo $i; done`,
  );
  await page.goto(`/runs/${id}`);
  await expect(page.locator("[data-status=reconnecting]")).toBeVisible();
  gate.open();
  await page.unroute(streams);
  await expect(page.locator("[data-status=live]")).toBeVisible();
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log").locator(".line")).toHaveText(["1", "2", "3", "4", "5", "6"]);
  expect(loads.count).toBe(1);
});
