// What the package exports, read from its sources with the compiler: declarations, their docstrings, and whom they name.
// The compiler's interface is marked unstable; the version is exact in package.json, and `--check` tells when it has changed.
import { join } from 'node:path'
import { API, NodeBuilderFlags, SymbolFlags } from 'typescript/unstable/sync'
import { SyntaxKind } from 'typescript/unstable/ast'
import { Failure, root } from '../lib/checkout.mjs'
import { readDocstring } from './docstring.mjs'

/** What most is imported from. */
export const main = 'syscope'

/** Characters of a type that is still read. */
const longest = 160

/**
 * A name that can be imported, a part of one that has no name outside, or a module of its own.
 * @typedef {object} Item
 * @property {string} name
 * @property {string} module where it is imported from: `syscope`; empty for a part
 * @property {string} file that declares it, relative to the checkout
 * @property {readonly object[]} nodes its declarations
 * @property {import('./docstring.mjs').Docstring} doc
 */

export class Exports {
  #api = new API({ cwd: root })
  #project
  #internal
  #explained
  /** By the symbol's number. */
  #items = new Map()

  /**
   * @param {Readonly<Record<string, string>>} modules what is imported from, and the file that it is
   * @param {readonly string[]} internal files of which nothing is told
   * @param {readonly string[]} explained beginnings of paths: types in these that exported ones name are told of, exported or not
   */
  constructor(modules, internal, explained) {
    this.#internal = internal
    this.#explained = explained
    const config = join(root, 'tsconfig.build.json')
    this.#project = this.#api.updateSnapshot({ openProjects: [config] }).getProject(config)
    for (const [module, file] of Object.entries(modules)) this.#add(module, file)
    // What is added names others as well.
    for (const item of this.#items.values()) this.#addParts(item)
  }

  #add(module, file) {
    const { checker, program } = this.#project
    const source = program.getSourceFile(join(root, file))
    if (module !== main) this.#items.set(module, moduleItem(module, file, source))
    const symbol = checker.getSymbolAtLocation(source)
    // No symbol: a module that exports nothing.
    for (const exported of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      const meant = this.#followed(exported)
      if (!this.#items.has(meant.id)) this.#items.set(meant.id, itemOf(exported.name, module, meant))
    }
  }

  /** What is not exported and no one can do without: interfaces that are extended, and what options, arguments and answers are made of. */
  #addParts({ doc, nodes }) {
    if (doc.isInternal) return
    const bases = nodes.flatMap(({ heritageClauses = [] }) => heritageClauses.flatMap((it) => [...it.types]))
    for (const { expression } of bases) this.#addPart(expression, () => true)
    for (const name of nodes.flatMap((node) => [...publicNamesIn(node)])) {
      this.#addPart(name, (file) => this.#explained.some((it) => file.startsWith(it)))
    }
  }

  #addPart(identifier, isWanted) {
    const symbol = this.#project.checker.getSymbolAtLocation(identifier)
    const meant = symbol === undefined ? undefined : this.#followed(symbol)
    if (meant === undefined || this.#items.has(meant.id) || !this.#isOurs(meant)) return
    const item = itemOf(meant.name, '', meant)
    if (isWanted(item.file) && isReadable(item)) this.#items.set(meant.id, item)
  }

