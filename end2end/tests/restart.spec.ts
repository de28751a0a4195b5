import { pdf, prose } from "../support/books.ts";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

test("a book becomes ready though the server was killed while reading it", async ({ browser, ownFolio }) => {
  test.setTimeout(180_000);
  const folio = await ownFolio(firstAccount);
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(/ERR_|Failed to load resource|WebSocket|network/i);
  const { library } = owner;
  await library.opens();
  await library.adds(await pdf("Long.pdf", Array.from({ length: 60 }, (_, page) => prose(page, 1500))));
  await expect(library.book("Long")).toContainText(/Reading: \d+ of 60 pages|Indexing: \d+ of \d+ passages/);
  await folio.kill();
  await folio.start();
  await library.opens();
  await library.becomesReady("Long", 120_000);
  await expect(library.book("Long")).toContainText("Ready, 60 pages");
  await owner.leaves();
});

test("what was seen of an answer is still there after the server was killed", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url });
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(/ERR_|Failed to load resource|network/i);
  const { chat } = owner;
  model.answers("one two three four five six seven eight nine ten");
  model.holdsAfter(7);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("seven");
  await folio.kill();
  await folio.start();
  await owner.page.reload();
  await chat.becomes("interrupted");
  await expect(chat.answer).toContainText("one two three four five six seven");
  await chat.asks("Go on.");
  await chat.becomes("complete");
  await owner.leaves();
});

test("an answer is marked as interrupted when the server is told to stop", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url });
  const owner = await Person.signedIn(browser, folio, admin);
  owner.watch.expects(/ERR_|Failed to load resource|network/i);
  const { chat } = owner;
  model.answers("one two three four five six seven eight nine ten");
  model.holdsAfter(7);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("seven");
  const asked = Date.now();
  await folio.stop();
  expect(Date.now() - asked, "milliseconds to stop").toBeLessThan(10_000);
  await folio.start();
  await owner.page.reload();
  await chat.becomes("interrupted");
  await expect(chat.answer).toContainText("seven");
  await owner.leaves();
});
