import type { Page } from "@playwright/test";

/** Loses the next response from `url` to what the server has done; `meanwhile` happens before the page notices. */
export async function loses(page: Page, url: string, meanwhile = async (): Promise<void> => {}): Promise<void> {
  await page.route(
    url,
    async (route) => {
      await route.fetch();
      await meanwhile();
      await route.abort();
    },
    { times: 1 },
  );
}
