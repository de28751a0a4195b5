import { expect, type Locator, type Page } from "@playwright/test";
import { Upstream } from "../support/upstream.ts";
import type { BookFile } from "../support/books.ts";
import { Card } from "./card.ts";
import { carried } from "./carried.ts";
import { hydrated } from "./hydrated.ts";

/** A conversation: questions, answers, and the page that an answer cites. */
export class ChatPage {
  readonly question: Locator;
  readonly send: Locator;
  readonly stop: Locator;
  readonly messages: Locator;
  readonly answer: Locator;
  readonly sourcesFound: Locator;
  readonly citations: Locator;
  readonly unsupported: Locator;
  readonly answersAgain: Locator;
  readonly triesAgain: Locator;
  readonly goesOn: Locator;
  readonly fork: Locator;
  readonly previousVersion: Locator;
  readonly nextVersion: Locator;
  readonly panel: Panel;
  readonly sidebar: Locator;
  readonly toSend: Locator;
  /** The last reply to a command. */
  readonly card: Card;
  readonly cards: Locator;
  /** What the composer offers after a slash. */
  readonly palette: Locator;

  constructor(readonly page: Page) {
    this.question = page.getByLabel("Your question");
    this.send = page.getByRole("button", { name: "Send", exact: true });
    this.stop = page.getByRole("button", { name: "Stop" });
    this.messages = page.getByRole("list", { name: "Messages" });
    this.answer = this.messages.getByRole("article", { name: "Folio" }).last();
    this.sourcesFound = this.answer.getByRole("region", { name: "Sources found" });
    this.citations = this.answer.locator("a.cite");
    this.unsupported = this.answer.getByText("not in your sources");
    this.answersAgain = this.answer.getByRole("button", { name: "Answer again" });
    this.triesAgain = this.answer.getByRole("button", { name: "Try again" });
    this.goesOn = this.answer.getByRole("button", { name: "Continue" });
    this.fork = this.answer.getByRole("button", { name: "Fork" });
    this.previousVersion = this.answer.getByRole("button", { name: "Previous version" });
    this.nextVersion = this.answer.getByRole("button", { name: "Next version" });
    this.panel = new Panel(page);
    this.toSend = page.getByRole("list", { name: "Files to send along" });
    this.card = new Card(this.answer.locator("section.card"));
    this.cards = this.messages.locator("section.card");
    this.palette = page.getByRole("listbox", { name: "Commands" });
    this.sidebar = page.getByRole("navigation", { name: "Conversations" });
  }

  /** Opens a new chat, or the conversation at `path`, and waits until it listens. */
  async opens(path = "/"): Promise<void> {
    await this.page.goto(path);
    await hydrated(this.page);
  }

  async asks(question: string): Promise<void> {
    await this.question.fill(question);
    await this.send.click();
    await expect(this.messages.getByRole("article", { name: "You" }).last()).toContainText(question);
  }

  /** Gives a command in the composer, which comes back with one card more. */
  async commands(command: string): Promise<void> {
    const before = await this.cards.count();
    await this.question.fill(`/${command}`);
    await this.question.press("Enter");
    await expect(this.cards).toHaveCount(before + 1);
    await hydrated(this.page);
  }

  /** The command of the palette that the next key would take. */
  get offered(): Locator {
    return this.palette.getByRole("option", { selected: true });
  }

  /** Chooses files to send with the next question, and waits until each has arrived or was refused. */
  async attaches(...files: BookFile[]): Promise<void> {
    await this.page.getByLabel("Attach", { exact: true }).setInputFiles(files);
    await this.hasArrived(...files);
  }

  /** Drops files onto the page, as from a file manager. */
  async drops(...files: BookFile[]): Promise<void> {
    const dataTransfer = await carried(this.page, files);
    for (const event of ["dragenter", "dragover", "drop"]) await this.question.dispatchEvent(event, { dataTransfer });
    await this.hasArrived(...files);
  }

