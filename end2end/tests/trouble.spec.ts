import { admin } from "../support/folio.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { loses } from "../support/lost.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

const lost = /ERR_|Failed to load resource|network/i;

test("a question that could not be sent stays in the composer, and is asked once", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url });
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(lost);
  const { chat } = owner;
  model.answers("Good morning to you too.");
  await chat.opens();
  await chat.choosesModel();
  await folio.stop();
  await chat.question.fill("Good morning!");
  await chat.send.click();
  await expect(owner.page.getByRole("alert")).toBeVisible();
  await expect(chat.question).toHaveValue("Good morning!");
  await folio.start();
  await chat.send.click();
  await chat.becomes("complete");
  await expect(chat.messages.getByRole("article")).toHaveCount(2);
  await expect(chat.question).toHaveValue("");
  await owner.leaves();
});

test("an open page finds its way back to a restarted server by itself", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url });
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(lost);
  const { chat } = owner;
  model.answers("one two three four five six seven eight nine ten");
  model.holdsAfter(7);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("seven");
  await folio.kill();
  await expect(chat.answer).toContainText("Reconnecting");
  await folio.start();
  await chat.becomes("interrupted", 30_000);
  await expect(chat.answer.locator(".prose")).toHaveText("one two three four five six seven");
  model.answers(" eight nine ten");
  await chat.goesOn.click();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText("one two three four five six seven eight nine ten");
  await owner.leaves();
});

test("a question that arrived, though its page was not told, is asked once", async ({ ada, model }) => {
  const { chat, page } = ada;
  ada.watch.expects(lost);
  model.answers("Good morning to you too.");
  await chat.opens();
  await chat.choosesModel();
  for (const [at, question] of ["Good morning!", "Good morning again!"].entries()) {
    await loses(page, "**/ui/ask");
    await chat.question.fill(question);
    await chat.send.click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await expect(chat.question).toHaveValue(question);
    await chat.send.click();
    await expect(chat.messages.getByRole("article", { name: "Folio" })).toHaveCount(at + 1);
    await chat.becomes("complete");
    await expect(chat.question).toHaveValue("");
  }
  await page.reload();
  await expect(chat.messages.getByRole("article")).toHaveCount(4);
  await expect(chat.conversation("Good morning!")).toHaveCount(1);
  expect(model.asked).toHaveLength(2);
});

test("a question that arrived just before the server was killed is asked once", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url });
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(lost);
  const { chat, page } = owner;
  model.answers("Good morning to you too.");
  const gate = model.holdsAfter(0);
  await chat.opens();
  await chat.choosesModel();
  await loses(page, "**/ui/ask", async () => {
    await gate.reached;
    await folio.kill();
  });
  await chat.question.fill("Good morning!");
  await chat.send.click();
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await folio.start();
  await chat.send.click();
  await chat.becomes("interrupted", 30_000);
  await chat.triesAgain.click();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText("Good morning to you too.");
  await page.reload();
  await expect(chat.messages.getByRole("article")).toHaveCount(2);
  await expect(chat.conversation("Good morning!")).toHaveCount(1);
  await owner.leaves();
});

test("a question sent twice at once is asked once", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("Good morning to you too.");
  await chat.opens();
  await chat.choosesModel();
  await chat.question.fill("Good morning!");
  await chat.question.evaluate((field: HTMLTextAreaElement) => {
    field.form?.requestSubmit();
    field.form?.requestSubmit();
  });
  await chat.becomes("complete");
  await page.reload();
  await expect(chat.messages.getByRole("article")).toHaveCount(2);
  expect(model.asked).toHaveLength(1);
});

test("whoever was signed out meanwhile is told, and loses no word", async ({ ada }) => {
  const { chat, page } = ada;
  ada.watch.expects(/status of 401/);
  await chat.opens();
  await ada.posts("/logout", {});
  await chat.question.fill("Am I still here?");
  await chat.send.click();
  await expect(page.getByRole("alert")).toContainText(/sign/i);
  await expect(chat.question).toHaveValue("Am I still here?");
});

test("a citation of a book that was deleted keeps its quote and says that the page is gone", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  ada.watch.expects(/status of 404/);
  model.answers(lighthouse.fact);
  await library.holds(await lighthousePdf());
  await chat.learns(lighthouse.question);
  await page.waitForURL(/\/c\//);
  const conversation = page.url();
  await library.opens();
  await library.deletes(lighthouse.title);
  await expect(library.books).toHaveCount(0);
  await chat.opens(conversation);
  await chat.showsSources();
  await expect(chat.sourcesFound).toContainText("whale oil");
  await chat.citations.click();
  await expect(chat.panel.region.getByRole("alert")).toContainText(/not found|no longer|deleted|gone/i);
});
