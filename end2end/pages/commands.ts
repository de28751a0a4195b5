import type { Locator, Page } from "@playwright/test";
import { Card } from "./card.ts";

/** The page where commands are given. */
export class CommandsPage {
  readonly line: Locator;
  readonly doIt: Locator;
  readonly reply: Card;
  readonly card: Locator;
  readonly confirm: Locator;
  readonly cancel: Locator;

  constructor(readonly page: Page) {
    this.line = page.getByLabel("What should be done?");
    this.doIt = page.getByRole("button", { name: "Do it" });
    this.reply = new Card(page.locator("section.card"));
    this.card = this.reply.root;
    this.confirm = this.reply.confirm;
    this.cancel = this.reply.cancel;
  }

  async opens(): Promise<void> {
    await this.page.goto("/act");
  }

  async says(command: string): Promise<void> {
    await this.line.fill(command);
    await this.doIt.click();
  }

  /** A heading of the card: what became of the command. */
  becomes(words: string): Locator {
    return this.reply.becomes(words);
  }
}
