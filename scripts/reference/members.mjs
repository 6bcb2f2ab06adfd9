// Members of interfaces and classes, and values of unions: what tables are made of.
import { ModifierFlags, SyntaxKind } from 'typescript/unstable/ast'
import { docOf } from './exports.mjs'
import { readDocstring } from './docstring.mjs'

/**
 * @typedef {object} Member
 * @property {string} name
 * @property {object} node its first declaration
 * @property {boolean} isOptional
 * @property {object | undefined} type node
 * @property {readonly object[]} signatures of a method, nodes
 * @property {import('./docstring.mjs').Docstring} doc
 */

/**
 * The members that others may use: not private ones, not those that are internal, and no constructor.
 * @returns {readonly Member[]}
 */
export function membersOf({ nodes }) {
  const found = new Map()
  for (const node of nodes.flatMap(({ members = [] }) => [...members])) {
    if (!isShown(node)) continue
    const name = node.name.getText()
    const known = found.get(name)
    if (known === undefined) found.set(name, memberOf(name, node))
    else found.set(name, withOverload(known, node))
  }
  return [...found.values()].filter(({ doc }) => !doc.isInternal)
}

/** Each way to call it can have a docstring. */
function withOverload(member, node) {
  const { text, examples } = docOf(node)
  const { doc } = member
  const texts = [doc.text, text].filter((it) => it !== '')
  return {
    ...member,
    signatures: [...member.signatures, node],
    doc: { ...doc, text: texts.join('\n\n'), examples: [...doc.examples, ...examples] },
  }
}

function memberOf(name, node) {
  const isMethod = node.kind === SyntaxKind.MethodSignature || node.kind === SyntaxKind.MethodDeclaration
  return {
    name,
    node,
    isOptional: node.postfixToken?.kind === SyntaxKind.QuestionToken || node.questionToken !== undefined,
    type: isMethod ? undefined : node.type,
    signatures: isMethod ? [node] : [],
    doc: docOf(node),
  }
}

const shownKinds = new Set([
  SyntaxKind.PropertySignature,
  SyntaxKind.PropertyDeclaration,
  SyntaxKind.GetAccessor,
  SyntaxKind.MethodSignature,
  SyntaxKind.MethodDeclaration,
])

function isShown(node) {
  if (!shownKinds.has(node.kind) || node.name.kind === SyntaxKind.PrivateIdentifier) return false
  // Symbols of our own are nobody else's.
  if (node.name.kind === SyntaxKind.ComputedPropertyName && !node.name.getText().startsWith('[Symbol.')) return false
  return ((node.modifierFlags ?? 0) & (ModifierFlags.Private | ModifierFlags.Protected)) === 0
}

/**
 * The members of a union that says of each what it means, or undefined.
 * @returns {readonly { type: object, doc: import('./docstring.mjs').Docstring }[] | undefined}
 */
export function valuesOf({ nodes: [node] }) {
  if (node.kind !== SyntaxKind.TypeAliasDeclaration || node.type.kind !== SyntaxKind.UnionType) return undefined
  let end = node.type.pos
  const values = node.type.types.map((type) => {
    const [comment] = /\/\*\*.*?\*\//s.exec(node.getSourceFile().text.slice(end, type.getStart())) ?? []
    end = type.end
    return { type, doc: readDocstring(comment ?? '/** */') }
  })
  const described = values.filter(({ doc }) => doc.text !== '').length
  return described > values.length / 2 ? values : undefined
}
