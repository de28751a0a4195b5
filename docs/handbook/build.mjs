// Builds the Folio handbook: the numbered Markdown chapters beside this file, printed to one PDF by Chromium.
//
//   node build.mjs           writes folio-handbook.pdf and folio-handbook.sha256
//   node build.mjs --check   says whether the committed PDF was built from the present sources (needs no packages)
//
// Chromium is /usr/bin/chromium, or what the variable CHROMIUM names.

import { createHash } from 'node:crypto'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const PDF = 'folio-handbook.pdf'
const SUMS = 'folio-handbook.sha256'
const STYLE = 'handbook.css'
const CHAPTER = /^(\d\d)-[a-z0-9-]+\.md$/
const MIN_PAGES = 20
const MAX_BYTES = 600_000

const at = (name) => fileURLToPath(new URL(name, import.meta.url))
const chapterFiles = async () => (await readdir(at('.'))).filter((name) => CHAPTER.test(name)).sort()

try {
  await (process.argv.includes('--check') ? check() : build())
} catch (error) {
  console.error(`handbook: ${error.message}`)
  process.exitCode = 1
}

/** Prints the handbook; ends with an error, and writes nothing, when the result is not fit to be committed. */
async function build() {
  const { readChapters, renderBook } = await import('./book.mjs')
  const { printer, outline } = await import('./print.mjs')

  const chapters = await readChapters(at('.'), await chapterFiles())
  const style = await readFile(at(STYLE), 'utf8')
  const titles = chapters.map((chapter) => chapter.title)
  const print = await printer()
  try {
    // The contents list needs page numbers that only a printed book has: print, look, print again.
    const draft = await outline(await print.pdf(await renderBook(chapters, style, new Map())), titles)
    const pdf = await print.pdf(await renderBook(chapters, style, draft.pages))
    const book = await outline(pdf, titles)
    demand(titles.every((title) => draft.pages.get(title) === book.pages.get(title)), 'The page numbers did not settle.')
    demand(book.count >= MIN_PAGES, `Only ${book.count} pages; the sample book promises ${MIN_PAGES}.`)
    demand(pdf.length <= MAX_BYTES, `${pdf.length} bytes; the program carries the PDF, so at most ${MAX_BYTES}.`)

    await writeFile(at(PDF), pdf)
    await writeFile(at(SUMS), await sums())
    console.log(`${PDF}: ${chapters.length} chapters, ${book.count} pages, ${Math.ceil(pdf.length / 1024)} KiB`)
  } finally {
    await print.close()
  }
}

async function check() {
  const stored = await readFile(at(SUMS), 'utf8').catch(() => '')
  demand(stored === (await sums()), `${PDF} was not built from the present chapters: run \`make handbook\` and commit the result.`)
  console.log(`${PDF} is up to date.`)
}

/** One line a file, in the form that `sha256sum --check` reads. */
async function sums() {
  const lines = [...(await chapterFiles()), STYLE, PDF].map(async (name) => {
    const content = await readFile(at(name)).catch(() => '')
    return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`
  })
  return (await Promise.all(lines)).join('')
}

function demand(holds, otherwise) {
  if (!holds) throw new Error(otherwise)
}
