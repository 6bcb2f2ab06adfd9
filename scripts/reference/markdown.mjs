// Items as Markdown: what one says, its signature, its members as a table, its methods, its examples.
import { SyntaxKind } from 'typescript/unstable/ast'
import { callsOnly, isModule, isType } from './declarations.mjs'
import { main } from './exports.mjs'
import { firstSentence, oneLine, typeLine } from './docstring.mjs'
import { membersOf, valuesOf } from './members.mjs'

/**
 * One page of the reference.
 * @typedef {object} Page
 * @property {string} name of its file, without the ending
 * @property {string} title
 * @property {string} about
 * @property {string} [methods] an interface of which the index lists the methods
 * @property {readonly import('./exports.mjs').Item[]} items
 */

export class Writer {
  #wording
  /** Where each item is described. */
  #places = new Map()
  #byName = new Map()
  /** Anchors of methods, by `Interface.method`. */
  #methods = new Map()

  /**
   * @param {import('./declarations.mjs').Wording} wording
   * @param {readonly Page[]} pages
   */
  constructor(wording, pages) {
    this.#wording = wording
    for (const page of pages) {
      const slugs = new Slugs()
      slugs.of(page.title)
      for (const item of page.items) {
        this.#places.set(item, { page, anchor: slugs.of(titleOf(item)) })
        // The first one has the name, where two are called the same.
        if (!this.#byName.has(item.name)) this.#byName.set(item.name, item)
        for (const { name } of methodsOf(item)) this.#methods.set(`${item.name}.${name}`, slugs.of(`${name}()`))
      }
    }
  }

  /** A line for each function and class; types by their names. */
  index(title, about, pages) {
    const sections = pages.map((page) => {
      // What a module of its own exports stands behind it.
      const names = page.items.filter((item) => item.module === main || isModule(item))
      const lines = names.filter((item) => !isType(item)).map((item) => this.#summary(item))
      const types = names.filter((item) => isType(item)).map((item) => this.#reference(item, undefined))
      const listed = types.length === 0 ? [] : [`- Types: ${types.join(', ')}`]
      const text = [...lines, ...this.#methodList(page), ...listed].join('\n')
      return `## [${page.title}](${page.name}.md)\n\n${page.about}\n\n${text}\n`
    })
    return `# ${title}\n\n${about}\n\n${sections.join('\n')}`
  }

  #methodList(page) {
    const item = page.items.find(({ name }) => name === page.methods)
    if (item === undefined) return []
    const links = methodsOf(item).map(
      ({ name }) => `[\`${name}()\`](${page.name}.md#${this.#methods.get(`${item.name}.${name}`)})`,
    )
    return [`- ${this.#reference(item, undefined)}: ${links.join(', ')}`]
  }

  #summary(item) {
    const says = item.doc.text === '' ? '' : `: ${this.#linked(firstSentence(item.doc.text), undefined, item)}`
    return `- ${this.#reference(item, undefined)}${says}`
  }

  page(page) {
    const items = page.items.map((item) => this.#item(item, page))
    return `# ${page.title}\n\n${page.about}\n\n${items.join('\n')}`
  }

  #item(item, page) {
    const { doc, module } = item
    const values = valuesOf(item)
    const blocks = [
      `## \`${titleOf(item)}\``,
      isModule(item) ? '' : from(module),
      this.#linked(doc.text, page, item),
      values === undefined ? this.#declaration(item, page) : this.#values(values, page),
      ...this.#facts(doc, page, item),
      ...this.#members(item, page),
      ...examplesOf(doc),
      ...methodsOf(item).map((method) => this.#method(method, page)),
    ]
    return `${blocks.filter((it) => it !== '').join('\n\n')}\n`
  }

  /** Parameters, what comes back, and what is thrown. */
  #facts({ params, returns, throws }, page, item) {
    return [
      params.map(([name, text]) => `- \`${name}\`: ${this.#linked(text, page, item)}`).join('\n'),
      returns === undefined ? '' : `Returns ${this.#linked(sentence(returns), page, item)}`,
      throws === undefined ? '' : `Throws ${this.#linked(sentence(throws), page, item)}`,
    ]
  }

  /** Code, and what it names, since code holds no links. Of an interface what it extends says enough. */
  #declaration(item, page) {
    const [node] = item.nodes
    if (isModule(item)) return ''
    if (node.kind === SyntaxKind.InterfaceDeclaration && !callsOnly(node)) {
      const head = node.typeParameters === undefined ? '' : code(this.#wording.declarationOf(item))
      const bases = this.#wording.basesOf(node).map((it) => this.#type(it, page))
      return [head, bases.length === 0 ? '' : `Extends ${bases.join(', ')}.`].filter((it) => it !== '').join('\n\n')
    }
    const named = this.#wording.itemsIn(item.nodes.flatMap((it) => shownOf(it)))
    const others = named.filter((it) => it !== item && this.#places.has(it)).map((it) => this.#reference(it, page))
    const see = others.length === 0 ? '' : `\n\nSee ${others.join(', ')}.`
    return code(this.#wording.declarationOf(item)) + see
  }

  #values(values, page) {
    const rows = values.map(({ type, doc }) => [this.#type(type, page), this.#cell(doc.text, page)])
    return table(['value', 'meaning'], rows)
  }

  #members(item, page) {
    const members = membersOf(item).filter(({ signatures }) => signatures.length === 0)
    if (members.length === 0) return []
    const isOptions = members.some(({ doc }) => doc.default !== undefined)
    const rows = members.map((it) => {
      const { doc, name, isOptional, type } = it
      const shown = type === undefined ? `\`${inCell(this.#wording.typeOf(it.node))}\`` : this.#type(type, page)
      const cells = [`\`${name}${isOptional && !isOptions ? '?' : ''}\``, shown]
      if (isOptions) cells.push(doc.default === undefined ? (isOptional ? '' : 'required') : defaultText(doc.default))
      return [...cells, this.#cell(doc.text, page)]
    })
    const heads = isOptions ? ['option', 'type', 'default', 'meaning'] : ['property', 'type', 'meaning']
    const isTold = rows.some((row) => row.at(-1) !== '')
    const shown = isTold ? rows : rows.map((row) => row.slice(0, -1))
    const examples = members.flatMap(({ name, doc }) => {
      const [first, ...others] = examplesOf(doc)
      return first === undefined ? [] : [`\`${name}\`:`, first, ...others]
    })
    return [table(isTold ? heads : heads.slice(0, -1), shown), ...examples]
  }

  #method({ name, signatures, doc }, page) {
    const blocks = [
      `### \`${name}()\``,
      this.#linked(doc.text, page, undefined),
      code(signatures.map((it) => this.#wording.signatureOf(it, name)).join('\n')),
      ...this.#facts(doc, page, undefined),
      // What somebody's text looks like is no TypeScript.
      ...examplesOf(doc, name === 'toString' ? 'text' : 'ts'),
    ]
    return blocks.filter((it) => it !== '').join('\n\n')
  }

  /** A type in a table: each member of a union leads to what it names first. */
  #type(node, page) {
    const members = node.kind === SyntaxKind.UnionType ? [...node.types] : [node]
    return members
      .map((member) => {
        const text = codeSpan(inCell(typeLine(this.#wording.textOf(member))))
        const named = this.#wording.itemsIn([member]).filter((it) => this.#places.has(it))
        return named.length === 0 ? text : `[${text}](${this.#link(named[0], page)})`
      })
      .join(' \\| ')
  }

  #cell(text, page) {
    const paragraphs = this.#linked(text, page, undefined)
      .split(/\n\s*\n/)
      .map((it) => oneLine(it.replaceAll(/\n- /g, '<br>- ')))
    return inCell(paragraphs.join('<br><br>'))
  }

  /** Words in backticks that are names of the package lead to what is said of them. */
  #linked(text, page, self) {
    const codes = this.#byName.get('ErrorCode')
    const withCodes =
      codes === undefined
        ? text
        : text.replaceAll(
            /(?<![`\w])ERR_SYSCOPE_[A-Z_]+\b(?!`)/g,
            (word) => `[\`${word}\`](${this.#link(codes, page)})`,
          )
    return withCodes.replaceAll(/(?<![[`\w])`([A-Za-z]\w*)(\(\))?`(?!\w)/g, (word, name, call) => {
      const item = this.#byName.get(name)
      if (item === undefined || item === self || isFunction(item) !== (call !== undefined)) return word
      // A word that is an option or an argument more often than the constant.
      if (call === undefined && !/^[A-Z]/.test(name)) return word
      return this.#reference(item, page)
    })
  }

  #reference(item, page) {
    return `[\`${titleOf(item)}\`](${this.#link(item, page)})`
  }

  /** From a page, or from the index. */
  #link(item, from) {
    const { page, anchor } = this.#places.get(item)
    return page === from ? `#${anchor}` : `${page.name}.md#${anchor}`
  }
}

/** Anchors as GitHub makes them of headings. */
class Slugs {
  #seen = new Map()

  of(heading) {
    const plain = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
    const count = this.#seen.get(plain) ?? 0
    this.#seen.set(plain, count + 1)
    return count === 0 ? plain : `${plain}-${count}`
  }
}

function isFunction({ nodes: [node] }) {
  return node.kind === SyntaxKind.FunctionDeclaration
}

function titleOf(item) {
  return isFunction(item) ? `${item.name}()` : item.name
}

function methodsOf(item) {
  return membersOf(item).filter(({ signatures }) => signatures.length > 0)
}

/** What a declaration shows of its source. */
function shownOf(node) {
  const { heritageClauses = [], parameters = [], type, typeParameters = [] } = node
  if (node.kind === SyntaxKind.FunctionDeclaration)
    return [...typeParameters, ...parameters, ...(type === undefined ? [] : [type])]
  return node.kind === SyntaxKind.ClassDeclaration ? [...typeParameters, ...heritageClauses] : [node]
}

function from(module) {
  if (module === '') return '*Not exported: a part of other types.*'
  return module === main ? '' : `From \`${module}\`.`
}

function code(text, language = 'ts') {
  return `\`\`\`${language}\n${text}\n\`\`\``
}

function examplesOf({ examples }, language = 'ts') {
  return examples.map((it) => code(it, language))
}

function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

/** Values as code, in sentences too. */
function defaultText(text) {
  const isValue = /^(?:true|false|undefined|Infinity|[\d.]+|'[^']*'|\[.*\]|\{.*\}|[\w.]+\(\)|process\.\w+)$/.test(text)
  if (isValue) return inCell(`\`${text}\``)
  const parts = text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll(/'[^']*'/g, '`$&`')))
  return inCell(parts.join('').replace(/^(?:true|false)\b/, '`$&`'))
}

/** Code that may hold backticks. */
function codeSpan(text) {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``
}

function inCell(text) {
  return text.replaceAll('|', '\\|')
}

function table(heads, rows) {
  const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return lines.join('\n')
}