  /** Whether it is declared in this project. */
  #isOurs(symbol) {
    const path = symbol.declarations[0]?.path
    return (
      path !== undefined && path.startsWith(`${root}/src/`) && !this.#internal.includes(path.slice(root.length + 1))
    )
  }

  /** All that is not internal, in the order of the export statements. */
  get items() {
    return [...this.#items.values()].filter(({ doc, file }) => !doc.isInternal && !this.#internal.includes(file))
  }

  /** Makes a declaration that is not exported known by its own name. */
  addPart(file, name) {
    const { checker, program } = this.#project
    const node = program.getSourceFile(join(root, file)).statements.find((it) => it.name?.text === name)
    if (node === undefined) throw new Failure(`${file} has no ${name} any more`)
    const symbol = checker.getSymbolAtLocation(node.name)
    this.#items.set(symbol.id, itemOf(name, '', symbol))
  }

  /** The item that an identifier means; undefined for a type parameter, and for what others declare. */
  itemAt(identifier) {
    const symbol = this.#project.checker.getSymbolAtLocation(identifier)
    return symbol === undefined ? undefined : this.#items.get(this.#followed(symbol).id)
  }

  /** Whether an identifier means something that nothing is told of. */
  isUntold(identifier) {
    if (this.itemAt(identifier) !== undefined) return false
    const symbol = this.#project.checker.getSymbolAtLocation(identifier)
    return symbol !== undefined && this.#followed(symbol).declarations[0]?.path.startsWith(`${root}/src/`) === true
  }

  /** The type of a constant or property that does not say it; of a literal its kind. Undefined where that is long. */
  typeOf(node) {
    const { checker } = this.#project
    const text = checker.typeToString(checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(node)))
    return text.length <= longest ? text.replaceAll('"', "'") : undefined
  }

  /** What an alias stands for, spelled out; undefined where that is long. */
  spelledOut(node) {
    const { checker } = this.#project
    const flags = NodeBuilderFlags.InTypeAlias | NodeBuilderFlags.NoTruncation
    const text = checker.typeToString(checker.getTypeAtLocation(node.name), node, flags)
    return text.length <= longest ? text.replaceAll('"', "'") : undefined
  }

  close() {
    this.#api.close()
  }

  #followed(symbol) {
    return (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : this.#project.checker.getAliasedSymbol(symbol)
  }
}

function itemOf(name, module, symbol) {
  const nodes = symbol.declarations.map((handle) => handle.resolve())
  const [first] = nodes
  if (first === undefined) throw new Error(`${name} has no declaration`)
  const file = first.getSourceFile().fileName.slice(root.length + 1)
  const described = nodes.find((node) => commentOf(node) !== undefined)
  return { name, module, file, nodes, doc: docOf(described ?? first) }
}

/** Of a module that is imported for itself: what stands at its head. */
function moduleItem(name, file, source) {
  const [comment = '/** */'] = /^\/\*\*.*?\*\//s.exec(source.text) ?? []
  return { name, module: name, file, nodes: [source], doc: readDocstring(comment) }
}

/** What the comment in front of a declaration says. */
export function docOf(node) {
  return readDocstring(commentOf(node) ?? '/** */')
}

function commentOf(node) {
  // That of a constant is in front of its statement.
  const bearer = node.kind === SyntaxKind.VariableDeclaration ? node.parent.parent : node
  const comment = bearer.jsDoc?.at(-1)
  // That of a whole file stands by itself.
  const isApart = /^\s*\n\s*\n/.test(bearer.getSourceFile().text.slice(comment?.end, bearer.getStart()))
  if (comment === undefined || isApart) return undefined
  // What stands between the declaration before and the comment belongs to neither.
  const { text } = bearer.getSourceFile()
  return text.slice(text.indexOf('/**', comment.pos), comment.end)
}

/** Interfaces, and aliases that say what they are; no calculations with types. */
function isReadable({ doc, nodes: [node] }) {
  if (node.kind === SyntaxKind.InterfaceDeclaration) return true
  const isAlias = node.kind === SyntaxKind.TypeAliasDeclaration
  return isAlias && doc.text !== '' && node.type.kind !== SyntaxKind.ConditionalType
}

/** The names of types in a node, in order. */
export function* namesIn(node) {
  if (node.kind === SyntaxKind.TypeReference && node.typeName.kind === SyntaxKind.Identifier) yield node.typeName
  if (node.kind === SyntaxKind.ExpressionWithTypeArguments && node.expression.kind === SyntaxKind.Identifier) {
    yield node.expression
  }
  const children = []
  node.forEachChild((child) => {
    children.push(child)
  })
  for (const child of children) yield* namesIn(child)
}

/** The same without what nobody sees: bodies, and private members. */
function* publicNamesIn(node) {
  const { heritageClauses = [], members, parameters, type, typeParameters = [] } = node
  if (node.kind === SyntaxKind.FunctionDeclaration) {
    for (const part of [...typeParameters, ...parameters, ...(type === undefined ? [] : [type])]) yield* namesIn(part)
  } else if (node.kind === SyntaxKind.ClassDeclaration) {
    for (const part of heritageClauses) yield* namesIn(part)
    for (const member of members) if (member.type !== undefined) yield* namesIn(member.type)
  } else if (node.kind === SyntaxKind.InterfaceDeclaration || node.kind === SyntaxKind.TypeAliasDeclaration) {
    yield* namesIn(node)
  }
}
