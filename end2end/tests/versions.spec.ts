import { loses } from "../support/lost.ts";
import { expect, test } from "../support/test.ts";
import { Upstream } from "../support/upstream.ts";

test.beforeEach(async ({ ada, model }) => {
  model.answers("The first answer.");
  await ada.chat.learns("What is it?");
});

test("another answer stands beside the first one, and both can be read", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("The second answer.");
  await chat.answersAgain.click();
  await expect(chat.answer).toContainText("The second answer.");
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("2 of 2");
  await chat.previousVersion.click();
  await expect(chat.answer).toContainText("The first answer.");
  await expect(chat.answer).toContainText("1 of 2");
  await page.reload();
  await expect(chat.answer).toContainText("The first answer.");
  await chat.nextVersion.click();
  await expect(chat.answer).toContainText("The second answer.");
  expect(model.asked).toHaveLength(2);
});

test("a question in other words begins a line of its own", async ({ ada, model }) => {
  const { chat } = ada;
  await chat.asks("And then?");
  await chat.becomes("complete");
  model.answers("Another answer.");
  await chat.edits("What is it?", "What is that?");
  await expect(chat.answer).toContainText("Another answer.");
  await chat.becomes("complete");
  await expect(chat.messages).not.toContainText("And then?");
  await expect(chat.messages.getByRole("article")).toHaveCount(2);
  await chat.messages.getByRole("button", { name: "Previous version" }).click();
  await expect(chat.messages).toContainText("And then?");
  await expect(chat.messages.getByRole("article")).toHaveCount(4);
});

test("an edit that cannot be sent keeps its words", async ({ ada }) => {
  const { chat, page } = ada;
  ada.watch.expects(/ERR_FAILED/);
  await page.route("**/ui/ask", (route) => route.abort());
  await chat.edits("What is it?", "What is that?");
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await expect(page.getByLabel("The question in other words")).toHaveValue("What is that?");
  await page.unroute("**/ui/ask");
  await page.getByRole("button", { name: "Ask this instead" }).click();
  await expect(chat.messages.getByRole("article", { name: "You" })).toContainText("What is that?");
  await chat.becomes("complete");
});

test("an answer that was stopped goes on where it was", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("one two three four five six");
  const gate = model.holdsAfter(3);
  await chat.asks("Count");
  await expect(chat.answer).toContainText("three");
  await chat.stop.click();
  await gate.left;
  await chat.becomes("interrupted");
  model.answers(" four five six");
  await chat.goesOn.click();
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("one two three four five six");
  await page.reload();
  await expect(chat.answer).toContainText("one two three four five six");
  await expect(chat.messages.getByRole("article", { name: "Folio" })).toHaveCount(2);
});

test("an answer that failed before its first word can be tried again", async ({ ada, model }) => {
  const { chat } = ada;
  model.fails("out of memory");
  await chat.asks("Again?");
  await chat.becomes("failed");
  await expect(chat.answer).toContainText("out of memory");
  model.reset();
  model.answers("Now it works.");
  await chat.triesAgain.click();
  await expect(chat.answer).toContainText("Now it works.");
  await chat.becomes("complete");
  await expect(chat.answer).not.toContainText("out of memory");
});

test("a fork is a conversation of its own", async ({ ada }) => {
  const { chat, page } = ada;
  const original = page.url();
  await chat.fork.click();
  await expect(page).not.toHaveURL(original);
  await expect(chat.answer).toContainText("The first answer.");
  await chat.asks("Only here");
  await chat.becomes("complete");
  await page.goto(original);
  await expect(chat.answer).toContainText("The first answer.");
  await expect(chat.messages).not.toContainText("Only here");
});

test("a conversation goes on from the version that is shown, whichever model wrote it", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers((ask) => `${ask.model} answers to “${ask.messages.at(-1)?.content}”.`);
  await chat.edits("What is it?", "What is that?");
  await expect(chat.answer).toContainText("scripted answers to “What is that?”.");
  await chat.becomes("complete");
  await chat.choosesModel(Upstream.other);
  await chat.answersAgain.click();
  await expect(chat.answer).toContainText("2 of 2");
  await expect(chat.answer).toContainText("scripted-too answers to “What is that?”.");
  await chat.becomes("complete");
  model.answers("The third answer.");
  await chat.choosesModel();
  await chat.answersAgain.click();
  await expect(chat.answer).toContainText("3 of 3");
  await expect(chat.answer).toContainText("The third answer.");
  await chat.becomes("complete");
  await chat.previousVersion.click();
  await expect(chat.answer).toContainText("2 of 3");
  await expect(chat.answer.getByText(Upstream.other, { exact: true })).toBeVisible();

  const original = page.url();
  await chat.fork.click();
  await expect(page).not.toHaveURL(original);
  await expect(chat.answer).toContainText("scripted-too answers");
  await chat.asks("Why?");
  await expect(chat.messages.getByRole("article")).toHaveCount(4);
  await chat.becomes("complete");
  expect(model.asked.at(-1)?.messages.filter(({ role }) => role !== "system")).toEqual([
    { role: "user", content: "What is that?" },
    { role: "assistant", content: "scripted-too answers to “What is that?”." },
    { role: "user", content: "Why?" },
  ]);
  await page.goto(original);
  await expect(chat.answer).toContainText("2 of 3");
  await expect(chat.messages.getByRole("article", { name: "You" })).toHaveText("What is that?");
});

test("another answer that was begun, though the page was not told, is not made twice", async ({ ada, model }) => {
  const { chat, page } = ada;
  ada.watch.expects(/ERR_FAILED/);
  model.answers("The second answer.");
  await loses(page, "**/ui/revise");
  await chat.answersAgain.click();
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await chat.answersAgain.click();
  await expect(chat.answer).toContainText("The second answer.");
  await expect(chat.answer).toContainText("2 of 2");
  await chat.becomes("complete");
  expect(model.asked).toHaveLength(2);
});
