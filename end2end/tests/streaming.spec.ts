import { ChatPage } from "../pages/chat.ts";
import { expect, test } from "../support/test.ts";

const answer = Array.from({ length: 40 }, (_, i) => `word${i + 1}`).join(" ");

test.beforeEach(async ({ ada, model }) => {
  model.answers(answer);
  await ada.chat.opens();
  await ada.chat.choosesModel();
});

test("an answer appears piece by piece, and never shrinks", async ({ ada, model }) => {
  const { chat } = ada;
  await chat.records();
  const gate = model.holdsAfter(5);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word5");
  await expect(chat.answer).not.toContainText("word6");
  gate.open();
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("word40");
  const counts = (await chat.recorded()).map(({ text }) => text.match(/word\d+/g)?.length ?? 0);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(new Set(counts).size).toBeGreaterThan(2);
});

test("stop ends the model's work and keeps the text", async ({ ada, model }) => {
  const { chat, page } = ada;
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  await chat.stop.click();
  await gate.left;
  await chat.becomes("interrupted");
  await expect(chat.answer).toContainText("word10");
  await page.reload();
  await chat.becomes("interrupted");
  await expect(chat.answer).toContainText("word10");
  await expect(chat.answer).not.toContainText("word11");
  await expect(chat.send).toBeEnabled();
  await chat.asks("And again.");
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("word40");
});

test("a reload in mid-stream shows what was there and then the rest", async ({ ada, model }) => {
  const { chat, page } = ada;
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  await page.reload();
  await expect(chat.answer).toContainText("word10");
  await chat.becomes("streaming");
  gate.open();
  await chat.becomes("complete");
  await expect(chat.answer).toContainText(answer);
});

test("a second tab shows the same stream", async ({ ada, model }) => {
  const { chat, page } = ada;
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  const second = new ChatPage(await ada.context.newPage());
  await second.page.goto(page.url());
  await expect(second.answer).toContainText("word10");
  gate.open();
  for (const tab of [chat, second]) {
    await tab.becomes("complete");
    await expect(tab.answer).toContainText(answer);
  }
});

test("stopped in one tab, an answer goes on in another", async ({ ada, model }) => {
  const { chat, context, page } = ada;
  const words = answer.split(" ");
  const half = words.slice(0, 10).join(" ");
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  const second = new ChatPage(await context.newPage());
  await second.opens(page.url());
  await second.stop.click();
  await gate.left;
  for (const tab of [chat, second]) {
    await tab.becomes("interrupted");
    await expect(tab.answer.locator(".prose")).toHaveText(half);
    await expect(tab.goesOn).toBeVisible();
    await expect(tab.send).toBeEnabled();
  }
  model.answers(` ${words.slice(10).join(" ")}`);
  await chat.goesOn.click();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText(answer);
  expect(model.asked.at(-1)?.messages).toContainEqual({ role: "assistant", content: half });
  // it does not know that yet
  ada.watch.expects(/409/);
  await second.goesOn.click();
  await expect(second.page.getByRole("alert")).toContainText("is complete");
  await second.becomes("complete");
  await expect(second.answer.locator(".prose")).toHaveText(answer);
});

test("an answer is written to its end though nobody watches", async ({ ada, model }) => {
  const { chat, page } = ada;
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  const conversation = page.url();
  await page.goto("about:blank");
  gate.open();
  await page.goto(conversation);
  await chat.becomes("complete");
  await expect(chat.answer).toContainText(answer);
});

test("leaving by a link in mid-stream and coming back shows the whole answer", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  const gate = model.holdsAfter(10);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  await chat.follows("Library");
  await expect(library.heading).toBeVisible();
  await page.goBack();
  await expect(chat.answer).toContainText("word10");
  gate.open();
  await chat.becomes("complete");
  await expect(chat.answer).toContainText(answer);
});

test("the end stays in view for a reader who is there, and only for them", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers(Array.from({ length: 60 }, (_, i) => `Paragraph ${i + 1}.\n\n`).join(""));
  const gate = model.holdsAfter(60);
  await chat.asks("Write a lot.");
  await expect(chat.answer).toContainText("Paragraph 30.");
  const end = chat.answer.getByText("Paragraph 30.");
  await expect(end).toBeInViewport();
  await page.evaluate(() => scrollBy(0, -400));
  await expect(end).not.toBeInViewport();
  const place = await page.evaluate(() => scrollY);
  gate.open();
  await chat.becomes("complete");
  expect(await page.evaluate(() => scrollY)).toBe(place);
});

test("a connection that says nothing any more is made anew", async ({ ada, model }) => {
  const { chat, page } = ada;
  await page.clock.install();
  let tries = 0;
  // the first connection is taken, and then nothing comes
  await page.route("**/stream?**", (route) => (++tries === 1 ? undefined : route.continue()));
  await chat.asks("Count for me.");
  await expect.poll(() => tries).toBe(1);
  await expect.poll(() => model.asked.length).toBe(1);
  await page.clock.fastForward(41_000);
  await expect(chat.answer).toContainText("Reconnecting");
  await page.clock.fastForward(1_000);
  await chat.becomes("complete");
  await expect(chat.answer).toContainText("word40");
  expect(tries).toBe(2);
});

test("who was signed out elsewhere is told so, and does not wait for ever", async ({ ada, model }) => {
  const { chat, page } = ada;
  ada.watch.expects(/status of 401/);
  ada.watch.expects(/status of 404/);
  const gate = model.holdsAfter(5);
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word5");
  const elsewhere = await page.context().newPage();
  await elsewhere.goto("/library");
  await elsewhere.getByRole("button", { name: "Sign out" }).click();
  await elsewhere.close();
  await expect(chat.answer).toContainText("You are signed out.", { timeout: 20_000 });
  await expect(chat.answer.getByText("Reconnecting…")).toHaveCount(0);
  gate.open();
});
