import type { Locator } from "@playwright/test";

/** What became of a command, and what can be done next. */
export class Card {
  readonly confirm: Locator;
  readonly cancel: Locator;
  readonly phrase: Locator;
  readonly undo: Locator;
  readonly timeLeft: Locator;

  constructor(readonly root: Locator) {
    this.confirm = root.getByRole("button", { name: "Confirm" });
    this.cancel = root.getByRole("button", { name: "Cancel" });
    this.phrase = root.getByLabel(/^To confirm, type/);
    this.undo = root.getByRole("button", { name: "Undo" });
    this.timeLeft = root.locator(".left");
  }

  /** Its heading: what became of the command. */
  becomes(words: string): Locator {
    return this.root.getByRole("heading", { name: words });
  }
}
