import { defineConfig } from "@playwright/test";
import { chromium } from "../support/chromium.ts";

// the program that people run is measured, not the one that is debugged
process.env.FOLIO_PROFILE ??= "release";

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results/bench",
  globalSetup: "../support/same-site.ts",
  workers: 1,
  timeout: 600_000,
  reporter: [["list"], ["./table.ts"]],
  use: { ...chromium, viewport: { width: 1280, height: 800 } },
});
