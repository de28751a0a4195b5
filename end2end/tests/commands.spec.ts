import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { Card } from "../pages/card.ts";
import { ChatPage } from "../pages/chat.ts";
import { CommandsPage } from "../pages/commands.ts";
import { hydrated } from "../pages/hydrated.ts";
import { LibraryPage } from "../pages/library.ts";
import { markdown } from "../support/books.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";
import type { Wish } from "../support/upstream.ts";

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

test("a command of the composer is answered by a card in the chat, and decided on there", async ({ ada }) => {
  const { chat, library, page } = ada;
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.commands(`rename book "${lighthouse.title}" to "Another title"`);
  await expect(page).toHaveURL(/\/c\//);
  await expect(chat.card.becomes("Done")).toBeVisible();
  await expect(chat.card.root).toContainText("is called “Another title” now");
  await chat.card.undo.click();
  await expect(chat.card.root).toContainText(`is called “${lighthouse.title}” now`);
  await expect(chat.cards).toHaveCount(2);
  await hydrated(page);

  await chat.commands("delete a book");
  await isFitForAll(page, "a question back in the chat");
  await chat.card.root.getByRole("button", { name: lighthouse.title }).click();
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await expect(chat.card.confirm).not.toBeFocused();
  await expect(chat.card.timeLeft).toHaveText(/1[45]:\d\d left/);
  await hydrated(page);
  await isFitForAll(page, "a confirmation in the chat");
  await chat.card.cancel.click();
  await expect(chat.card.root).toContainText("Nothing was changed");
  await expect(page.getByText("This waits no longer")).toBeVisible();
  await hydrated(page);

  await chat.commands("create a backup");
  await expect(chat.card.becomes("Not allowed")).toBeVisible();
  await expect(chat.card.root).toContainText("Missing: administrator");
  await chat.commands(`delete book "${lighthouse.title}"`);
  await chat.card.confirm.click();
  await expect(chat.card.becomes("Done")).toBeVisible();
  await hydrated(page);
  await isFitForAll(page, "results in the chat");
  await chat.card.root.getByRole("link", { name: "Library" }).click();
  await expect(library.book(lighthouse.title)).toHaveCount(0);
  await page.goBack();
  await expect(chat.cards).toHaveCount(8);
});

test("a fork takes along what still waits, and it is decided on once", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  model.answers("It keeps a light.");
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.commands(`delete book "${lighthouse.title}"`);
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await hydrated(page);
  await chat.choosesModel();
  await chat.asks("What does a keeper do?");
  await chat.becomes("complete");
  const original = page.url();
  await chat.fork.click();
  await expect(page).not.toHaveURL(original);
  const copy = new Card(chat.cards.first());
  await expect(copy.becomes("Are you sure?")).toBeVisible();
  await hydrated(page);
  await isFitForAll(page, "a confirmation in a fork");
  await copy.confirm.click();
  await expect(page).toHaveURL(({ pathname }) => pathname === new URL(original).pathname);
  await expect(chat.card.becomes("Done")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("This waits no longer")).toBeVisible();
});

test("a command in plain words needs no slash, and may have been a question", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("A topic groups books.");
  await chat.opens();
  await chat.choosesModel();
  await chat.question.fill('create topic "Bees"');
  await chat.question.press("Enter");
  await expect(page).toHaveURL(/\/c\//);
  await expect(chat.card.becomes("Done")).toBeVisible();
  await hydrated(page);
  await isFitForAll(page, "a command in plain words");
  await chat.card.root.getByRole("button", { name: "Ask it as a question instead" }).click();
  await expect(chat.question).toHaveValue('create topic "Bees"');
  await hydrated(page);
  await chat.question.press("Enter");
  await expect(chat.answer).toContainText("A topic groups books.");
  await expect(chat.cards).toHaveCount(1);
});

test("the list of tasks is live", async ({ ada: { page } }) => {
  await page.goto("/tasks");
  await expect(page.getByText("There is no task here")).toBeVisible();
  const other = await page.context().newPage();
  await new LibraryPage(other).holds(await lighthousePdf());
  const row = page.getByRole("row", { name: /Read “/ });
  await expect(row).toContainText("succeeded");
  await expect(page.getByText("There is no task here")).toBeHidden();
  await isFitForAll(page, "the list of tasks");
  await row.getByRole("link").click();
  await expect(page.getByText("is ready: 3 pages")).toBeVisible();
  await page.getByRole("link", { name: "Open it" }).click();
  await expect(page).toHaveURL(/\/books\//);
  await other.close();
});

test("what is not confirmed in time closes before one's eyes", async ({ browser, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, CONFIRMATION_TTL_SECONDS: "5" });
  const owner = await Person.signedIn(browser, folio, admin);
  const { chat } = owner;
  await chat.opens();
  await chat.commands('create topic "Bees"');
  await chat.commands('delete topic "Bees"');
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await expect(chat.card.timeLeft).toHaveText(/0:0\d left/);
  await expect(chat.card.timeLeft.getByRole("status")).toHaveText("Expired. Ask for it again.");
  await expect(chat.card.confirm).toBeDisabled();
  await expect(chat.card.cancel).toBeDisabled();
  await chat.opens(new URL(owner.page.url()).pathname);
  await expect(chat.card.root).toContainText("This waits no longer");
  await owner.leaves();
});

