import { LoginPage, RegisterPage, SetupPage } from "../pages/accounts.ts";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

test("the first start prints a link, and only its code makes the first account", async ({ browser, ownFolio }) => {
  const folio = await ownFolio();
  const owner = await Person.visiting(browser, folio);
  owner.watch.expects(/status of 4\d\d/);
  const setup = new SetupPage(owner.page);

  await owner.page.goto("/");
  await expect(owner.page).toHaveURL(/\/setup/);
  await setup.code.fill("not-the-code");
  await setup.creates(admin);
  await expect(setup.alert).toBeVisible();
  await expect(setup.email).toHaveValue(admin.email);
  await expect(setup.password).toHaveValue("");

  await owner.page.goto(folio.setupLink);
  await setup.creates(admin);
  await expect(owner.chat.question).toBeVisible();

  const late = await Person.visiting(browser, folio);
  await late.page.goto(folio.setupLink);
  await expect(late.page).toHaveURL(/\/login/);
  await late.leaves();
  await owner.leaves();
});

test("signing in leads to the page that was wanted, signing out closes it", async ({ folio, visitor }) => {
  const login = new LoginPage(visitor.page);
  await visitor.page.goto("/library");
  await expect(visitor.page).toHaveURL(/\/login\?next=/);
  await login.signsIn(admin.email, admin.password);
  await expect(visitor.page).toHaveURL(`${folio.url}/library`);
  await visitor.chat.signsOut();
  await expect(visitor.page).toHaveURL(/\/login/);
  await visitor.page.goto("/library");
  await expect(visitor.page).toHaveURL(/\/login/);
});

test("signing in gives the browser a new session", async ({ visitor }) => {
  const login = new LoginPage(visitor.page);
  const session = async (): Promise<string[]> => (await visitor.context.cookies()).map((cookie) => cookie.value);
  await visitor.page.goto("/login");
  const before = await session();
  await login.signsIn(admin.email, admin.password);
  await expect(visitor.chat.question).toBeVisible();
  const after = await visitor.context.cookies();
  expect(after.length).toBeGreaterThan(0);
  expect(after.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax")).toBe(true);
  expect(before.some((value) => after.some((cookie) => cookie.value === value))).toBe(false);
});

test("a wrong password is refused and the e-mail is kept", async ({ visitor }) => {
  visitor.watch.expects(/status of 4\d\d/);
  const login = new LoginPage(visitor.page);
  await visitor.page.goto("/login");
  await login.signsIn(admin.email, "not the password");
  await expect(login.alert).toBeVisible();
  await expect(login.email).toHaveValue(admin.email);
  await expect(login.password).toHaveValue("");
});

test("signing in never leads to another site", async ({ folio, visitor }) => {
  const login = new LoginPage(visitor.page);
  await visitor.page.goto("/login?next=https://example.org/");
  await login.signsIn(admin.email, admin.password);
  await expect(visitor.chat.question).toBeVisible();
  expect(visitor.page.url().startsWith(`${folio.url}/`)).toBe(true);
});

test("an account can be made where registration is open, without JavaScript", async ({ browser, folio }) => {
  const visitor = await Person.visiting(browser, folio, { javaScriptEnabled: false });
  visitor.watch.expects(/status of 4\d\d/);
  const register = new RegisterPage(visitor.page);
  await visitor.page.goto("/register");
  await register.registers({ name: "Grace", email: admin.email, password: "long enough to be one" });
  await expect(register.alert).toContainText(/e-mail/i);
  await expect(register.name).toHaveValue("Grace");
  await expect(register.email).toHaveValue(admin.email);
  await register.registers({ name: "Grace", email: `grace-${process.pid}@example.org`, password: "long enough to be one" });
  await expect(visitor.chat.question).toBeVisible();
  await visitor.leaves();
});

test("nobody can make an account where registration is by invitation", async ({ browser, ownFolio }) => {
  const folio = await ownFolio(firstAccount);
  const visitor = await Person.visiting(browser, folio);
  visitor.watch.expects(/status of 4\d\d/);
  await visitor.page.goto("/login");
  await expect(visitor.page.getByRole("link", { name: "Create account" })).toHaveCount(0);
  const form = { name: "Eve", email: "eve@example.org", password: "long enough to be one" };
  const headers = { Origin: folio.url };
  const response = await visitor.context.request.post("/register", { form, headers, maxRedirects: 0 });
  expect(response.status()).toBe(403);
  await visitor.leaves();
});
