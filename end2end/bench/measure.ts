import { readFile } from "node:fs/promises";
import { test } from "../support/test.ts";

/** One line of the table that `make bench` prints. */
export interface Measure {
  what: string;
  result: number;
  unit: "ms" | "s" | "MB" | "KB" | "/s";
  /** The most that is allowed, where something is. */
  bound?: number;
  /** How the result came about. */
  note?: string;
}

/** The type of the annotations that carry measures to the table. */
export const annotation = "measure";

export function measured(measure: Measure): void {
  test.info().annotations.push({ type: annotation, description: JSON.stringify(measure) });
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Memory of a process that is in RAM, in MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
