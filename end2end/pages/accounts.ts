import type { Locator, Page } from "@playwright/test";

/** The plain forms before one is signed in; they need no JavaScript. */
class AccountForm {
  readonly name: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly alert: Locator;

  constructor(readonly page: Page) {
    this.name = page.getByLabel("Name");
    this.email = page.getByLabel("E-mail");
    this.password = page.getByLabel("Password");
    this.alert = page.getByRole("alert");
  }

  protected async submits(button: string): Promise<void> {
    await this.page.getByRole("button", { name: button }).click();
  }
}

export class SetupPage extends AccountForm {
  readonly code = this.page.getByLabel("Set-up code");

  async creates(account: { name: string; email: string; password: string }): Promise<void> {
    await this.name.fill(account.name);
    await this.email.fill(account.email);
    await this.password.fill(account.password);
    await this.submits("Create the first account");
  }
}

export class LoginPage extends AccountForm {
  async signsIn(email: string, password: string): Promise<void> {
    await this.email.fill(email);
    await this.password.fill(password);
    await this.submits("Sign in");
  }
}

export class RegisterPage extends AccountForm {
  async registers(account: { name: string; email: string; password: string }): Promise<void> {
    await this.name.fill(account.name);
    await this.email.fill(account.email);
    await this.password.fill(account.password);
    await this.submits("Create account");
  }
}