  async pastes(...files: BookFile[]): Promise<void> {
    const transfer = await carried(this.page, files);
    await this.question.evaluate((field, clipboardData) => {
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, transfer);
    await this.hasArrived(...files);
  }

  /** Takes back a file that was to be sent. */
  async removes(name: string): Promise<void> {
    const file = this.toSend.getByRole("listitem").filter({ hasText: name });
    await file.getByRole("button", { name: "Dismiss" }).click();
  }

  private async hasArrived(...files: BookFile[]): Promise<void> {
    for (const { name } of files) await expect(this.toSend).toContainText(name);
    await expect(this.toSend.getByRole("progressbar")).toHaveCount(0);
    await expect(this.toSend.getByText(/^(Waiting to be sent|Reading…)$/)).toHaveCount(0);
  }

  /** Asks something else instead of a question of the conversation. */
  async edits(question: string, instead: string): Promise<void> {
    const line = this.messages.getByRole("listitem").filter({ hasText: question }).first();
    await line.getByRole("button", { name: "Edit" }).click();
    await this.page.getByLabel("The question in other words").fill(instead);
    await this.page.getByRole("button", { name: "Ask this instead" }).click();
  }

  /** Asks a new chat, and waits until the whole answer is there. */
  async learns(question: string): Promise<void> {
    await this.opens();
    await this.choosesModel();
    await this.asks(question);
    await this.becomes("complete");
  }

  /** Waits until the last answer's state is `status`. */
  async becomes(status: "streaming" | "complete" | "interrupted" | "failed", timeout = 15_000): Promise<void> {
    await expect(this.answer).toHaveAttribute("data-status", status, { timeout });
  }

  /** The link in the sidebar; on a phone, behind its button. */
  conversation(title: string): Locator {
    return this.sidebar.getByRole("link", { name: title });
  }

  async signsOut(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign out" }).click();
  }

  /** Follows a link of the sidebar. */
  async follows(name: string): Promise<void> {
    await this.page.getByRole("link", { name, exact: true }).first().click();
  }

  /** Writes down every state of the last answer from now on, with the time. */
  async records(): Promise<void> {
    await this.page.evaluate(() => {
      const recorded: Moment[] = [];
      const note = (): void => {
        const answer = [...document.querySelectorAll('[aria-label="Messages"] article[aria-label="Folio"]')].at(-1);
        const text = answer?.textContent ?? "";
        if (text !== recorded.at(-1)?.text) recorded.push({ at: Date.now(), text });
      };
      new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
      Object.assign(globalThis, { recorded });
    });
  }

  async recorded(): Promise<Moment[]> {
    return this.page.evaluate(() => (globalThis as unknown as { recorded: Moment[] }).recorded);
  }

  /** Chooses who answers: the scripted model, where the server knows it. */
  async choosesModel(tag = Upstream.model): Promise<void> {
    await this.page.getByLabel("Model").selectOption(tag);
  }

  /** Asks only these books from now on. */
  async choosesBooks(...titles: string[]): Promise<void> {
    await this.page.getByText(/^Sources: /).click();
    await this.page.getByRole("radio", { name: "Chosen books" }).check();
    for (const title of titles) await this.page.getByRole("checkbox", { name: title }).check();
  }

  /** Asks none of the books from now on. */
  async choosesPlainChat(): Promise<void> {
    await this.page.getByText(/^Sources: /).click();
    await this.page.getByRole("radio", { name: "No books (plain chat)" }).check();
  }

  /** Unfolds the list of sources of the last answer, which is folded once the answer is an old one. */
  async showsSources(): Promise<void> {
    await this.sourcesFound.getByText(/^Sources found/).click();
  }
}

/** What the last answer looked like at a time, in milliseconds since the epoch. */
export interface Moment {
  at: number;
  text: string;
}

/** The cited page beside the conversation. */
export class Panel {
  readonly region: Locator;
  readonly mark: Locator;
  readonly next: Locator;
  readonly previous: Locator;
  readonly openInReader: Locator;
  readonly close: Locator;

  constructor(page: Page) {
    this.region = page.getByRole("complementary", { name: "Cited page" });
    this.mark = this.region.locator("mark");
    this.next = this.region.getByRole("link", { name: "Next page" });
    this.previous = this.region.getByRole("link", { name: "Previous page" });
    this.openInReader = this.region.getByRole("link", { name: "Open in reader" });
    this.close = this.region.getByRole("link", { name: "Close" });
  }

  /** Waits until it shows `page` of `total`. */
  async shows(page: number, total: number): Promise<void> {
    await expect(this.region.getByText(`Page ${page} of ${total}`)).toBeVisible();
  }
}
