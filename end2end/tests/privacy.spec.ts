import { lighthouse, lighthousePdf } from "../support/lighthouse.ts";
import { expect, test } from "../support/test.ts";

test("someone else's conversations and books are as if absent", async ({ ada, bob, model }) => {
  bob.watch.expects(/status of 404/);
  model.answers(lighthouse.fact);
  await ada.library.holds(await lighthousePdf());
  await ada.library.book(lighthouse.title).getByRole("link", { name: lighthouse.title }).click();
  await ada.page.waitForURL(/\/books\//);
  const page = new URL(ada.page.url()).pathname;
  const book = page.replace(/\/pages\/1$/, "");
  await ada.chat.learns(lighthouse.question);
  await ada.page.waitForURL(/\/c\//);
  const conversation = new URL(ada.page.url()).pathname;

  for (const path of [conversation, page, book]) {
    expect((await bob.page.goto(path))?.status(), path).toBe(404);
    await expect(bob.page.getByText("whale oil")).toHaveCount(0);
  }
  for (const path of [`/api/v1${page}/image`, `/api/v1${book}/file`, `/api/v1${book}`]) {
    expect((await bob.context.request.get(path)).status(), path).toBe(404);
  }
  await bob.library.opens();
  await expect(bob.library.books).toHaveCount(0);
  await bob.chat.opens();
  await expect(bob.chat.conversation(lighthouse.question)).toHaveCount(0);
});

test("another site can change nothing in someone's name", async ({ ada, folio }) => {
  const elsewhere = { Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" };
  const file = { name: "planted.md", mimeType: "text/markdown", buffer: Buffer.from("# Planted") };
  for (const path of ["/logout", "/api/v1/books", "/ui/ask"]) {
    const response = await ada.context.request.post(path, { headers: elsewhere, multipart: { file }, maxRedirects: 0 });
    expect(response.status(), path).toBe(403);
  }
  await ada.library.opens();
  await expect(ada.library.books).toHaveCount(0);
  const own = await ada.context.request.post("/logout", { headers: { Origin: folio.url }, maxRedirects: 0 });
  expect(own.status()).toBeLessThan(400);
});

test("pages forbid framing, foreign scripts and guessing of types", async ({ ada }) => {
  const headers = (await ada.context.request.get("/")).headers();
  const policy = headers["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).toMatch(/script-src [^;]*'nonce-/);
  expect(policy).not.toMatch(/'unsafe-inline'|'unsafe-eval'/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("a book's file is only ever downloaded", async ({ ada }) => {
  await ada.library.holds(await lighthousePdf());
  await ada.library.book(lighthouse.title).getByRole("link", { name: lighthouse.title }).click();
  await ada.page.waitForURL(/pages\/1$/);
  const book = new URL(ada.page.url()).pathname.replace(/\/pages\/1$/, "");
  const response = await ada.context.request.get(`/api/v1${book}/file`);
  expect(response.headers()["content-disposition"]).toMatch(/^attachment/);
  expect(response.headers()["content-security-policy"]).toContain("sandbox");
  expect((await response.body()).subarray(0, 5).toString()).toBe("%PDF-");
});
