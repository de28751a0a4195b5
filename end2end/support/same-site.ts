import { copyFileSync } from "node:fs";
import path from "node:path";

/** Puts the names of the site's files beside the program, where `make dev` may have left those of another build. */
export default function sameSite(): void {
  const target = path.resolve(import.meta.dirname, "../../target");
  copyFileSync(path.join(target, "site/hash.txt"), path.join(target, process.env.FOLIO_PROFILE ?? "debug", "hash.txt"));
}
