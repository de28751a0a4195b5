// From Markdown chapters to the HTML of the whole book.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Marked } from 'marked'

export const TITLE = 'The Folio Handbook'
const SUBTITLE = 'Ask your books, and see the page'

/** The type faces come from npm, so that the book breaks its lines alike on every machine. */
const FACES = [
  ['Source Serif 4', 400, 'normal'],
  ['Source Serif 4', 400, 'italic'],
  ['Source Serif 4', 600, 'normal'],
  ['Source Sans 3', 400, 'normal'],
  ['Source Sans 3', 600, 'normal'],
  ['Source Code Pro', 400, 'normal'],
]

/** Reads the chapters in the order of `files`. Each: `{ id, number, title, html }`. */
export async function readChapters(folder, files) {
  return Promise.all(
    files.map(async (file, index) => {
      const text = await readFile(join(folder, file), 'utf8')
      const [, title, body] = /^# (.+)\n([\s\S]*)$/.exec(text) ?? fail(`${file} must begin with its title: "# …"`)
      return { id: idOf(file), number: index + 1, title, html: markdown(files).parse(body) }
    }),
  )
}

/** The whole book. `pages` maps a chapter's title to its page, as far as known. */
export async function renderBook(chapters, style, pages) {
  const faces = await Promise.all(FACES.map(fontFace))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${TITLE}</title>
<style>${faces.join('\n')}\n${style}</style>
</head>
<body>
${cover()}
${contents(chapters, pages)}
${chapters.map(section).join('\n')}
</body>
</html>`
}

const idOf = (file) => file.replace(/^\d\d-|\.md$/g, '')

/** Links between chapter files, which work where the Markdown is read, become links within the book. */
function markdown(files) {
  return new Marked({
    gfm: true,
    walkTokens(token) {
      if (token.type !== 'link' || !token.href.endsWith('.md')) return
      if (!files.includes(token.href)) fail(`There is no chapter ${token.href}`)
      token.href = `#${idOf(token.href)}`
    },
  })
}

async function fontFace([family, weight, style]) {
  const name = family.toLowerCase().replaceAll(' ', '-')
  const path = createRequire(import.meta.url).resolve(`@fontsource/${name}/files/${name}-latin-${weight}-${style}.woff2`)
  const data = (await readFile(path)).toString('base64')
  return `@font-face { font-family: "${family}"; font-weight: ${weight}; font-style: ${style}; src: url(data:font/woff2;base64,${data}) format("woff2"); }`
}

const cover = () => `<section class="cover">
<svg viewBox="0 0 120 160" aria-hidden="true">
<path class="sheet" d="M8 4h76l28 28v124H8z"/><path class="fold" d="M84 4v28h28z"/>
<path class="line" d="M26 56h58M26 74h68M26 110h68M26 128h44"/><path class="mark" d="M24 92h62"/>
</svg>
<p class="title">${TITLE}</p>
<p class="subtitle">${SUBTITLE}</p>
</section>`

const contents = (chapters, pages) => `<section class="contents">
<h1>Contents</h1>
<ol>
${chapters.map(({ id, title }) => `<li><a href="#${id}"><span>${title}</span><span>${pages.get(title) ?? ''}</span></a></li>`).join('\n')}
</ol>
</section>`

const section = ({ id, number, title, html }) => `<section class="chapter" id="${id}">
<h1><span class="number">${number}</span> ${title}</h1>
${html}</section>`

function fail(message) {
  throw new Error(message)
}
