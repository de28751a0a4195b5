import { ChatPage } from "../pages/chat.ts";
import { broken, markdown } from "../support/books.ts";
import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { firstAccount, expect, test } from "../support/test.ts";
import { Person } from "../support/person.ts";
import { picture } from "../support/pictures.ts";

const notes = markdown("notes.md", "The lighthouse was painted green in 1907.");

test("a file is attached, sent with a question, and still there after a reload", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("Green.");
  await chat.opens();
  await chat.choosesModel();
  await chat.attaches(notes);
  await expect(chat.toSend).toContainText("notes.md");
  await chat.asks("Which colour?");
  await chat.becomes("complete");
  expect(JSON.stringify(model.asked[0])).toContain("painted green in 1907");
  await expect(chat.toSend.getByRole("listitem")).toHaveCount(0);
  for (const reloaded of [false, true]) {
    if (reloaded) await page.reload();
    const link = chat.messages.getByRole("link", { name: "notes.md" });
    await expect(link).toBeVisible();
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("notes.md");
  }
});

test("an answer says which sentence comes from a book, and which from a file that was sent along", async ({ ada, model }) => {
  const { chat, library } = ada;
  model.answers(`${lighthouse.fact} The lighthouse was painted green in 1907.`);
  await library.holds(await lighthousePdf());
  await chat.opens();
  await chat.choosesModel();
  await chat.attaches(notes);
  await chat.asks(lighthouse.question);
  await chat.becomes("complete");
  await expect(chat.citations).toHaveCount(1);
  await expect(chat.answer).toContainText("painted green in 1907. from notes.md");
  await expect(chat.unsupported).toHaveCount(0);
});

test("files are pasted and dropped, and one is removed again", async ({ ada, model }) => {
  const { chat } = ada;
  model.answers("Both.");
  await chat.opens();
  await chat.choosesModel();
  await chat.pastes(markdown("pasted.md", "This was pasted."));
  await chat.drops(markdown("dropped.md", "This was dropped."), markdown("unwanted.md", "This was not meant."));
  await expect(chat.toSend.getByRole("listitem")).toHaveCount(3);
  await chat.removes("unwanted.md");
  await expect(chat.toSend.getByRole("listitem")).toHaveCount(2);
  await chat.asks("What is in them?");
  await chat.becomes("complete");
  const asked = JSON.stringify(model.asked[0]);
  expect(asked).toContain("This was pasted.");
  expect(asked).toContain("This was dropped.");
  expect(asked).not.toContain("not meant");
});

test("a file that is refused says why, and the question waits", async ({ ada, model }) => {
  const { chat, watch } = ada;
  watch.expects(/status of 400/);
  model.answers("Nothing then.");
  await chat.opens();
  await chat.choosesModel();
  await chat.attaches(broken("broken.pdf"));
  await expect(chat.toSend.getByRole("alert")).toContainText("damaged");
  await chat.question.fill("What does it say?");
  await chat.send.click();
  await expect(chat.page.getByText("Wait until every file has arrived, or remove it.")).toBeVisible();
  await expect(chat.question).toHaveValue("What does it say?");
  await chat.removes("broken.pdf");
  await chat.asks("What does it say?");
  await chat.becomes("complete");
});

test("a picture goes to a model that takes pictures, and to no other", async ({ ada, browser, model, ownFolio }) => {
  ada.watch.expects(/status of 400/);
  model.answers("A red square.");
  await ada.chat.opens();
  await ada.chat.choosesModel();
  await ada.chat.attaches(picture("square.png"));
  await expect(ada.chat.toSend.locator("img")).toBeVisible();
  await ada.chat.question.fill("What is it?");
  await ada.chat.send.click();
  await expect(ada.page.getByText("“scripted” takes no pictures.")).toBeVisible();
  await expect(ada.chat.question).toHaveValue("What is it?");
  await expect(ada.chat.toSend).toContainText("square.png");

  const environment = { ...firstAccount, REGISTRATION: "open", OPENAI_BASE_URL: model.url, OPENAI_TAKES_IMAGES: "true" };
  const bob = await Person.registered(browser, await ownFolio(environment));
  await bob.chat.opens();
  await bob.chat.choosesModel();
  await bob.chat.attaches(picture("square.png"));
  await expect(bob.chat.toSend.locator("img")).toBeVisible();
  await bob.chat.asks("What is it?");
  await bob.chat.becomes("complete");
  expect(JSON.stringify(model.asked)).toContain("data:image/png;base64,");
  await bob.page.reload();
  const shown = bob.chat.messages.getByRole("img", { name: "square.png" });
  await expect(shown).toBeVisible();
  expect(await shown.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
  await bob.leaves();
});

test("a question is sent with files without JavaScript", async ({ ada, browser, model }) => {
  model.answers("Green.");
  const page = await ada.withoutJavaScript(browser);
  const chat = new ChatPage(page);
  await page.goto("/");
  await chat.choosesModel();
  await chat.question.fill("Which colour?");
  await page.locator("input[name=file]").setInputFiles(broken("broken.pdf"));
  await chat.send.click();
  await expect(page.getByRole("alert")).toContainText("damaged");
  await expect(chat.question).toHaveValue("Which colour?");
  await page.locator("input[name=file]").setInputFiles(notes);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page).toHaveURL(/\/c\//);
  await expect(chat.messages.getByRole("link", { name: "notes.md" })).toBeVisible();
  await expect.poll(() => JSON.stringify(model.asked)).toContain("painted green");
  await page.context().close();
});
