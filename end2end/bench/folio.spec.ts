import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { pdf, prose } from "../support/books.ts";
import { admin } from "../support/folio.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";
import { measured, median, residentMegabytes } from "./measure.ts";

test("size of the browser's side", async () => {
  const folder = path.resolve(import.meta.dirname, "../../target/site/pkg");
  for (const [ending, bound] of [[".wasm.br", 400], [".js.br", undefined], [".css.br", undefined]] as const) {
    const name = (await readdir(folder)).find((name) => name.endsWith(ending)) ?? "";
    const { size } = await stat(path.join(folder, name));
    measured({ what: ending.slice(1), result: size / 1024, unit: "KB", bound });
  }
});

test("first token, beyond the model's own time", async ({ ada, model }) => {
  const { chat, library, page } = ada;
  model.answers(lighthouse.fact);
  await library.holds(await lighthousePdf());
  const [whole, before, after]: number[][] = [[], [], []];
  for (let round = 0; round < 20; round++) {
    await chat.opens();
    await chat.choosesModel();
    await chat.records();
    await page.evaluate(() => {
      document.addEventListener("submit", () => Object.assign(globalThis, { sentAt: Date.now() }), { capture: true });
    });
    await chat.asks(lighthouse.question);
    await chat.becomes("complete");
    const sent = await page.evaluate(() => (globalThis as unknown as { sentAt: number }).sentAt);
    const shown = (await chat.recorded()).find(({ text }) => text.includes("The keeper"))?.at ?? Number.NaN;
    const said = model.firstTokenAt.at(-1) ?? Number.NaN;
    whole?.push(shown - sent);
    before?.push(said - sent);
    after?.push(shown - said);
  }
  const note = "median of 20 questions to a book; the model answers at once";
  measured({ what: "first token: sent → shown", result: median(whole ?? []), unit: "ms", bound: 50, note });
  measured({ what: "  of it: sent → model asked", result: median(before ?? []), unit: "ms", note: "stores, searches" });
  measured({ what: "  of it: model's token → shown", result: median(after ?? []), unit: "ms", note: "stores, streams, renders" });
});

test("a conversation of 200 messages", async ({ ada, browser, folio, model }) => {
  const { chat, page } = ada;
  model.answers(`${prose(1, 400)}\n\n- ${prose(2, 80)}\n- ${prose(3, 80)}\n\n${prose(4, 200)}`);
  await chat.opens();
  await chat.choosesModel();
  for (let question = 1; question <= 100; question++) {
    await chat.asks(`Question ${question}: ${prose(question, 60)}`);
    await expect(chat.messages.getByRole("article")).toHaveCount(2 * question);
    await chat.becomes("complete");
  }
  const cookies = (await ada.context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const times: number[] = [];
  let length = 0;
  for (let round = 0; round < 50; round++) {
    const begun = performance.now();
    const response = await fetch(page.url(), { headers: { Cookie: cookies } });
    length = (await response.text()).length;
    times.push(performance.now() - begun);
  }
  const size = `${Math.round(length / 1024)} KB of HTML`;
  measured({ what: "200 messages: server", result: median(times), unit: "ms", bound: 10, note: `median of 50 requests, ${size}` });

  const paints: number[] = [];
  for (let round = 0; round < 10; round++) {
    const context = await browser.newContext({ storageState: await ada.context.storageState() });
    const fresh = await context.newPage();
    await fresh.goto(new URL(page.url(), folio.url).href);
    await expect(fresh.getByText("Question 100:").last()).toBeAttached();
    paints.push(await fresh.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN));
    await context.close();
  }
  measured({ what: "200 messages: first contentful paint", result: median(paints), unit: "ms", bound: 300, note: "median of 10 visits, empty cache" });
});

test("memory, and the embedded model", async ({ browser, ownFolio }) => {
  const folio = await ownFolio(firstAccount);
  const owner = await Person.signedIn(browser, folio, admin);
  await owner.chat.opens();
  measured({ what: "memory without models", result: await residentMegabytes(folio.pid), unit: "MB", bound: 60, note: "after a page was served" });

  await owner.library.opens();
  await owner.library.addHandbook.click();
  await owner.library.becomesReady("Folio", 120_000);
  await owner.chat.opens();
  await owner.chat.records();
  const asked = Date.now();
  await owner.chat.asks("Which file formats can a book have?");
  await owner.chat.becomes("complete", 180_000);
  const moments = await owner.chat.recorded();
  const firstSource = moments.find(({ text }) => text.includes("Sources found"))?.at ?? Number.NaN;
  measured({ what: "memory with both models loaded", result: await residentMegabytes(folio.pid), unit: "MB", bound: 600, note: "after an answer" });
  measured({ what: "embedded model: sources shown", result: (firstSource - asked) / 1000, unit: "s", note: "first question, models not loaded yet" });
  measured({ what: "embedded model: whole answer", result: ((moments.at(-1)?.at ?? NaN) - asked) / 1000, unit: "s", note: "the same question" });
  await owner.leaves();
});

test("a PDF of 300 pages", async ({ browser, ownFolio }) => {
  const folio = await ownFolio(firstAccount);
  const owner = await Person.signedIn(browser, folio, admin);
  const book = await pdf("Thick.pdf", Array.from({ length: 300 }, (_, page) => prose(page, 2000)));
  await owner.library.opens();
  const begun = Date.now();
  await owner.library.adds(book);
  await owner.library.becomesReady("Thick", 500_000);
  const note = `${Math.round(book.buffer.length / 1024)} KB, 2,000 characters a page`;
  measured({ what: "300-page PDF until ready", result: (Date.now() - begun) / 1000, unit: "s", bound: 90, note });
  await owner.leaves();
});
