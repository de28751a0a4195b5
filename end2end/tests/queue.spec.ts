import type { Browser } from "@playwright/test";
import { ChatPage } from "../pages/chat.ts";
import { prose } from "../support/books.ts";
import type { Folio } from "../support/folio.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

const open = { ...firstAccount, REGISTRATION: "open" };
const next = "Waiting for the model: next in line…";
const one = "Waiting for the model: one answer goes first…";
const two = "Waiting for the model: 2 answers go first…";

interface Waiting {
  ada: Person;
  bob: Person;
  first: ChatPage;
  second: ChatPage;
  third: ChatPage;
}

/** Bob has had an answer; then Ada asks in three tabs: the first has the model, the others wait in their order. */
async function waiting(browser: Browser, folio: Folio): Promise<Waiting> {
  const [ada, bob] = [await Person.registered(browser, folio), await Person.registered(browser, folio)];
  await bob.library.holds(await lighthousePdf());
  await bob.chat.opens();
  await bob.chat.asks(lighthouse.question);
  await bob.chat.becomes("complete", 30_000);
  const tab = async (): Promise<ChatPage> => {
    const chat = new ChatPage(await ada.context.newPage());
    await chat.opens();
    return chat;
  };
  const [first, second, third] = [await tab(), await tab(), await tab()];
  // the model reads these for a while before it writes
  await first.asks(prose(1, 5_000));
  await second.asks(prose(2, 5_000));
  await expect(second.answer).toContainText(next);
  await third.asks(prose(3, 5_000));
  await expect(third.answer).toContainText(one);
  return { ada, bob, first, second, third };
}

test("who waits for the local model sees how many go first, until it is their turn", async ({ browser, ownFolio }) => {
  const { ada, bob, first, second, third } = await waiting(browser, await ownFolio(open));
  await bob.chat.records();
  await bob.chat.asks("Who built the lighthouse at Kessel?");
  // who asks three things does not hold up who asks one
  await expect(bob.chat.answer).toContainText(one);
  await expect(third.answer).toContainText(two);
  await second.stop.click();
  await second.becomes("interrupted");
  await expect(second.answer).not.toContainText("Waiting for the model");
  await expect(third.answer).toContainText(next);
  await expect(bob.chat.answer).toContainText(one);
  await first.stop.click();
  await expect(bob.chat.answer).toContainText(next);
  await third.stop.click();
  await bob.chat.becomes("complete", 30_000);
  await expect(bob.chat.answer.locator(".prose")).not.toBeEmpty();
  await expect(bob.chat.answer).not.toContainText("Waiting for the model");
  const places = (await bob.chat.recorded()).map(({ text }) => [two, one, next].find((place) => text.includes(place)));
  expect([...new Set(places.filter(Boolean))]).toEqual([one, next]);
  await bob.leaves();
  await ada.leaves();
});

test("a page that is loaded again still says how many go first", async ({ browser, ownFolio }) => {
  const { ada, bob, third } = await waiting(browser, await ownFolio(open));
  await third.page.reload();
  await expect(third.answer).toContainText(one);
  await bob.leaves();
  await ada.leaves();
});

test("whose turn it is does not wait in line any more", async ({ browser, ownFolio }) => {
  const { ada, bob, first, second, third } = await waiting(browser, await ownFolio(open));
  await first.stop.click();
  await expect(third.answer).toContainText(next);
  await expect(second.answer).not.toContainText("next in line");
  await expect(second.answer.locator(".prose")).toBeEmpty();
  await bob.leaves();
  await ada.leaves();
});
