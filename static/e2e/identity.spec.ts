// Who looks at the page: signing in by a token, being signed out by its end, and making tokens.
import type { Page } from "@playwright/test";

import { expect, row, stateOf, test } from "./fixtures";

/** `baton dev` takes everybody for its developer, except who shows something: a cookie that is good
 * for nothing makes a stranger. */
async function becomeStranger(page: Page): Promise<void> {
  const { hostname } = new URL(process.env.BATON_URL ?? "");
  await page
    .context()
    .addCookies([{ name: "baton_session", value: "stranger", domain: hostname, path: "/api" }]);
}

async function signIn(page: Page, text: string): Promise<void> {
  await page.getByLabel("An operator's token").fill(text);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("whoever is revoked is signed out at once, and finds the page as it was", async ({
  page,
  submit,
  makeToken,
  request,
  loads,
}) => {
  const id = await submit("watched by a viewer", "echo begun; sleep 600");
  const first = await makeToken("page-viewer", "viewer");
  await becomeStranger(page);
  await page.goto(`/runs/${id}`);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByTestId("me")).toHaveCount(0);
  await signIn(page, "baton_operator_of_nobody");
  await expect(page.getByRole("alert")).toBeVisible();

  await signIn(page, first.text);
  await expect(page.getByTestId("me")).toContainText("page-viewer viewer");
  await expect(stateOf(page)).toHaveText("running");
  const cancel = page.getByRole("button", { name: "Cancel run" });
  await expect(cancel).toBeDisabled();
  await expect(cancel).toHaveAccessibleName(/needs the role operator/);
  await expect(page.getByRole("button", { name: "New run" })).toBeDisabled();
  await expect(page.getByRole("link", { name: "Tokens" })).toHaveCount(0);
  await page.getByRole("tab", { name: "Request" }).click();

  expect((await request.delete(`/api/tokens/${first.id}`)).status()).toBe(200);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: 2_000 });
  await expect(page.getByText("You were signed out")).toBeVisible();
  await expect(page.getByTestId("log")).toHaveCount(0);

  const second = await makeToken("page-viewer", "operator");
  await signIn(page, second.text);
  await expect(page.getByRole("tab", { name: "Request" })).toHaveAttribute("aria-selected", "true");
  await cancel.click();
  await page.getByRole("button", { name: "End this run" }).click();
  await expect(stateOf(page)).toHaveText("cancelled");
  expect(loads.count).toBe(1);
});

test("a token is made, shown once, used and revoked on the page", async ({ page, browser }) => {
  const name = `ada ${String(Date.now())}`;
  await page.goto("/tokens");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.locator('[data-error-of="name"]')).toBeVisible();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Role").selectOption("admin");
  await page.getByRole("button", { name: "Make token" }).click();
  const text = await page.getByTestId("token-text").innerText();
  await page.getByRole("button", { name: "I have it" }).click();
  await expect(page.getByTestId("token-text")).toHaveCount(0);
  const line = page.locator(`[data-token="${name}"]`);
  await expect(line).toContainText("active");
  await expect(line).toContainText("admin");

  const other = await browser.newContext({ baseURL: process.env.BATON_URL ?? "" });
  const theirs = await other.newPage();
  await becomeStranger(theirs);
  await theirs.goto("/");
  await signIn(theirs, text);
  await expect(theirs.getByTestId("me")).toContainText(`${name} admin`);
  await theirs.getByRole("button", { name: "Sign out" }).click();
  // Without a cookie, `baton dev` takes everybody for its developer again.
  await expect(theirs.getByTestId("me")).toContainText("developer");
  await becomeStranger(theirs);
  await theirs.reload();
  await signIn(theirs, text);
  await expect(theirs.getByTestId("me")).toContainText(name);

  await line.getByRole("button", { name: "Revoke" }).click();
  await line.getByRole("button", { name: "Revoke for ever" }).click();
  await expect(line).toContainText("revoked");
  await expect(theirs.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: 2_000 });
  await signIn(theirs, text);
  await expect(theirs.getByRole("alert")).toContainText("revoked");
  await other.close();
});

test("a list that was open goes on after a sign-in", async ({ page, submit, makeToken }) => {
  const token = await makeToken("page-lister", "viewer");
  await becomeStranger(page);
  await page.goto("/?q=entered");
  await signIn(page, token.text);
  await expect(page.locator("[data-status=live]")).toBeVisible();
  const id = await submit("entered late", "true");
  await expect(stateOf(row(page, id))).toHaveText("succeeded");
});
