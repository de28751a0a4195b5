import { admin } from "../support/folio.ts";
import { Person } from "../support/person.ts";
import { expect, firstAccount, test } from "../support/test.ts";
import type { Ask } from "../support/upstream.ts";

const said: [question: string, answer: string][] = [
  ["Who sings first in the morning?", "The blackbird."],
  ["Who sings at noon?", "The yellowhammer."],
  ["Who sings at night?", "The nightingale."],
  ["Who never sings?", "The stork."],
];
const summary = "They talked about birds.";

test("a line says from where on the model reads word for word, and so it does", async ({ browser, model, ownFolio }) => {
  const folio = await ownFolio({ ...firstAccount, OPENAI_BASE_URL: model.url, MAX_CONVERSATION_HISTORY: "3" });
  const owner = await Person.signedIn(browser, folio, admin);
  const { chat, page } = owner;
  const answers = new Map(said);
  model.answers(({ messages }) => answers.get(messages.at(-1)?.content ?? "") ?? summary);
  const mark = chat.messages.getByRole("listitem").filter({ hasText: "From here on the model reads word for word" });
  const asks = async (at: number): Promise<void> => {
    const [question, answer] = said[at];
    await chat.asks(question);
    await expect(chat.answer).toContainText(answer);
    await chat.becomes("complete");
  };
  const read = (at: number): Ask["messages"] =>
    model.asked.find(({ messages }) => messages.at(-1)?.content === said[at][0])?.messages ?? [];

  await chat.opens();
  await chat.choosesModel();
  await asks(0);
  await asks(1);
  await expect(mark).toHaveCount(0);
  await expect.poll(() => model.asked.length, "two answers and a summary").toBe(3);

  const gate = model.holdsAfter(1);
  await chat.asks(said[2][0]);
  await gate.reached;
  await expect(mark).toContainText(said[1][0]);
  gate.open();
  await expect(chat.answer).toContainText(said[2][1]);
  await chat.becomes("complete");
  await asks(3);
  for (const reload of [false, true]) {
    if (reload) await page.reload();
    await expect(mark).toHaveCount(1);
    await expect(mark).toContainText(said[2][0]);
  }
  for (const at of [2, 3]) {
    const wordForWord = read(at).filter(({ role }) => role !== "system");
    expect(wordForWord.map(({ content }) => content)).toEqual([...said[at - 1], said[at][0]]);
    const inShort = read(at).filter(({ role }) => role === "system");
    expect(JSON.stringify(inShort)).toContain(summary);
    expect(JSON.stringify(read(at))).not.toContain("blackbird");
  }
  await owner.leaves();
});
