import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** What Folio asked of the model. */
export interface Ask {
  model: string;
  messages: { role: string; content: string }[];
}

/** A function that the model asks for, after it has said something. */
export interface Wish {
  says: string;
  wants: { name: string; arguments: object };
}

/** Says what the model answers. */
export type Answer = string | ((ask: Ask) => string | Wish);

/**
 * A model server for tests, which speaks OpenAI's API and says exactly what a test wants, as slowly as it wants:
 * a gate stops an answer after some tokens until the test opens it, so no test has to sleep.
 */
export class Upstream {
  static readonly model = "scripted";
  /** Another one, which says what it is told, too. */
  static readonly other = "scripted-too";

  readonly asked: Ask[] = [];
  /** When the first token of each answer was sent, in milliseconds since the epoch. */
  readonly firstTokenAt: number[] = [];
  #answer: Answer = "";
  #fault?: string;
  #gates: Gate[] = [];
  #server = http.createServer((request, response) => void this.#serve(request, response));

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  /** What `OPENAI_BASE_URL` is set to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  answers(answer: Answer): void {
    this.#answer = answer;
  }

  /** Refuses to answer from now on, with these words. */
  fails(words: string): void {
    this.#fault = words;
  }

  /** Holds the next answer after `tokens` of its tokens. */
  holdsAfter(tokens: number): Gate {
    const gate = new Gate(tokens);
    this.#gates.push(gate);
    return gate;
  }

  /** Forgets what the last test told it; answers still held go on. */
  reset(): void {
    this.#answer = "I was told to say nothing in particular.";
    this.#fault = undefined;
    this.#gates.splice(0).forEach((gate) => gate.open());
    this.asked.length = 0;
    this.firstTokenAt.length = 0;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (request.url === "/v1/models") {
      response.setHeader("Content-Type", "application/json");
      const data = [Upstream.model, Upstream.other].map((id) => ({ id, object: "model" }));
      response.end(JSON.stringify({ object: "list", data }));
    } else if (this.#fault) {
      response.writeHead(500, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { message: this.#fault } }));
    } else if (request.url === "/v1/chat/completions") {
      const ask = JSON.parse(await text(request)) as Ask;
      this.asked.push(ask);
      await this.#stream(typeof this.#answer === "string" ? this.#answer : this.#answer(ask), response);
    } else {
      response.writeHead(404).end();
    }
  }

  async #stream(reply: string | Wish, response: http.ServerResponse): Promise<void> {
    const answer = typeof reply === "string" ? reply : reply.says;
    let gate = this.#gates.shift();
    response.on("close", () => response.writableFinished || gate?.leave());
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const [index, token] of tokens(answer).entries()) {
      if (index === gate?.after) gate = await gate.pass();
      if (index === 0) this.firstTokenAt.push(Date.now());
      response.write(chunk({ content: token }));
    }
    if (typeof reply === "string") {
      response.write(chunk({}, "stop"));
    } else {
      const { name, arguments: given } = reply.wants;
      const call = { index: 0, id: "call", type: "function", function: { name, arguments: JSON.stringify(given) } };
      response.write(chunk({ tool_calls: [call] }));
      response.write(chunk({}, "tool_calls"));
    }
    response.end("data: [DONE]\n\n");
  }
}

/** A place in an answer where it stands still. */
export class Gate {
  /** Resolves when the answer stands at the gate. */
  readonly reached: Promise<void>;
  /** Resolves when Folio closes the connection before the answer's end. */
  readonly left: Promise<void>;
  #opened: Promise<Gate | undefined>;
  #reach!: () => void;
  #leave!: () => void;
  #open!: (next?: Gate) => void;

  constructor(readonly after: number) {
    this.reached = new Promise((resolve) => (this.#reach = resolve));
    this.left = new Promise((resolve) => (this.#leave = resolve));
    this.#opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open();
  }

  /** Lets the answer go on until it has said `tokens` of its tokens. */
  opensUntil(tokens: number): Gate {
    const next = new Gate(tokens);
    this.#open(next);
    return next;
  }

  /** Called by the answer; says where it stands still next. */
  pass(): Promise<Gate | undefined> {
    this.#reach();
    return this.#opened;
  }

  /** Called by the connection. */
  leave(): void {
    this.#leave();
    this.#open();
  }
}

/** Words with the space before them, as models write. */
function tokens(answer: string): string[] {
  return answer.match(/\s*\S+/g) ?? [];
}

function chunk(delta: { content?: string; tool_calls?: object[] }, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ object: "chat.completion.chunk", choices })}\n\n`;
}

async function text(request: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
