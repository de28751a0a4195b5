import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Folio } from "./folio.ts";

/** The way to a server, which can be cut as a network is lost: the server goes on and knows nothing of it. */
export class Line {
  #isCut = false;
  #ends = new Set<Socket>();
  #server = createServer((near) => this.#carry(near));

  private constructor(readonly folio: Folio) {}

  static async to(folio: Folio): Promise<Line> {
    const line = new Line(folio);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  /** Where the server is at the other end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    this.#ends.forEach((end) => end.destroy());
  }

  mend(): void {
    this.#isCut = false;
  }

  remove(): void {
    this.cut();
    this.#server.close();
  }

  #carry(near: Socket): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect(this.folio.port, "127.0.0.1");
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(end);
      end.on("error", () => end.destroy());
      end.on("close", () => {
        this.#ends.delete(end);
        other.end();
      });
      end.pipe(other);
    }
  }
}
