import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { AccountPage } from "../pages/settings.ts";
import { broken, markdown } from "../support/books.ts";
import { admin } from "../support/folio.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { Person } from "../support/person.ts";
import { picture } from "../support/pictures.ts";
import { expect, test } from "../support/test.ts";

/** Checks a page, or parts of a long one, in both colour schemes, and that it fits the narrowest phone. */
async function isFitForAll(page: Page, name: string, parts: string[] = []): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const axe = parts.reduce((whole, part) => whole.include(part), new AxeBuilder({ page }));
    const { violations } = await axe.analyze();
    const grave = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`).join("; ")}`);
    expect.soft(grave, `${name}, ${colorScheme}`).toEqual([]);
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(tooWide, `${name}: pixels beyond 360`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

test("the pages before signing in are fit for all", async ({ browser, ownFolio, visitor }) => {
  const owner = await Person.visiting(browser, await ownFolio());
  await owner.page.goto("/setup");
  await isFitForAll(owner.page, "set-up");
  await owner.leaves();
  for (const path of ["/login", "/register"]) {
    await visitor.page.goto(path);
    await isFitForAll(visitor.page, path);
  }
});

test("the API's page is fit for all, and opens without a mouse", async ({ visitor }) => {
  const { page } = visitor;
  await page.goto("/api/docs");
  // every face is made by the same few functions, and all of them together take a minute to look at
  const parts = ["header", "main > h1", ...["credentials", "refusals", "openai"].map((part) => `section[aria-labelledby="${part}"]`)];
  await isFitForAll(page, "API", parts);
  const route = page.locator("#openai_complete");
  await route.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(route.getByRole("heading", { name: "Answers" })).toBeVisible();
  await route.evaluate((opened) => opened.parentElement?.querySelectorAll("details").forEach((one) => (one.open = true)));
  await isFitForAll(page, "API, opened", parts);
});

test("the pages of someone new are fit for all", async ({ ada }) => {
  await ada.chat.opens();
  await isFitForAll(ada.page, "new chat without books");
  await ada.library.opens();
  await isFitForAll(ada.page, "empty library");
  ada.watch.expects(/status of 404/);
  await ada.page.goto("/no/such/page");
  await isFitForAll(ada.page, "not found");
});

test("the pages of a conversation are fit for all", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  model.answers(`${lighthouse.fact} ${lighthouse.invention}\n\n- a list\n\n\`\`\`\n${"code ".repeat(60)}\n\`\`\``);
  await library.holds(await lighthousePdf());
  await isFitForAll(page, "library");
  await library.book(lighthouse.title).getByRole("link", { name: lighthouse.title }).click();
  await expect(ada.reader.text(1)).toBeVisible();
  await isFitForAll(page, "reader");
  await chat.learns(lighthouse.question);
  await isFitForAll(page, "conversation");
  await chat.citations.first().click();
  await chat.panel.shows(2, 3);
  await isFitForAll(page, "cited page");
});

test("a conversation with files is fit for all", async ({ ada, model }) => {
  const { chat, page, watch } = ada;
  watch.expects(/status of 400/);
  model.answers("Green.");
  const files = [markdown("notes about a very long and winding story of a lighthouse.md", "It was green."), picture("red.png")];
  await chat.opens();
  await chat.choosesModel();
  await chat.attaches(...files, broken("broken.pdf"));
  await isFitForAll(page, "files to send along");
  await chat.removes("broken.pdf");
  await chat.removes("red.png");
  await chat.asks("Which colour?");
  await chat.becomes("complete");
  await isFitForAll(page, "files sent along");
});

test("the settings are fit for all", async ({ ada, browser, folio }) => {
  const account = new AccountPage(ada.page);
  await account.opens();
  await account.makesToken("a script", "Read and write");
  await isFitForAll(ada.page, "account");
  const owner = await Person.signedIn(browser, folio, admin);
  await owner.page.goto("/admin/users");
  await isFitForAll(owner.page, "users");
  await owner.page.goto("/admin/tools");
  await isFitForAll(owner.page, "tools without servers");
  await owner.leaves();
});

test("a question can be asked and a citation opened by keyboard alone", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  model.answers(lighthouse.fact);
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.choosesModel();
  await chat.question.focus();
  await page.keyboard.type(lighthouse.question);
  await page.keyboard.press("Enter");
  await chat.becomes("complete");
  await chat.citations.focus();
  await page.keyboard.press("Enter");
  await chat.panel.shows(2, 3);
});
