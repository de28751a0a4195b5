import { expect, test } from "../support/test.ts";

test("on a phone the conversations are behind a button, with and without JavaScript", async ({ ada, browser, model }) => {
  model.answers("Good morning to you too.");
  await ada.chat.learns("Good morning!");
  for (const page of [ada.page, await ada.withoutJavaScript(browser)]) {
    await page.goto("/library");
    const conversation = page.getByRole("link", { name: "Good morning!" });
    await expect(conversation).toBeHidden();
    await page.getByRole("button", { name: "Conversations" }).click();
    await conversation.click();
    await expect(page).toHaveURL(/\/c\//);
    await expect(page.getByRole("navigation", { name: "Conversations" })).toBeHidden();
    await expect(page.getByText("Good morning to you too.")).toBeVisible();
  }
});