test("a slash opens a palette of commands, which is used by keyboard", async ({ ada }) => {
  const { chat, library, page } = ada;
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.question.focus();
  await page.keyboard.type("/");
  await expect(chat.palette.getByRole("option").first()).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Your question", expanded: true })).toBeFocused();
  await expect(chat.palette.getByRole("option", { name: "create a backup" })).toContainText("Needs the right “administrator”");
  await isFitForAll(page, "the palette");

  await page.keyboard.type("ren");
  await expect(chat.palette.getByRole("option")).toHaveCount(2);
  await page.keyboard.press("ArrowDown");
  await expect(chat.offered).toContainText("Rename a book");
  await expect(chat.question).toHaveAttribute("aria-activedescendant", (await chat.offered.getAttribute("id")) ?? "none");
  await page.keyboard.press("ArrowDown");
  await expect(chat.offered).toContainText("conversation");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(chat.palette).toHaveCount(0);
  await expect(chat.question).toHaveValue('/rename book "title" to "new title"');
  await expect(chat.question).not.toHaveAttribute("role");
  await page.keyboard.type(lighthouse.title);
  await expect(chat.question).toHaveValue(`/rename book "${lighthouse.title}" to "new title"`);

  await chat.question.fill("/list");
  await expect(chat.palette).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(chat.palette).toHaveCount(0);
  await page.keyboard.type(" books");
  await expect(chat.palette.getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(chat.card.becomes("Done")).toBeVisible();
  await expect(chat.card.root).toContainText(lighthouse.title);
});

test("a command of the palette is taken by a click, and a question has none", async ({ ada }) => {
  const { chat, page } = ada;
  await chat.opens();
  await chat.question.fill("/topic");
  await chat.palette.getByRole("option", { name: "create topic" }).click();
  await expect(chat.question).toHaveValue('/create topic "title"');
  await expect(chat.question).toBeFocused();
  await page.keyboard.type("Bees");
  await page.keyboard.press("Enter");
  await expect(chat.card.becomes("Done")).toBeVisible();
  await hydrated(page);
  await chat.question.fill("/help");
  await expect(chat.palette).toBeVisible();
  await chat.question.fill("What about bees?");
  await expect(chat.palette).toHaveCount(0);
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

test("a model looks things up by itself, and asks before it changes anything", async ({ browser, ownFolio, model }) => {
  const environment = { ...firstAccount, OPENAI_BASE_URL: model.url, OPENAI_TAKES_TOOLS: "true" };
  const owner = await Person.signedIn(browser, await ownFolio(environment), admin);
  const { chat, page } = owner;
  await chat.opens();
  await chat.commands('create topic "Bees"');
  const wishes: Wish[] = [
    { says: "Let me look.", wants: { name: "topics_list", arguments: {} } },
    { says: " I would delete it.", wants: { name: "topics_delete", arguments: { topic: "Bees" } } },
  ];
  model.answers(() => wishes.shift() ?? "It is gone now.");
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Tidy up my topics");
  await chat.becomes("complete");
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await expect(chat.card.confirm).not.toBeFocused();
  const steps = chat.answer.getByRole("list", { name: "What the model asked for" });
  await expect(steps.getByRole("listitem")).toHaveText([/topics list.*done/, /topics delete.*waits for you/]);
  await steps.getByText("topics list").click();
  await expect(steps).toContainText("Bees");
  await isFitForAll(page, "what a model proposes");
  await chat.card.confirm.click();
  await expect(page).toHaveURL(/\/c\//);
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("It is gone now.");
  await expect(chat.card.becomes("Done")).toBeVisible();
  await expect(steps.getByRole("listitem").last()).toHaveText(/topics delete.*done/);
  await chat.opens(new URL(page.url()).pathname);
  await expect(chat.answer).toContainText("Let me look. I would delete it.");
  await expect(chat.card.becomes("Done")).toBeVisible();
  await chat.commands("list topics");
  await expect(chat.card.root).not.toContainText("Bees");
  await owner.leaves();
});

test("what is confirmed by typing its name is confirmed by nothing else", async ({ ada }) => {
  const { chat, library, page } = ada;
  await library.holds(await lighthousePdf());
  await library.holds(markdown("sea.md", "The sea is deep, and nobody has seen all of it."));
  await chat.opens();
  await chat.commands("delete all my books");
  await expect(chat.card.phrase).toBeVisible();
  ada.watch.expects(/status of 400/);
  await chat.card.phrase.fill("delete 1 book");
  await chat.card.confirm.click();
  await expect(page.getByRole("alert")).toContainText("delete 2 books");
  await page.getByLabel(/^To confirm, type/).fill("delete 2 books");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(chat.card.becomes("Done")).toBeVisible();
});

test("what changed meanwhile is shown anew before it is done", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("They dance.");
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Bees");
  await chat.becomes("complete");
  await chat.opens();
  await chat.commands('delete conversation "Bees"');
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  const elsewhere = new ChatPage(await page.context().newPage());
  await elsewhere.opens();
  await elsewhere.commands('rename conversation "Bees" to "Wasps"');
  await elsewhere.page.close();
  await chat.card.confirm.click();
  await expect(chat.card.root).toContainText("Something changed since you asked, so nothing was done.");
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await expect(chat.card.root).toContainText("Wasps");
  await chat.card.confirm.click();
  await expect(chat.card.becomes("Done")).toBeVisible();
});
