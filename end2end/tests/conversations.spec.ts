import { expect, test } from "../support/test.ts";

test("a conversation is renamed, in the list too", async ({ ada, model }) => {
  const { chat, page } = ada;
  model.answers("Good morning to you too.");
  await chat.learns("Good morning!");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Title").fill("Greetings");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: "Greetings", level: 1 })).toBeVisible();
  await expect(chat.conversation("Greetings")).toBeVisible();
  await page.reload();
  await expect(page).toHaveTitle(/^Greetings/);
  await expect(chat.conversation("Good morning!")).toHaveCount(0);
});

test("a conversation is deleted only after asking, and even in mid-stream", async ({ ada, model }) => {
  const { chat, page } = ada;
  ada.watch.expects(/status of 404/);
  model.answers("one two three four five six seven");
  const gate = model.holdsAfter(3);
  await chat.opens();
  await chat.choosesModel();
  await chat.asks("Count for me.");
  await expect(chat.answer).toContainText("three");
  const address = page.url();
  const dialog = page.getByRole("dialog", { name: "Delete this conversation?" });
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(chat.answer).toContainText("three");
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await gate.left;
  await expect(chat.conversation("Count for me.")).toHaveCount(0);
  expect((await page.goto(address))?.status()).toBe(404);
});
