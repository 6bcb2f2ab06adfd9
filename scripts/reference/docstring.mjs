// A docstring as data: what it says, and its tags.

/**
 * @typedef {object} Docstring
 * @property {string} text Markdown, as it was written
 * @property {string | undefined} default
 * @property {readonly string[]} examples code
 * @property {readonly (readonly [name: string, text: string])[]} params
 * @property {string | undefined} returns
 * @property {string | undefined} throws
 * @property {boolean} isInternal
 */

/**
 * Reads the text of a comment, `/** … *\/`. What stands in an example is left as it is; a tag that is not known here is a mistake.
 * @param {string} comment
 * @returns {Docstring}
 */
export function readDocstring(comment) {
  const [text = '', ...tags] = blocks(comment)
  const found = { text, default: undefined, examples: [], params: [], returns: undefined, throws: undefined }
  let isInternal = false
  for (const block of tags) {
    const [, tag, rest] = /^@(\w+)[ \t]*\n?(.*)$/s.exec(block) ?? []
    if (tag === 'default' || tag === 'returns' || tag === 'throws') found[tag] = oneLine(rest)
    else if (tag === 'example') found.examples.push(rest.trimEnd())
    else if (tag === 'param') found.params.push(/^(\S+)\s+(.*)$/s.exec(oneLine(rest)).slice(1))
    else if (tag === 'internal') isInternal = true
    else throw new Error(`@${tag} is not known to scripts/reference: ${block}`)
  }
  return { ...found, isInternal }
}

/** The text, then each tag with what belongs to it. */
function blocks(comment) {
  const lines = comment
    .replace(/^\/\*\*[ \t]*/, '')
    .replace(/\s*\*\/$/, '')
    .split('\n')
    .map((line, index) => (index === 0 ? line : line.replace(/^\s*\* ?/, '')))
  const found = [[]]
  for (const line of lines) {
    // A short docstring has its default on the same line.
    const [, before, tag] = lines.length === 1 ? (/^(.*\S) (@default .*)$/.exec(line) ?? []) : []
    if (tag !== undefined) found.at(-1).push(before)
    if (tag !== undefined || /^@\w/.test(line)) found.push([])
    found.at(-1).push(tag ?? line)
  }
  // A comment cannot hold its own end.
  return found.map((block) => block.join('\n').trim().replaceAll('*\\/', '*/'))
}

export function oneLine(text) {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** A type as one line: members of an object that only lines keep apart get a semicolon, and what only helps editors is left out. */
export function typeLine(text) {
  const kept = text.replaceAll(/([^\s{(|,&;>=])\n\s*(?=(?:readonly )?\w+\??:)/g, '$1; ')
  return oneLine(kept.replaceAll('(string & {})', 'string'))
    .replaceAll(/([(<]) ?\| /g, '$1')
    .replaceAll(/ (?=[)>])/g, '')
}

/** The first sentence of a text. */
export function firstSentence(text) {
  const [paragraph = ''] = text.split(/\n\s*\n/)
  const line = oneLine(paragraph)
  return /^.*?[.!?](?=\s|$)/.exec(line)?.[0] ?? line
}
