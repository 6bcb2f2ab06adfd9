// Declarations as TypeScript that people read: without bodies and modifiers, and with the names that can be imported.
import { SyntaxKind } from 'typescript/unstable/ast'
import { docOf, namesIn } from './exports.mjs'
import { typeLine } from './docstring.mjs'

const widest = 100

/** What a type or signature says, and the items that it names. */
export class Wording {
  #exports

  /** @param {import('./exports.mjs').Exports} exports */
  constructor(exports) {
    this.#exports = exports
  }

  /** The source of a node; names are those that can be imported. */
  textOf(node, start = node.getStart()) {
    const source = node.getSourceFile().text
    let text = ''
    let at = start
    for (const name of namesIn(node)) {
      const item = this.#exports.itemAt(name)
      if (item === undefined) continue
      text += source.slice(at, name.getStart()) + item.name
      at = name.end
    }
    return text + source.slice(at, node.end)
  }

  /** Each once, in the order of their appearance. */
  itemsIn(nodes) {
    const found = nodes.flatMap((node) => [...namesIn(node)].map((name) => this.#exports.itemAt(name)))
    return [...new Set(found)].filter((item) => item !== undefined)
  }

  /** What an item is, as a block of code. Members are not in it: they stand in tables. */
  declarationOf({ name, nodes }) {
    return nodes
      .filter((node) => !isImplementation(node, nodes))
      .map((node) => this.#declaration(name, node))
      .join('\n')
  }

  #declaration(name, node) {
    switch (node.kind) {
      case SyntaxKind.FunctionDeclaration:
        return this.signatureOf(node, `function ${name}`)
      case SyntaxKind.InterfaceDeclaration:
        return `interface ${name}${this.#typeParameters(node)}${this.#heritage(node)}${callsOnly(node) ? this.#body(node) : ''}`
      case SyntaxKind.ClassDeclaration:
        return this.#class(name, node)
      case SyntaxKind.TypeAliasDeclaration:
        return `type ${name}${this.#typeParameters(node)} =${this.#aliased(node)}`
      case SyntaxKind.VariableDeclaration:
        return `const ${name}${this.#typeOf(node)}`
      default:
        throw new Error(`${name}: cannot show a ${SyntaxKind[node.kind]}`)
    }
  }

  /** @param {string} begin what stands before the type parameters */
  signatureOf(node, begin) {
    const result = node.type === undefined ? '' : `: ${this.textOf(node.type)}`
    const parameters = node.parameters.map((it) => this.#parameter(it))
    const head = `${begin}${this.#typeParameters(node)}`
    const line = `${head}(${parameters.join(', ')})${result}`
    return line.length <= widest ? line : `${head}(\n${parameters.map((it) => `  ${it},\n`).join('')})${result}`
  }

  #parameter(node) {
    // Who takes an object apart has no name for it.
    const name = node.name.kind === SyntaxKind.Identifier ? node.name.text : 'options'
    const isOptional = node.questionToken !== undefined || node.initializer !== undefined
    const type = node.type === undefined ? '' : `: ${typeLine(this.textOf(node.type))}`
    return `${node.dotDotDotToken === undefined ? '' : '...'}${name}${isOptional ? '?' : ''}${type}`
  }

  #aliased(node) {
    // Types made of constants say nothing without these.
    const spelled = node.type.getText().includes('typeof') ? this.#exports.spelledOut(node) : undefined
    // From behind the `=`: a comment on the first member of a union stands there.
    return spelled === undefined ? this.textOf(node.type, node.type.pos) : ` ${spelled}`
  }

  #class(name, node) {
    const made = node.members.find((it) => it.kind === SyntaxKind.Constructor && !docOf(it).isInternal)
    const body = made === undefined ? '' : ` {\n  ${this.signatureOf(made, 'constructor').replaceAll('\n', '\n  ')}\n}`
    return `class ${name}${this.#typeParameters(node)}${this.#heritage(node)}${body}`
  }

  #typeParameters({ typeParameters }) {
    return typeParameters === undefined ? '' : `<${typeParameters.map((it) => this.textOf(it)).join(', ')}>`
  }

  #heritage(node) {
    const texts = this.basesOf(node).map((it) => typeLine(this.textOf(it)))
    return texts.length === 0 ? '' : ` extends ${texts.join(', ')}`
  }

  /** The types that an interface or a class extends, as far as anything is told of them. */
  basesOf({ heritageClauses = [] }) {
    return heritageClauses.flatMap((it) => [...it.types]).filter((it) => !this.#exports.isUntold(it.expression))
  }

  /** The type of a constant or property: what is written, else what the compiler says. */
  #typeOf(node) {
    const text = node.type === undefined ? this.#exports.typeOf(node) : this.textOf(node.type)
    return text === undefined ? '' : `: ${text}`
  }

  typeOf(node) {
    return this.#exports.typeOf(node) ?? 'object'
  }

  #body(node) {
    const members = node.members.map((it) => `  ${this.signatureOf(it, '').replaceAll('\n', '\n  ')}\n`)
    return ` {\n${members.join('')}}`
  }
}

/** An interface that is only a function. */
export function callsOnly({ members }) {
  return members?.every((it) => it.kind === SyntaxKind.CallSignature) === true && members.length > 0
}

export function isType({ nodes: [node] }) {
  return node.kind === SyntaxKind.InterfaceDeclaration || node.kind === SyntaxKind.TypeAliasDeclaration
}

export function isModule({ nodes: [node] }) {
  return node.kind === SyntaxKind.SourceFile
}

/** Of a function with overloads, what callers do not see. */
function isImplementation(node, nodes) {
  return nodes.length > 1 && node.body !== undefined
}
