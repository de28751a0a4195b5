import { broken, docx, epub, markdown, pdf, prose } from "../support/books.ts";
import { expect, test } from "../support/test.ts";

test("books are added by the button, several at once, in every format", async ({ ada }) => {
  const { library } = ada;
  await library.opens();
  await library.adds(
    await pdf("Rivers.pdf", ["The river Vesla rises in the Grey Hills.", "It reaches the sea at Port Amund."]),
    docx("Letters.docx", ["Dear Ida, the harvest was late this year.", "The geese left in September."]),
    epub("bees.epub", "On Bees", ["A queen lays two thousand eggs a day.", "Drones leave the hive in May."]),
    markdown("notes.md", "# Bread\n\nLet the dough rest for nine hours.\n\n# Soup\n\nSalt comes last."),
  );
  for (const title of ["Rivers", "Letters", "On Bees"]) await library.becomesReady(title);
  await expect(library.books.filter({ hasText: "Ready" })).toHaveCount(4);
  await expect(library.book("Rivers")).toContainText("Ready, 2 pages");
});

test("a dropped file is added, and its progress is told as it happens", async ({ ada }) => {
  const { library } = ada;
  await library.opens();
  await library.notesProgress();
  await library.drops(await pdf("Long.pdf", Array.from({ length: 40 }, (_, page) => prose(page, 1500))));
  await library.becomesReady("Long", 60_000);
  const told = await library.toldProgress();
  expect(told.some((text) => /(Reading: \d+ of 40 pages|Indexing: \d+ of \d+ passages)/.test(text)), told.join("\n")).toBe(true);
  await expect(library.book("Long")).toContainText("Ready, 40 pages");
  await expect(library.book("Long").getByRole("progressbar")).toHaveCount(0);
});

test("a broken file says why it failed, can be tried again, and deleted", async ({ ada }) => {
  const { library } = ada;
  await library.opens();
  await library.adds(broken("Torn.pdf"));
  const book = library.book("Torn");
  await expect(book).toContainText(/Failed: \S+/, { timeout: 30_000 });
  await book.getByRole("button", { name: "Retry" }).click();
  await expect(book).toContainText(/Failed: \S+/, { timeout: 30_000 });
  await library.deletes("Torn");
  await expect(book).toHaveCount(0);
  await ada.page.reload();
  await expect(library.heading).toBeVisible();
  await expect(book).toHaveCount(0);
});

test("a file of no known kind is refused by name, and the others are added", async ({ ada }) => {
  const { library } = ada;
  await library.opens();
  const program = { name: "program.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") };
  await library.adds(program, markdown("fine.md", "# Fine\n\nThis one can be read."));
  await expect(library.uploads.filter({ hasText: "program.exe" }).getByRole("alert")).toContainText("Folio reads PDF");
  await expect(library.books.filter({ hasText: "Ready" })).toHaveCount(1);
});

test("a file without words fails and says so", async ({ ada }) => {
  const { library } = ada;
  ada.watch.expects(/status of 400/);
  await library.opens();
  await library.adds(await pdf("Scanned.pdf", ["", "", ""]), markdown("empty.md", ""));
  await expect(library.book("Scanned")).toContainText(/Failed: .*(text|scan)/i, { timeout: 30_000 });
  await expect(library.uploads.filter({ hasText: "empty.md" }).getByRole("alert")).toContainText("empty");
});

test("a book can be deleted while it is being read", async ({ ada }) => {
  const { library, page } = ada;
  await library.opens();
  await library.adds(await pdf("Long.pdf", Array.from({ length: 60 }, (_, number) => prose(number, 1500))));
  await expect(library.book("Long")).toContainText(/Reading: \d+ of 60 pages|Indexing: \d+ of \d+ passages/);
  await library.deletes("Long");
  await expect(library.books).toHaveCount(0);
  await page.reload();
  await expect(library.heading).toBeVisible();
  await expect(library.books).toHaveCount(0);
});

test("a file's name and text are only ever text", async ({ ada }) => {
  const { library, reader, page } = ada;
  const name = "<img src=x onerror=alert(1)>";
  await library.holds(markdown(`${name}.md`, `The sign said <script>alert(2)</script> and ${name}.`));
  await expect(library.books.locator("img")).toHaveCount(0);
  await library.book(name).getByRole("link", { name }).click();
  await expect(reader.heading).toHaveText(name);
  await expect(reader.text(1)).toContainText("The sign said");
  await expect(page.locator("main img, main script")).toHaveCount(0);
});

test("the handbook is added with one click", async ({ ada }) => {
  const { library, reader } = ada;
  await library.opens();
  await library.addHandbook.click();
  const book = library.book("Folio");
  await expect(book).toContainText(/Ready, \d{2,} pages/, { timeout: 60_000 });
  await book.getByRole("link").first().click();
  await expect(ada.page).toHaveURL(/\/books\/[^/]+\/pages\/1$/);
  await expect(reader.text(1)).toBeVisible();
});

test("a book opens in the reader at any page", async ({ ada }) => {
  const { library, reader, page } = ada;
  await library.holds(await pdf("Rivers.pdf", ["The first page.", "The second page.", "The third page."]));
  await library.book("Rivers").getByRole("link", { name: "Rivers" }).click();
  await expect(reader.heading).toHaveText("Rivers");
  await expect(reader.text(1)).toContainText("The first page.");
  await expect(reader.previous).toHaveCount(0);
  await reader.next.click();
  await expect(reader.text(2)).toContainText("The second page.");
  await page.goto(page.url().replace(/\d+$/, "3"));
  await expect(reader.text(3)).toContainText("The third page.");
  await reader.drawn(3);
  await expect(reader.next).toHaveCount(0);
  await reader.goesTo(2);
  await expect(reader.text(2)).toContainText("The second page.");
});

test("a page that a book does not have is not found", async ({ ada }) => {
  const { library, page } = ada;
  ada.watch.expects(/status of 404/);
  await library.holds(await pdf("Rivers.pdf", ["The only page."]));
  await library.book("Rivers").getByRole("link", { name: "Rivers" }).click();
  await page.waitForURL(/pages\/1$/);
  for (const number of ["2", "0", "x", "99999999999999999999"]) {
    const response = await page.goto(page.url().replace(/[^/]+$/, number));
    expect(response?.status(), number).toBe(404);
  }
});
