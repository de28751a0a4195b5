import { expect, type Locator, type Page } from "@playwright/test";
import type { BookFile } from "../support/books.ts";
import { carried } from "./carried.ts";
import { hydrated } from "./hydrated.ts";

/** The books, and the way to add some. */
export class LibraryPage {
  readonly heading: Locator;
  readonly books: Locator;
  readonly addBooks: Locator;
  readonly addHandbook: Locator;
  readonly uploads: Locator;

  constructor(readonly page: Page) {
    this.heading = page.getByRole("heading", { name: "Library", level: 1 });
    this.books = page.getByRole("list", { name: "Books" }).getByRole("listitem");
    this.addBooks = page.getByLabel("Add books");
    this.addHandbook = page.getByRole("button", { name: "Add the Folio handbook" });
    this.uploads = page.getByRole("list", { name: "Uploads" }).getByRole("listitem");
  }

  async opens(): Promise<void> {
    await this.page.goto("/library");
    await hydrated(this.page);
    await expect(this.heading).toBeVisible();
  }

  /** The entry of one book. */
  book(title: string): Locator {
    return this.books.filter({ hasText: title });
  }

  async adds(...files: BookFile[]): Promise<void> {
    await this.addBooks.setInputFiles(files);
  }

  /** Drops files onto the page, as from a file manager. */
  async drops(...files: BookFile[]): Promise<void> {
    const transfer = await carried(this.page, files);
    const zone = this.page.getByTestId("drop");
    await zone.dispatchEvent("dragenter", { dataTransfer: transfer });
    await zone.dispatchEvent("dragover", { dataTransfer: transfer });
    await zone.dispatchEvent("drop", { dataTransfer: transfer });
  }

  async deletes(title: string): Promise<void> {
    await this.book(title).getByRole("button", { name: "Delete" }).click();
    await this.page.getByRole("dialog", { name: "Delete this book?" }).getByRole("button", { name: "Delete" }).click();
  }

  /** Writes down everything that the list says from now on. */
  async notesProgress(): Promise<void> {
    await this.page.evaluate(() => {
      const told: string[] = [];
      const note = (): void => {
        for (const book of document.querySelectorAll('[aria-label="Books"] > li')) told.push(book.textContent ?? "");
      };
      new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
      Object.assign(globalThis, { told });
    });
  }

  async toldProgress(): Promise<string[]> {
    const told = await this.page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
    return [...new Set(told)];
  }

  /** Waits until a book can be asked. */
  async becomesReady(title: string, timeout = 30_000): Promise<void> {
    await expect(this.book(title)).toContainText("Ready", { timeout });
  }

  /** Adds books and waits until all can be asked. */
  async holds(...files: BookFile[]): Promise<void> {
    await this.opens();
    await this.adds(...files);
    for (const { name } of files) await this.becomesReady(title(name));
  }
}

/** What a book without a title of its own is called. */
export function title(fileName: string): string {
  return fileName.replace(/\.[^.]+$/, "");
}
