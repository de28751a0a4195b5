import type { JSHandle, Page } from "@playwright/test";
import type { BookFile } from "../support/books.ts";

/** Files as a drop or a paste brings them. */
export function carried(page: Page, files: BookFile[]): Promise<JSHandle<DataTransfer>> {
  const contents = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") }));
  return page.evaluateHandle((contents) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, base64 } of contents) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return transfer;
  }, contents);
}
