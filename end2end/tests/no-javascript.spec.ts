import { ChatPage } from "../pages/chat.ts";
import { LibraryPage } from "../pages/library.ts";
import { ReaderPage } from "../pages/reader.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { expect, test } from "../support/test.ts";

test("everything can be read without JavaScript", async ({ ada, browser, model }) => {
  model.answers(lighthouse.fact);
  await ada.library.holds(await lighthousePdf());
  await ada.chat.learns(lighthouse.question);
  const page = await ada.withoutJavaScript(browser);
  const [chat, library, reader] = [new ChatPage(page), new LibraryPage(page), new ReaderPage(page)];

  await test.step("the library", async () => {
    await page.goto("/library");
    await expect(library.book(lighthouse.title)).toContainText("Ready, 3 pages");
  });

  await test.step("the reader", async () => {
    await library.book(lighthouse.title).getByRole("link", { name: lighthouse.title }).click();
    await expect(reader.text(1)).toContainText("Marta Lindqvist");
    await reader.next.click();
    await expect(reader.text(2)).toContainText("whale oil");
  });

  await test.step("the conversation", async () => {
    await page.goto("/");
    await chat.conversation(lighthouse.question).click();
    await expect(chat.answer).toContainText("whale oil");
    await chat.showsSources();
    await expect(chat.sourcesFound.getByRole("link").first()).toBeVisible();
  });

  await test.step("the cited page", async () => {
    await chat.citations.click();
    await chat.panel.shows(2, 3);
    await expect(chat.panel.mark).toContainText("whale oil");
    await chat.panel.next.click();
    await chat.panel.shows(3, 3);
    await chat.panel.close.click();
    await expect(chat.panel.region).toHaveCount(0);
    await expect(chat.answer).toContainText("whale oil");
  });

  await page.context().close();
});

test("a question can be asked without JavaScript", async ({ ada, browser, model }) => {
  model.answers("Good morning to you too.");
  const page = await ada.withoutJavaScript(browser);
  const chat = new ChatPage(page);
  await page.goto("/");
  await chat.choosesModel();
  await chat.asks("Good morning!");
  await expect(page).toHaveURL(/\/c\//);
  await expect(async () => {
    await page.reload();
    await expect(chat.answer).toHaveAttribute("data-status", "complete", { timeout: 500 });
  }).toPass();
  await expect(chat.answer).toContainText("Good morning to you too.");
  await page.context().close();
});

test("a command can be given in the chat without JavaScript", async ({ ada, browser }) => {
  const page = await ada.withoutJavaScript(browser);
  const chat = new ChatPage(page);
  await page.goto("/");
  await chat.question.fill('/create topic "Bees"');
  await chat.send.click();
  await expect(page).toHaveURL(/\/c\/.*#m-/);
  await expect(chat.card.becomes("Done")).toBeVisible();
  await chat.asks('delete topic "Bees"');
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await chat.card.cancel.click();
  await expect(chat.card.root).toContainText("Nothing was changed");
  await page.context().close();
});

test("what a command asks can be answered in the chat without JavaScript", async ({ ada, browser }) => {
  await ada.library.holds(await lighthousePdf());
  await ada.chat.opens();
  await ada.chat.commands(`delete book "${lighthouse.title}"`);
  const page = await ada.withoutJavaScript(browser);
  const chat = new ChatPage(page);
  await page.goto(new URL(ada.page.url()).pathname);
  await expect(chat.card.becomes("Are you sure?")).toBeVisible();
  await expect(chat.card.root).toContainText(/until \d\d:\d\d UTC/);
  await chat.card.cancel.click();
  await expect(page).toHaveURL(/\/c\/.*#m-/);
  await expect(chat.card.root).toContainText("Nothing was changed");

  await ada.chat.opens(new URL(ada.page.url()).pathname);
  await ada.chat.commands(`delete book "${lighthouse.title}"`);
  await page.reload();
  await chat.card.cancel.focus();
  await page.keyboard.press("Tab");
  await expect(chat.card.confirm).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(chat.card.becomes("Done")).toBeVisible();
  await expect(page).toHaveURL(/\/c\//);
  await page.context().close();
});
