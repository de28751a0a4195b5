import { expect, type BrowserContext } from "@playwright/test";

/** Collects what goes wrong on any page of a browser: script errors, console errors, breaches of the CSP. */
export class Watch {
  readonly problems: string[] = [];
  #expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on("weberror", (fault) => this.#note(fault.error().stack ?? String(fault.error())));
    // Chromium reports breaches of the content security policy here too
    context.on("console", (message) => {
      if (message.type() === "error") this.#note(`${message.text()} (${message.location().url})`);
    });
  }

  /** Says that a problem of this kind belongs to the story. */
  expects(problem: RegExp): void {
    this.#expected.push(problem);
  }

  foundNothing(): void {
    const surprises = this.problems.filter((problem) => !this.#expected.some((known) => known.test(problem)));
    expect(surprises, "errors in the browser").toEqual([]);
  }

  #note(problem: string): void {
    this.problems.push(problem);
  }
}
