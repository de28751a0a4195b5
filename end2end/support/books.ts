import { strToU8, zipSync } from "fflate";
import { PDFDocument, StandardFonts } from "pdf-lib";

/** A file as `setInputFiles` takes it. */
export interface BookFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A PDF with one text a page; a line break begins a paragraph. */
export async function pdf(name: string, pages: string[]): Promise<BookFile> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.TimesRoman);
  const size = 12;
  for (const text of pages) {
    const page = document.addPage([595, 842]);
    let y = 780;
    for (const paragraph of text.split("\n")) {
      for (const line of wrapped(paragraph, 470, (words) => font.widthOfTextAtSize(words, size))) {
        page.drawText(line, { x: 62, y, size, font });
        y -= 16;
      }
      y -= 10;
    }
  }
  return { name, mimeType: "application/pdf", buffer: Buffer.from(await document.save()) };
}

/** A Word document with one paragraph a text. */
export function docx(name: string, paragraphs: string[]): BookFile {
  const body = paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join("");
  const main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  return archive(name, main, {
    "[Content_Types].xml":
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
      `<Override PartName="/word/document.xml" ContentType="${main}.main+xml"/></Types>`,
    "_rels/.rels":
      `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" ` +
      `Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" ` +
      `Target="word/document.xml"/></Relationships>`,
    "word/document.xml":
      `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
      `<w:body>${body}</w:body></w:document>`,
  });
}

/** An EPUB with one chapter a text. */
export function epub(name: string, title: string, chapters: string[]): BookFile {
  const items = chapters.map((_, i) => `<item id="c${i}" href="c${i}.xhtml" media-type="application/xhtml+xml"/>`);
  const spine = chapters.map((_, i) => `<itemref idref="c${i}"/>`);
  const entries = chapters.map((_, i) => `<li><a href="c${i}.xhtml">Chapter ${i + 1}</a></li>`);
  const files: Record<string, string> = {
    mimetype: "application/epub+zip",
    "META-INF/container.xml":
      `<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>` +
      `<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`,
    "book.opf":
      `<package version="3.0" unique-identifier="id" xmlns="http://www.idpf.org/2007/opf">` +
      `<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">${title}</dc:identifier>` +
      `<dc:title>${title}</dc:title><dc:language>en</dc:language>` +
      `<meta property="dcterms:modified">2026-01-01T00:00:00Z</meta></metadata>` +
      `<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>` +
      `${items.join("")}</manifest><spine>${spine.join("")}</spine></package>`,
    "nav.xhtml": xhtml("Contents", `<nav epub:type="toc"><ol>${entries.join("")}</ol></nav>`),
  };
  chapters.forEach((text, i) => {
    files[`c${i}.xhtml`] = xhtml(`Chapter ${i + 1}`, `<h1>Chapter ${i + 1}</h1><p>${text}</p>`);
  });
  return archive(name, "application/epub+zip", files);
}

export function markdown(name: string, text: string): BookFile {
  return { name, mimeType: "text/markdown", buffer: Buffer.from(text) };
}

/** A file that says that it is a PDF and then is none. */
export function broken(name: string): BookFile {
  return { name, mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nthis is where a book should be\n%%EOF") };
}

/** Varied English of about `length` characters, different for every `seed`. */
export function prose(seed: number, length: number): string {
  const subjects = ["The miller", "A surveyor", "Her brother", "The old harbour", "Every archive", "That winter", "The clerk"];
  const verbs = ["measured", "remembered", "carried", "described", "repaired", "counted", "abandoned", "painted"];
  const objects = ["the northern wall", "seven copper lamps", "a map of the valley", "the ledger of grain", "two long oars"];
  const ends = ["before the rain", "without a word", "in the year of the flood", "for the council", "near the ferry"];
  let state = seed * 2_654_435_761 + 1;
  const pick = (list: string[]): string => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return list[Math.floor(state / 65_536) % list.length] ?? "";
  };
  let text = "";
  while (text.length < length) text += `${pick(subjects)} ${pick(verbs)} ${pick(objects)} ${pick(ends)}. `;
  return text.trim();
}

function wrapped(text: string, width: number, measure: (words: string) => number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function xhtml(title: string, body: string): string {
  const spaces = `xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"`;
  return `<?xml version="1.0"?><html ${spaces}><head><title>${title}</title></head><body>${body}</body></html>`;
}

function archive(name: string, mimeType: string, files: Record<string, string>): BookFile {
  const entries = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
  return { name, mimeType, buffer: Buffer.from(zipSync(Object.fromEntries(entries), { level: 0 })) };
}
