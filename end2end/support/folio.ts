import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const repository = path.resolve(import.meta.dirname, "../..");
const startsWithin = 30_000;
const stopsWithin = 15_000;

/** The first account of a server that is started with one. */
export const admin = { name: "Admin", email: "admin@example.org", password: "first of all accounts" };

/** More in a minute than any test does. */
const PLENTY = "1000000000";

/** A Folio of a test's own: own process, own port, own data. */
export class Folio {
  /** All that the server has printed so far. */
  log = "";
  #process?: ChildProcess;

  private constructor(
    readonly port: number,
    readonly dataDir: string,
    readonly environment: Record<string, string>,
  ) {}

  /** Starts a server; `environment` says in what it differs from a plain `make run`. */
  static async start(environment: Record<string, string> = {}): Promise<Folio> {
    const dataDir = await mkdtemp(path.join(tmpdir(), "folio-"));
    const folio = new Folio(await freePort(), dataDir, environment);
    await folio.start();
    return folio;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The link with the one-time code that the first start prints. */
  get setupLink(): string {
    const link = /https?:\/\/\S+\/setup\?code=\S+/.exec(this.log)?.[0];
    if (!link) throw new Error(`no set-up link was printed:\n${this.log}`);
    return link;
  }

  /** Starts again, on the same port and data, after `kill` or `stop`. */
  async start(): Promise<void> {
    const program = path.join(repository, "target", process.env.FOLIO_PROFILE ?? "debug", "folio");
    const child = spawn(program, ["serve"], {
      cwd: this.dataDir,
      env: {
        PATH: process.env.PATH,
        HOME: this.dataDir,
        DATA_DIR: this.dataDir,
        LISTEN_ADDR: `127.0.0.1:${this.port}`,
        LEPTOS_SITE_ROOT: path.join(repository, "target/site"),
        MODELS_DIR: path.join(repository, "data/models"),
        PDFIUM_PATH: path.join(repository, "data/lib/libpdfium.so"),
        RATE_LIMIT_REQUESTS: PLENTY,
        RATE_LIMIT_QUESTIONS: PLENTY,
        RATE_LIMIT_SIGN_INS: PLENTY,
        ...this.environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (data) => (this.log += data));
    child.stderr.on("data", (data) => (this.log += data));
    this.#process = child;
    await this.#ready(child);
  }

  /** Ends the server as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends the server as systemd would. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends the server and forgets its data. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async #ready(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + startsWithin;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) break;
      const health = await fetch(`${this.url}/api/health`).catch(() => undefined);
      if (health?.ok) return;
      await pause(50);
    }
    throw new Error(`folio did not start:\n${this.log}`);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), stopsWithin);
    await ended;
    clearTimeout(late);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
