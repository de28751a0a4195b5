import { RegisterPage } from "../pages/accounts.ts";
import { AccountPage, UsersPage } from "../pages/settings.ts";
import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";

const password = "a password of some length";

test("one's account is a click away, and its token works until it is revoked", async ({ ada, folio }) => {
  const account = new AccountPage(ada.page);
  await ada.chat.opens();
  await ada.page.getByRole("navigation").getByRole("link", { name: "Ada" }).click();
  await expect(ada.page.getByRole("heading", { name: "Your account", level: 1 })).toBeVisible();
  const token = await account.makesToken("backup script", "Read only");
  expect(token).toMatch(/^folio_pat_/);
  const headers = { Authorization: `Bearer ${token}` };
  const asks = async (): Promise<number> => (await fetch(`${folio.url}/api/v1/books`, { headers })).status;
  expect(await asks()).toBe(200);
  await account.opens();
  await expect(ada.page.getByText("backup script")).toBeVisible();
  await expect(ada.page.getByText(token)).toHaveCount(0);
  await ada.page.getByRole("button", { name: "Revoke: backup script" }).click();
  await expect(account.news).toContainText("revoked");
  expect(await asks()).toBe(401);
});

test("a new password signs out everywhere else", async ({ ada, browser, folio }) => {
  const elsewhere = await Person.signedIn(browser, folio, { email: ada.email, password });
  const account = new AccountPage(ada.page);
  await account.opens();
  await expect(ada.page.getByRole("button", { name: /^Sign out: / })).toHaveCount(2);
  ada.watch.expects(/status of 4\d\d/);
  await account.changesPassword("not my password", "quite another password");
  await expect(account.alert).toContainText("wrong");
  await account.changesPassword(password, "quite another password");
  await expect(account.news).toContainText("changed");
  await expect(ada.page.getByRole("button", { name: /^Sign out: / })).toHaveCount(1);
  await elsewhere.page.goto("/library");
  await expect(elsewhere.page).toHaveURL(/\/login/);
  await elsewhere.leaves();
});

test("an administrator invites somebody, and disables the account again", async ({ browser, ownFolio }) => {
  const folio = await ownFolio(firstAccount);
  const owner = await Person.signedIn(browser, folio, admin);
  const users = new UsersPage(owner.page);
  await owner.page.goto("/admin/users");
  await owner.page.getByRole("button", { name: "Make a link" }).click();
  const invitation = await users.link();

  const grace = await Person.visiting(browser, folio);
  const register = new RegisterPage(grace.page);
  await grace.page.goto(invitation);
  await register.registers({ name: "Grace", email: "grace@example.org", password });
  await expect(grace.chat.question).toBeVisible();
  const late = await Person.visiting(browser, folio);
  await late.page.goto(invitation);
  await expect(late.page.getByRole("alert")).toContainText("used already");
  await late.leaves();

  await users.finds("grace");
  await owner.page.getByRole("button", { name: "Disable: Grace" }).click();
  await expect(users.news).toContainText("disabled");
  await grace.page.goto("/library");
  await expect(grace.page).toHaveURL(/\/login/);
  await users.finds("grace");
  await owner.page.getByRole("button", { name: "Enable: Grace" }).click();
  await owner.page.getByRole("button", { name: "Link for a new password: Grace" }).click();
  await grace.page.goto(await users.link());
  await grace.page.getByLabel("Password").fill("quite another password");
  await grace.page.getByRole("button", { name: "Set password" }).click();
  await expect(grace.chat.question).toBeVisible();
  owner.watch.expects(/status of 4\d\d/);
  await users.finds("admin");
  await owner.page.getByRole("button", { name: "Disable: admin" }).click();
  await expect(users.alert).toContainText("last administrator");
  await grace.leaves();
  await owner.leaves();
});

test("the settings work without JavaScript, and other people's are closed", async ({ ada, browser }) => {
  const page = await ada.withoutJavaScript(browser);
  await page.goto("/settings/account");
  await page.getByLabel("Name").first().fill("Ada Lovelace");
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page.getByRole("status")).toContainText("changed");
  const refused = await page.goto("/admin/users");
  expect(refused?.status()).toBe(403);
  await page.context().close();
});
