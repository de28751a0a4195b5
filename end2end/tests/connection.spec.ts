import type { Line } from "../support/line.ts";
import type { Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";
import type { Gate, Upstream } from "../support/upstream.ts";

const words = Array.from({ length: 40 }, (_, i) => `word${i + 1}`);
const answer = words.join(" ");
const half = words.slice(0, 10).join(" ");
const lost = /ERR_|Failed to load resource|network/i;

/** Asks over a line that will be lost; the answer stands still at its half. */
async function asksOver(line: Line, { chat, watch }: Person, model: Upstream): Promise<Gate> {
  watch.expects(lost);
  model.answers(answer);
  const gate = model.holdsAfter(10);
  await chat.opens(line.url);
  await chat.choosesModel();
  await chat.records();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  return gate;
}

test("what was said while the network was gone is there once it is back", async ({ ada, browser, line, model }) => {
  const { chat, page } = ada;
  const gate = await asksOver(line, ada, model);
  line.cut();
  await expect(chat.answer).toContainText("Reconnecting…");

  const device = await ada.elsewhere(browser);
  await device.chat.opens(new URL(page.url()).pathname);
  await expect(device.chat.answer.locator(".prose")).toHaveText(half);
  gate.open();
  await device.chat.becomes("complete");
  await expect(device.chat.answer.locator(".prose")).toHaveText(answer);
  await device.leaves();

  await expect(chat.answer.locator(".prose")).toHaveText(half);
  line.mend();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText(answer);
  await expect(chat.answer).not.toContainText("Reconnecting…");
});

test("an answer goes on where the network was lost", async ({ ada, line, model }) => {
  const { chat, page } = ada;
  const gate = await asksOver(line, ada, model);
  for (const _ of ["once", "and again"]) {
    line.cut();
    await expect(chat.answer).toContainText("Reconnecting…");
    line.mend();
    await expect(chat.answer).not.toContainText("Reconnecting…");
    await chat.becomes("streaming");
    await expect(chat.answer.locator(".prose")).toHaveText(half);
  }
  gate.open();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText(answer);
  const counts = (await chat.recorded()).map(({ text }) => text.match(/word\d+/g)?.length ?? 0);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  await page.reload();
  await expect(chat.answer.locator(".prose")).toHaveText(answer);
});

test("another device that comes in mid-stream sees the same rest", async ({ ada, browser, model }) => {
  const { chat, page } = ada;
  model.answers(answer);
  const gate = model.holdsAfter(10);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  const device = await ada.elsewhere(browser);
  await device.chat.opens();
  await device.chat.conversation("Count for me.").click();
  await expect(device.chat.answer.locator(".prose")).toHaveText(half);
  await device.chat.becomes("streaming");
  gate.open();
  for (const { answer: shown } of [chat, device.chat]) {
    await expect(shown).toHaveAttribute("data-status", "complete");
    await expect(shown.locator(".prose")).toHaveText(answer);
  }
  expect(model.asked).toHaveLength(1);
  expect(new URL(device.page.url()).pathname).toBe(new URL(page.url()).pathname);
  await device.leaves();
});

test("an answer goes on in a tab in the background, and is whole on return", async ({ ada, model }) => {
  const { chat, context, page } = ada;
  await page.clock.install();
  model.answers(answer);
  const gate = model.holdsAfter(10);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("word10");
  const front = await context.newPage();
  await front.goto("/library");
  await front.bringToFront();
  // a tab that nobody sees draws nothing, and its timers stand still
  await page.clock.pauseAt(Date.now() + 1_000);
  const later = gate.opensUntil(20);
  await expect.poll(async () => (await context.request.get(page.url())).text()).toContain("word20");
  await page.bringToFront();
  await page.clock.resume();
  await expect(chat.answer.locator(".prose")).toHaveText(words.slice(0, 20).join(" "));
  await chat.becomes("streaming");
  await page.clock.pauseAt(Date.now() + 10_000);
  await front.bringToFront();
  later.open();
  await expect.poll(async () => (await context.request.get(page.url())).text()).toContain("word40");
  await page.bringToFront();
  await page.clock.resume();
  await chat.becomes("complete");
  await expect(chat.answer.locator(".prose")).toHaveText(answer);
});
