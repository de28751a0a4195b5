import { markdown } from "../support/books.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { expect, test } from "../support/test.ts";

test("each sentence is cited where the book says it, or marked where it does not", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers(`${lighthouse.fact} ${lighthouse.invention}`);
  await library.holds(await lighthousePdf());
  await chat.learns(lighthouse.question);
  await expect(chat.citations).toHaveCount(1);
  await expect(chat.citations).toHaveAccessibleName(`Source 1: ${lighthouse.title}, page 2`);
  await expect(chat.unsupported).toHaveCount(1);
});

test("a citation that the model invents is not shown", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers(`${lighthouse.invention.replace(".", " [1].")} ${lighthouse.fact.replace(".", " [7].")}`);
  await library.holds(await lighthousePdf());
  await chat.learns(lighthouse.question);
  await expect(chat.answer).toContainText("dolphins");
  await expect(chat.answer.getByText(/\[\d\]/)).toHaveCount(0);
  await expect(chat.citations).toHaveCount(1);
  await expect(chat.citations).toHaveAccessibleName(/page 2$/);
});

test("the right words are marked beside letters of every kind", async ({ ada, model }) => {
  const { chat, library } = ada;
  const fact = "Die Fähre „Ærø“ fährt täglich um 7 Uhr 🚢 nach Østerlars.";
  model.answers(fact);
  await library.holds(
    markdown("Fähren 渡し船.md", `👩‍🚀👨‍👩‍👧 Ünïcödé \u0301e 日本語の文章です。 Vorher steht etwas anderes.\n\n${fact}\n\nDanach auch.`),
  );
  await chat.learns("Wann fährt die Fähre Ærø nach Østerlars?");
  await chat.citations.first().click();
  await expect(chat.panel.mark).toHaveText(fact);
});

test("formatted sentences are cited too, and keep their form", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers(
    "Here is what I found:\n\n- The keeper burned **whale oil** until 1889, when the lamp was changed to paraffin.\n" +
      "- The lighthouse at Kessel was built in 1841 by the engineer *Marta Lindqvist*.",
  );
  await library.holds(await lighthousePdf());
  await chat.learns("Tell me about the keeper's lamp and the engineer of Kessel's lighthouse.");
  await expect(chat.answer.locator(".prose").getByRole("listitem")).toHaveCount(2);
  await expect(chat.answer.locator("strong")).toHaveText("whale oil");
  await expect(chat.answer.locator("em")).toHaveText("Marta Lindqvist");
  await expect(chat.citations).toHaveCount(2);
  await expect(chat.citations.nth(0)).toHaveAccessibleName(/page 2$/);
  await expect(chat.citations.nth(1)).toHaveAccessibleName(/page 1$/);
});

test("a question that no book answers is told so, without a citation and without the model", async ({ ada, model }) => {
  const { chat, library } = ada;
  await library.holds(await lighthousePdf());
  await chat.learns(lighthouse.unrelated);
  await expect(chat.answer).toContainText("could not find");
  await expect(chat.citations).toHaveCount(0);
  expect(model.asked).toEqual([]);
});

test("without a book it says so and offers plain chat, which works", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("Good morning to you too.");
  await chat.opens();
  const main = page.getByRole("main");
  await expect(main.getByRole("link", { name: /library/i }).first()).toBeVisible();
  await expect(main.getByRole("button", { name: "Add the Folio handbook" })).toBeVisible();
  await chat.choosesModel();
  await chat.asks("Good morning!");
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("Good morning to you too.");
  await expect(chat.citations).toHaveCount(0);
  expect(model.asked[0]?.messages.at(-1)).toEqual({ role: "user", content: "Good morning!" });
});

test("with books, plain chat is still a choice", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers("A limerick has five lines.");
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.choosesModel();
  await chat.choosesPlainChat();
  await chat.asks("How many lines does a limerick have?");
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("A limerick has five lines.");
  await expect(chat.sourcesFound).toHaveCount(0);
  await expect(chat.unsupported).toHaveCount(0);
  expect(JSON.stringify(model.asked)).not.toContain("Lindqvist");
});

test("only the chosen books are asked", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers("The ferry crosses twice a day.");
  await library.holds(
    markdown("ferries.md", "# Ferries\n\nThe ferry to Kessel crosses the sound twice a day."),
    markdown("timetable.md", "# Timetable\n\nThe ferry to Kessel crosses the sound five times a day in summer."),
  );
  await chat.opens();
  await chat.choosesModel();
  await chat.choosesBooks("Timetable");
  await chat.asks("How often does the ferry to Kessel cross?");
  await chat.becomes("complete");
  await expect(chat.sourcesFound.getByRole("link")).not.toHaveCount(0);
  await expect(chat.sourcesFound.getByRole("link", { name: /Ferries/ })).toHaveCount(0);
  expect(JSON.stringify(model.asked)).not.toContain("twice a day.\"");
});

test("a conversation goes on, and is found again in the list", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  await library.holds(await lighthousePdf());
  model.answers(lighthouse.fact);
  await chat.learns(lighthouse.question);
  model.answers("The lighthouse at Kessel was built in 1841 by the engineer Marta Lindqvist.");
  await chat.asks("Who built the lighthouse at Kessel?");
  await expect(chat.messages.getByRole("article")).toHaveCount(4);
  await chat.becomes("complete");
  expect(JSON.stringify(model.asked.at(-1)?.messages)).toContain(lighthouse.question);
  await chat.opens();
  await expect(chat.messages.getByRole("article")).toHaveCount(0);
  await chat.conversation(lighthouse.question).click();
  await expect(page).toHaveURL(/\/c\//);
  await expect(chat.messages.getByRole("article")).toHaveCount(4);
});

test("an answer's Markdown is rendered, and nothing in it can run", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers(
    "# Heading\n\n- first\n- second\n\n```rust\nfn main() {}\n```\n\n<img src=x onerror=alert(1)><script>alert(1)</script>\n\n" +
      "[a link](javascript:alert(1)) ![picture](http://127.0.0.1:9/remote.png) **bold**",
  );
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Show me everything.");
  await chat.becomes("complete");
  for (const reload of [false, true]) {
    if (reload) await page.reload();
    await expect(chat.answer.getByRole("listitem")).toHaveCount(2);
    await expect(chat.answer.locator("pre code")).toContainText("fn main() {}");
    await expect(chat.answer.locator("strong")).toHaveText("bold");
    await expect(chat.answer.locator("script, [onerror], img[src^=http]")).toHaveCount(0);
    await expect(chat.answer.locator('a[href^="javascript"]')).toHaveCount(0);
  }
  expect(dialogs).toEqual([]);
  expect(requests.filter((url) => url.includes("remote.png"))).toEqual([]);
});

test("a model server that fails is named, and the question is kept", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.fails("the model is being updated");
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Are you there?");
  await chat.becomes("failed");
  await expect(chat.answer).toContainText("the model is being updated");
  await page.reload();
  await expect(chat.messages).toContainText("Are you there?");
  await expect(chat.answer).toContainText("the model is being updated");
});

test("an empty question is not sent", async ({ ada }) => {
  const { chat, page, folio } = ada;
  await chat.opens();
  await chat.question.fill("   ");
  await chat.question.press("Enter");
  await expect(page).toHaveURL(`${folio.url}/`);
  await expect(chat.messages.getByRole("article")).toHaveCount(0);
});
