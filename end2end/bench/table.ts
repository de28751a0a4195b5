import type { Reporter, TestCase } from "@playwright/test/reporter";
import { annotation, type Measure } from "./measure.ts";

/** Prints what was measured beside its bounds. Numbers never fail the run. */
export default class Table implements Reporter {
  #measures: Measure[] = [];

  onTestEnd(test: TestCase): void {
    for (const { type, description } of test.annotations) {
      if (type === annotation && description) this.#measures.push(JSON.parse(description) as Measure);
    }
  }

  onEnd(): void {
    const rows = this.#measures.map(({ what, result, unit, bound, note }) => [
      what,
      `${result.toFixed(result < 10 ? 1 : 0)} ${unit}`,
      bound === undefined ? "" : `≤ ${bound} ${unit}`,
      bound === undefined ? "" : result <= bound ? "kept" : "MISSED",
      note ?? "",
    ]);
    const table = [["measured", "result", "bound", "", "how"], ...rows];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
    console.log();
    for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  }
}
