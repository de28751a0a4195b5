import { mkdtemp, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

const program = path.resolve(import.meta.dirname, "../node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** A file that names the reference server, as whoever runs Folio writes it. */
async function toolsFile(): Promise<string> {
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), "folio-tools-")), "tools.json");
  await writeFile(file, JSON.stringify({ mcpServers: { everything: { command: "node", args: [program] } } }));
  return file;
}

test("an administrator approves a tool, and uses it after seeing its arguments", async ({ browser, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, TOOLS_FILE: await toolsFile() });
  const owner = await Person.signedIn(browser, folio, admin);
  const { page } = owner;
  await page.goto("/admin/users");
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Tools" }).click();
  const again = page.getByRole("button", { name: "List tools again: everything" });
  await again.click();
  const echo = page.getByRole("region", { name: "echo" });
  await expect(echo).toContainText("new, waits for approval");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  // by keyboard alone
  await echo.getByRole("button", { name: "Approve as it is described here: echo" }).focus();
  await page.keyboard.press("Enter");
  await expect(echo.locator(".tag")).toHaveText("approved");

  await page.goto("/act");
  await page.getByLabel("What should be done?").fill('use tool "echo" with {"message": "bees dance"}');
  await page.getByRole("button", { name: "Do it" }).click();
  await expect(page.getByRole("heading", { name: "Are you sure?" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: 'message: "bees dance"' })).toBeVisible();
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("heading", { name: "Done" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: "Echo: bees dance" })).toBeVisible();
  await owner.leaves();
});
