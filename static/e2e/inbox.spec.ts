// Requests for a person, from the run that asks to the answer that it hears, with the keyboard alone.
import { resolve } from "node:path";

import type { Page } from "@playwright/test";

import { expect, stateOf, test } from "./fixtures";

const BATON = resolve(process.env.BATON_BIN ?? "../target/debug/baton");

function asks(question: string, options = ""): string {
  return `heard=$('${BATON}' need-operator "${question}" ${options} --wait); echo "heard: $heard"`;
}

const card = (page: Page, question: string) =>
  page.locator("[data-help]").filter({ hasText: question });

// H-14
test("a question is answered with one key, and its run goes on", async ({
  page,
  submit,
  loads,
}) => {
  const question = `which schema? ${String(Date.now())}`;
  await page.goto("/inbox");
  const id = await submit("asks", asks(question, "--option old='The old one' --option new=New"));
  await expect(card(page, question)).toContainText("its agent waits");
  await expect(page.getByTestId("inbox-badge")).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("On the keyboard");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  // Nothing is selected yet: a digit answers nothing.
  await page.keyboard.press("2");
  await page.keyboard.press("j");
  while (!((await page.locator("[aria-current=true]").textContent()) ?? "").includes(question)) {
    await page.keyboard.press("j");
  }
  await page.keyboard.press("2");
  await expect(page.getByTestId("inbox-said")).toContainText("Answered: New.");
  await expect(card(page, question)).toHaveCount(0);
  await page.goto(`/runs/${id}`);
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log")).toContainText("heard: new");
  await page.getByTestId("help").locator("summary").click();
  await expect(page.getByTestId("help")).toContainText("Answered by developer: New");
  expect(loads.count).toBe(2);
});

test("a question is answered in one's own words, on the page of its run", async ({
  page,
  submit,
}) => {
  const question = `what name? ${String(Date.now())}`;
  const id = await submit("asks for words", asks(question));
  await page.goto(`/runs/${id}`);
  const request = card(page, question);
  await expect(page.getByTestId("evidence")).toContainText("Its agent waits for a person.");
  await request.getByLabel("Your answer").fill("Ada Lovelace");
  await request.getByRole("button", { name: "Answer" }).click();
  await expect(stateOf(page)).toHaveText("succeeded");
  await expect(page.getByTestId("log")).toContainText("heard: Ada Lovelace");
});

test("the inbox is narrowed by what is in the address, and says when it is empty", async ({
  page,
}) => {
  await page.goto("/inbox?pool=nobody-is-here");
  await expect(page.getByRole("heading", { name: "Nothing like that" })).toBeVisible();
  await page.getByRole("combobox", { name: "Kind" }).selectOption("permission");
  await expect(page).toHaveURL(/kind=permission/);
  await page.getByRole("link", { name: "Show every open request" }).click();
  await expect(page).toHaveURL("/inbox");
});
