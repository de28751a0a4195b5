import { expect, type Locator, type Page } from "@playwright/test";

/** A book, page by page. */
export class ReaderPage {
  readonly heading: Locator;
  readonly next: Locator;
  readonly previous: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole("heading", { level: 1 });
    this.next = page.getByRole("link", { name: "Next page" });
    this.previous = page.getByRole("link", { name: "Previous page" });
  }

  /** The text of a page. */
  text(number: number): Locator {
    return this.page.getByRole("article", { name: `Page ${number}`, exact: true });
  }

  async goesTo(number: number): Promise<void> {
    const form = this.page.getByRole("form", { name: "Go to page" });
    await form.getByRole("spinbutton").fill(String(number));
    await form.getByRole("spinbutton").press("Enter");
  }

  /** Waits until the picture of a page can be seen. */
  async drawn(number: number): Promise<void> {
    const picture = this.page.getByRole("img", { name: `Picture of page ${number}`, exact: true });
    await picture.scrollIntoViewIfNeeded();
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  }
}
