import { SetupPage } from "../pages/accounts.ts";
import { admin } from "../support/folio.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { Person } from "../support/person.ts";
import { expect, test } from "../support/test.ts";

test("from the printed link to the marked passage", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ OPENAI_BASE_URL: model.url });
  const owner = await Person.visiting(browser, folio);
  const { chat, library, reader } = owner;
  model.answers(lighthouse.fact);

  await test.step("the first account is made from the printed link", async () => {
    const setup = new SetupPage(owner.page);
    await owner.page.goto(folio.setupLink);
    await setup.creates(admin);
    await expect(chat.question).toBeVisible();
  });

  await test.step("a dropped book becomes ready", async () => {
    await library.opens();
    await library.drops(await lighthousePdf());
    await library.becomesReady(lighthouse.title);
    await expect(library.book(lighthouse.title)).toContainText("Ready, 3 pages");
  });

  await test.step("an answer streams in below the sources that were found", async () => {
    const gate = model.holdsAfter(4);
    await chat.opens();
    await chat.choosesModel();
    await chat.asks(lighthouse.question);
    await gate.reached;
    await expect(chat.sourcesFound.getByRole("link", { name: /The Lighthouse at Kessel.*p\. 2/ })).toBeVisible();
    await expect(chat.answer).toContainText("The keeper burned whale");
    await expect(chat.answer).toHaveAttribute("aria-busy", "true");
    gate.open();
    await chat.becomes("complete");
    await expect(chat.answer).toContainText(lighthouse.fact.replace(".", ""));
  });

  await test.step("its citation opens the page with the passage marked", async () => {
    await expect(chat.citations).toHaveCount(1);
    await expect(chat.citations).toHaveAccessibleName(`Source 1: ${lighthouse.title}, page 2`);
    await chat.citations.click();
    await chat.panel.shows(2, 3);
    await expect(chat.panel.region.getByRole("heading", { name: lighthouse.title })).toBeVisible();
    await expect(chat.panel.mark).toHaveText(/The keeper burned whale oil until 1889/);
    await expect(chat.panel.mark).toBeInViewport();
  });

  await test.step("the book can be turned there, and opened in the reader", async () => {
    await chat.panel.next.click();
    await chat.panel.shows(3, 3);
    await expect(chat.panel.mark).toHaveCount(0);
    await chat.panel.previous.click();
    await chat.panel.shows(2, 3);
    await expect(chat.panel.mark).toHaveCount(1);
    await chat.panel.openInReader.click();
    await expect(owner.page).toHaveURL(/\/books\/[^/]+\/pages\/2/);
    await expect(reader.text(2)).toContainText("whale oil");
    await reader.drawn(2);
  });

  await owner.leaves();
});
