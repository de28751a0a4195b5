// Chromium as the printer, and a look at what it printed.

import { chromium } from 'playwright-core'
import { getDocumentProxy } from 'unpdf'

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Only the number, and not as a CSS margin box: those come first in a page's text and would begin its first sentence. */
const FOOTER = `<div style="width: 100%; margin: 0 15mm 2mm; text-align: right; font: 8pt 'DejaVu Sans', sans-serif; color: #2c3542">
<span class="pageNumber"></span></div>`

/** A running Chromium: `pdf(html)` gives the bytes, `close()` ends it. */
export async function printer() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ARGS })
  return {
    async pdf(html) {
      const page = await browser.newPage()
      await page.setContent(html, { waitUntil: 'load' })
      await page.evaluate(() => document.fonts.ready.then(() => undefined))
      const pdf = await page.pdf({
        preferCSSPageSize: true,
        printBackground: true,
        tagged: true,
        outline: true,
        displayHeaderFooter: true,
        headerTemplate: '<span></span>',
        footerTemplate: FOOTER,
      })
      await page.close()
      return undated(pdf)
    },
    close: () => browser.close(),
  }
}

/** Equal sources give equal bytes: the time of printing, which nobody needs, is set to a fixed one of the same length. */
function undated(pdf) {
  const text = pdf.toString('latin1').replace(/(\/(?:CreationDate|ModDate) \(D:)\d{14}/g, '$120260101000000')
  return Buffer.from(text, 'latin1')
}

/** How many pages a PDF has, and on which page (from 1) each of `titles` stands, by the PDF's own outline. */
export async function outline(pdf, titles) {
  const document = await getDocumentProxy(new Uint8Array(pdf))
  const pages = new Map()
  for (const entry of (await document.getOutline()) ?? []) {
    const title = titles.find((title) => entry.title.trim().endsWith(title))
    const destination = typeof entry.dest === 'string' ? await document.getDestination(entry.dest) : entry.dest
    if (title && destination) pages.set(title, (await document.getPageIndex(destination[0])) + 1)
  }
  const missing = titles.filter((title) => !pages.has(title))
  if (missing.length) throw new Error(`Not in the PDF's outline: ${missing.join(', ')}`)
  const count = document.numPages
  await document.destroy()
  return { count, pages }
}
