import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

/** Ends the run with one line that programs can read. */
export default class Closing implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === "skipped") this.#skipped++;
    else if (test.outcome() === "unexpected") this.#failed++;
    else this.#passed++;
  }

  onEnd(): void {
    if (this.#passed + this.#failed + this.#skipped === 0) return;
    console.log(`\n${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
  }
}
