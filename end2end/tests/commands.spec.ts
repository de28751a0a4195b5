import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { CommandsPage } from "../pages/commands.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

async function isFitForAll(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect.soft(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join("; ")}`), `${name}, ${colorScheme}`).toEqual([]);
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect.soft(tooWide, `${name}: pixels beyond 360`).toBeLessThanOrEqual(0);
  if (size) await page.setViewportSize(size);
}

test("something dangerous is asked about, and done once it is confirmed", async ({ ada }) => {
  const { page, library } = ada;
  const commands = new CommandsPage(page);
  await library.holds(await lighthousePdf());
  await commands.opens();
  await commands.says("list books");
  await expect(commands.becomes("Done")).toBeVisible();
  await expect(commands.card).toContainText(lighthouse.title);
  await commands.says(`delete book "${lighthouse.title}"`);
  await expect(commands.becomes("Are you sure?")).toBeVisible();
  await expect(commands.card).toContainText("cannot be undone");
  await expect(commands.confirm).not.toBeFocused();
  await isFitForAll(page, "a confirmation");
  await commands.cancel.click();
  await expect(commands.card).toContainText("Nothing was changed");
  await library.opens();
  await expect(library.book(lighthouse.title)).toBeVisible();
  await commands.opens();
  await commands.says(`delete book "${lighthouse.title}"`);
  await commands.confirm.click();
  await expect(commands.becomes("Done")).toBeVisible();
  await isFitForAll(page, "a result");
  await library.opens();
  await expect(library.book(lighthouse.title)).toHaveCount(0);
});

test("a command is understood, answered, taken back and asked back about", async ({ ada }) => {
  const { page, library } = ada;
  const commands = new CommandsPage(page);
  await library.holds(await lighthousePdf());
  await commands.opens();
  await commands.says(`rename book "${lighthouse.title}" to "Another title"`);
  await expect(commands.card).toContainText("is called “Another title” now");
  await commands.card.getByRole("button", { name: "Undo" }).click();
  await expect(commands.card).toContainText(`is called “${lighthouse.title}” now`);
  await commands.says("delete a book");
  await expect(commands.becomes("Please say more")).toBeVisible();
  await isFitForAll(page, "a question back");
  await commands.card.getByRole("button", { name: lighthouse.title }).click();
  await expect(commands.becomes("Are you sure?")).toBeVisible();
  await commands.says("create a backup");
  await expect(commands.becomes("Not allowed")).toBeVisible();
  await expect(commands.card).toContainText("administrator");
  await isFitForAll(page, "a denial");
  await commands.says("who built the lighthouse?");
  await commands.card.getByRole("button", { name: "Ask it in a chat instead" }).click();
  await expect(ada.chat.question).toHaveValue("who built the lighthouse?");
});

test("a command that begins with a slash goes from the chat to its card", async ({ ada }) => {
  const commands = new CommandsPage(ada.page);
  await ada.chat.opens();
  await ada.chat.question.fill("/list books");
  await ada.page.keyboard.press("Enter");
  await expect(commands.becomes("Done")).toBeVisible();
  await expect(commands.card).toContainText("There is no book yet");
});

test("confirming works by keyboard alone, and without JavaScript", async ({ ada, browser }) => {
  await ada.library.holds(await lighthousePdf());
  const page = await ada.withoutJavaScript(browser);
  const commands = new CommandsPage(page);
  await commands.opens();
  await commands.line.focus();
  await page.keyboard.type("delete all my books");
  await page.keyboard.press("Enter");
  await expect(commands.becomes("Are you sure?")).toBeVisible();
  await commands.cancel.focus();
  await page.keyboard.press("Tab");
  await expect(commands.confirm).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(commands.becomes("Done")).toBeVisible();
  await page.context().close();
});

test("an administrator watches a backup, looks things up, and sees what was used", async ({ browser, folio }) => {
  const owner = await Person.signedIn(browser, folio, admin);
  const { page } = owner;
  const commands = new CommandsPage(page);
  await commands.opens();
  await commands.says("create a backup");
  await expect(commands.becomes("Started")).toBeVisible();
  await commands.card.getByRole("link", { name: "Watch the task" }).click();
  await expect(page.getByText("succeeded")).toBeVisible();
  await isFitForAll(page, "a task");
  await page.getByRole("link", { name: "Tasks" }).click();
  await expect(page.getByRole("link", { name: "Create a backup" }).first()).toBeVisible();
  await isFitForAll(page, "tasks");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByLabel("Everyone's").check();
  await page.getByLabel("Action").fill("backup");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("cell", { name: "backup.create" }).first()).toBeVisible();
  await isFitForAll(page, "activity");
  await page.getByRole("link", { name: "Reports" }).click();
  await expect(page.getByRole("img", { name: /Answers by day/ })).toBeVisible();
  await isFitForAll(page, "reports");
  await owner.leaves();
});
