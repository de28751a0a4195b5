import { expect, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";
import { ChatPage } from "../pages/chat.ts";
import { LibraryPage } from "../pages/library.ts";
import { ReaderPage } from "../pages/reader.ts";
import type { Folio } from "./folio.ts";
import { Watch } from "./watch.ts";

let people = 0;
const password = "a password of some length";

/** Someone in front of a browser of their own. */
export class Person {
  readonly chat: ChatPage;
  readonly library: LibraryPage;
  readonly reader: ReaderPage;
  readonly watch: Watch;

  private constructor(
    readonly folio: Folio,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly email: string,
  ) {
    this.chat = new ChatPage(page);
    this.library = new LibraryPage(page);
    this.reader = new ReaderPage(page);
    this.watch = new Watch(context);
  }

  /** Someone without an account. */
  static async visiting(browser: Browser, folio: Folio, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ baseURL: folio.url, ...options });
    return new Person(folio, context, await context.newPage(), `person-${process.pid}-${++people}@example.org`);
  }

  /** Someone who has just made an account. */
  static async registered(browser: Browser, folio: Folio, options: BrowserContextOptions = {}): Promise<Person> {
    const person = await Person.visiting(browser, folio, options);
    await person.posts("/register", { name: "Ada", email: person.email, password });
    return person;
  }

  /** Someone who has an account and has signed in. */
  static async signedIn(browser: Browser, folio: Folio, account: { email: string; password: string }): Promise<Person> {
    const person = await Person.visiting(browser, folio);
    await person.posts("/login", { email: account.email, password: account.password });
    return person;
  }

  /** The same person at another device. */
  elsewhere(browser: Browser): Promise<Person> {
    return Person.signedIn(browser, this.folio, { email: this.email, password });
  }

  /** The same person in a browser without JavaScript. */
  async withoutJavaScript(browser: Browser): Promise<Page> {
    const options = { baseURL: this.folio.url, javaScriptEnabled: false, storageState: await this.context.storageState() };
    return (await browser.newContext(options)).newPage();
  }

  /** Sends a form as the browser would. */
  async posts(path: string, form: Record<string, string>): Promise<void> {
    const response = await this.context.request.post(path, { form, headers: { Origin: this.folio.url } });
    expect(response.ok(), `POST ${path}: ${response.status()} ${await response.text()}`).toBe(true);
  }

  async leaves(): Promise<void> {
    await this.context.close();
    this.watch.foundNothing();
  }
}
