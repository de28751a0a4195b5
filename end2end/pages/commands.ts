import type { Locator, Page } from "@playwright/test";

/** The page where commands are given. */
export class CommandsPage {
  readonly line: Locator;
  readonly doIt: Locator;
  readonly card: Locator;
  readonly confirm: Locator;
  readonly cancel: Locator;
  readonly phrase: Locator;

  constructor(readonly page: Page) {
    this.line = page.getByLabel("What should be done?");
    this.doIt = page.getByRole("button", { name: "Do it" });
    this.card = page.locator("section.card");
    this.confirm = this.card.getByRole("button", { name: "Confirm" });
    this.cancel = this.card.getByRole("button", { name: "Cancel" });
    this.phrase = this.card.getByLabel(/^To confirm, type/);
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
    return this.card.getByRole("heading", { name: words });
  }
}
