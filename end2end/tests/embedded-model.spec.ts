import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

test("the embedded model answers from the handbook, without network or key", async ({ browser, ownFolio }) => {
  test.setTimeout(300_000);
  const folio = await ownFolio(firstAccount);
  const owner = await Person.signedIn(browser, folio, admin);
  const { chat, library } = owner;
  await library.opens();
  await library.addHandbook.click();
  await library.becomesReady("Folio", 120_000);
  await chat.opens();
  await chat.records();
  await chat.asks("Which file formats can a book have?");
  await expect(chat.sourcesFound.getByRole("link").first()).toBeVisible({ timeout: 60_000 });
  await chat.becomes("complete", 180_000);
  const lengths = (await chat.recorded()).map((moment) => moment.text.length);
  expect(new Set(lengths).size, "the answer came in pieces").toBeGreaterThan(3);

  // each sentence is either cited or said to be unsupported; which, is the model's luck
  const judged = (await chat.citations.count()) + (await chat.unsupported.count());
  expect(judged).toBeGreaterThan(0);
  if ((await chat.citations.count()) > 0) {
    await chat.citations.first().click();
    await expect(chat.panel.mark).not.toBeEmpty();
  }
  await owner.leaves();
});
