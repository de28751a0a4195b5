import { expect, type Page } from "@playwright/test";

/** Waits until the page's own code has taken over what the server rendered. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-hydrated", "", { timeout: 20_000 });
}
