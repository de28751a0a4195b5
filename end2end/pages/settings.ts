import type { Locator, Page } from "@playwright/test";

/** The plain page of one's own account. */
export class AccountPage {
  readonly news: Locator;
  readonly alert: Locator;

  constructor(readonly page: Page) {
    this.news = page.getByRole("status");
    this.alert = page.getByRole("alert");
  }

  async opens(): Promise<void> {
    await this.page.goto("/settings/account");
  }

  async changesPassword(current: string, wanted: string): Promise<void> {
    await this.page.getByLabel("Current password").fill(current);
    await this.page.getByLabel("New password").fill(wanted);
    await this.page.getByRole("button", { name: "Change password" }).click();
  }

  /** Makes a token and gives its text, which is shown this once. */
  async makesToken(name: string, scope: string): Promise<string> {
    await this.page.getByLabel("What it is for").fill(name);
    await this.page.getByLabel("What it may do").selectOption({ label: scope });
    await this.page.getByRole("button", { name: "Make token" }).click();
    return (await this.news.locator("code").textContent()) ?? "";
  }
}

/** The plain page of all accounts, for administrators. */
export class UsersPage {
  readonly news: Locator;
  readonly alert: Locator;

  constructor(readonly page: Page) {
    this.news = page.getByRole("status");
    this.alert = page.getByRole("alert");
  }

  async finds(name: string): Promise<void> {
    await this.page.goto("/admin/users");
    await this.page.getByLabel("Name or e-mail").fill(name);
    await this.page.getByRole("button", { name: "Search" }).click();
  }

  /** A link that was just made, which is shown this once. */
  async link(): Promise<string> {
    return (await this.news.locator("code").textContent()) ?? "";
  }
}
