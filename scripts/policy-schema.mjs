// Writes schema/policy-N.json, the JSON Schema of policy files, from the types of the `deny` and `inject` options. `--check` says
// whether the committed one is right.
import '@oxc-node/core/register'
import { join } from 'node:path'
import { API, TypeFlags } from 'typescript/unstable/sync'
import { generate, root } from './lib/checkout.mjs'

const { errnoNumber } = await import('../src/names.ts')

/** As `version` in the file. */
const VERSION = 1
const target = `schema/policy-${VERSION}.json`

const api = new API({ cwd: root })
const snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] })
const [project] = snapshot.getProjects()
const { checker } = project

/** Types with a name of their own stand once. */
const defs = new Map()
const named = new Set(['Address', 'ArgCondition', 'DenyRule', 'InjectRule', 'ProcessCondition'])

const bytes = {
  type: 'object',
  properties: { base64: { type: 'string', contentEncoding: 'base64' } },
  required: ['base64'],
  additionalProperties: false,
}

function schemaOf(type) {
  const name = (type.getAliasSymbol?.() ?? type.getSymbol?.())?.name
  if (!named.has(name)) return makeSchema(type)
  if (!defs.has(name)) {
    // It may be within itself.
    defs.set(name, {})
    defs.set(name, makeSchema(type))
  }
  return { $ref: `#/$defs/${name}` }
}

function makeSchema(type) {
  const { flags } = type
  if (type.isUnionType()) return unionSchema(type.getTypes())
  if (flags & (TypeFlags.StringLiteral | TypeFlags.NumberLiteral)) return { const: type.value }
  if (flags & TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' }
  if (flags & TypeFlags.TemplateLiteral) return { type: 'string', pattern: patternOf(type) }
  if (flags & TypeFlags.String) return { type: 'string' }
  if (flags & TypeFlags.Number) return { type: 'number' }
  if (flags & TypeFlags.BigInt) return { type: 'integer' }
  if (flags & TypeFlags.Boolean) return { type: 'boolean' }
  // `string & {}`: any string, which leaves the words beside it in an editor's list.
  if (flags & TypeFlags.Intersection) return { type: 'string' }
  if (flags & TypeFlags.Object) return objectSchema(type)
  throw new Error(`no schema for ${checker.typeToString(type)}`)
}

/** JSON has no regular expressions; as strings they stand between slashes. */
function isInJson(type) {
  return (type.flags & TypeFlags.Undefined) === 0 && type.getSymbol?.()?.name !== 'RegExp'
}

function unionSchema(types) {
  const members = types.filter(isInJson).map(schemaOf)
  const words = members.filter((it) => typeof it.const === 'string').map((it) => it.const)
  const others = members.filter((it) => typeof it.const !== 'string')
  const alternatives = [...(words.length > 1 ? wordLists(words) : members.slice(0, words.length)), ...others]
  const unique = [...new Map(alternatives.map((it) => [JSON.stringify(it), it])).values()]
  if (unique.every((it) => typeof it.const === 'boolean') && unique.length === 2) return { type: 'boolean' }
  // Every integer is a number.
  const wanted = unique.filter((it) => it.type !== 'integer' || !unique.some(({ type }) => type === 'number'))
  if (wanted.length === 1) return wanted[0]
  // Numbers and strings: one line says it.
  const simple = wanted.map((it) => (Object.keys(it).join() === 'type' ? it.type : undefined))
  return simple.includes(undefined) ? { anyOf: wanted } : { type: simple }
}

/** Long lists, each with one of its words and the name that it gets. */
const lists = { ENOENT: 'Errno', SIGTERM: 'Signal', openat: 'Call' }

/** Words as one list, or long ones as references. Calls with a mark before them are strings as any other. */
function wordLists(words) {
  const bare = words.filter((word) => !/^[!?]/u.test(word)).toSorted()
  const [, name] = Object.entries(lists).find(([word]) => bare.includes(word)) ?? []
  if (name === undefined) return [{ enum: bare }]
  const members = name === 'Call' ? bare : bare.filter((word) => /^(?:E|SIG)[A-Z0-9]/u.test(word))
  const rest = bare.filter((word) => !members.includes(word))
  // What the kernel keeps to itself no call can be made to return.
  defs.set(name, { enum: name === 'Errno' ? members.filter((word) => errnoNumber(word) !== undefined) : members })
  return [{ $ref: `#/$defs/${name}` }, ...(rest.length === 0 ? [] : [{ enum: rest }])]
}

function objectSchema(type) {
  if (type.getSymbol()?.name === 'Uint8Array') return bytes
  if (checker.isTupleType(type)) {
    const items = checker.getTypeArguments(type).map(schemaOf)
    return { type: 'array', prefixItems: items, items: false, minItems: items.length }
  }
  if (checker.isArrayType(type)) return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0]) }
  const [index] = checker.getIndexInfosOfType(type)
  if (index !== undefined) return { type: 'object', additionalProperties: schemaOf(index.valueType) }
  const properties = {}
  const required = []
  for (const symbol of checker.getPropertiesOfType(type)) {
    const member = checker.getTypeOfSymbol(symbol)
    if (!mayBeUndefined(member)) required.push(symbol.name)
    properties[symbol.name] = described(symbol, schemaOf(member))
  }
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false }
}

function described(symbol, schema) {
  const description = symbol.getDocumentationComment(checker).replaceAll(/\s+/gu, ' ').trim()
  const value = symbol.getJsDocTags(checker).find(({ name }) => name === 'default')
  const words = value === undefined ? '' : `Default: ${textOf(value.text)}.`
  const text = [description, words].filter((it) => it !== '').join(' ')
  return text === '' ? schema : { description: text, ...schema }
}

function textOf(text) {
  return (typeof text === 'string' ? text : text.map((part) => part.text).join('')).replaceAll(/\s+/gu, ' ').trim()
}

function mayBeUndefined(type) {
  if (type.isUnionType()) return type.getTypes().some(mayBeUndefined)
  return (type.flags & TypeFlags.Undefined) !== 0
}

function patternOf({ texts }) {
  return `^${texts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`)).join('.+')}$`
}

/** A definition a line: what changes in it can be read in a diff. */
function printed({ $defs, ...rest }) {
  const head = JSON.stringify(rest).slice(0, -1)
  const lines = Object.entries($defs).map(([name, it]) => `${JSON.stringify(name)}:${JSON.stringify(it)}`)
  return `${head},"$defs":{\n${lines.join(',\n')}\n}}\n`
}

const file = project.program.getSourceFile(join(root, 'types/policy.ts'))
const [exported] = checker.getExportsOfModule(checker.getSymbolAtLocation(file))
const document = objectSchema(checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(exported)))
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `https://unpkg.com/syscope/schema/policy-${VERSION}.json`,
  title: `A policy of syscope, version ${VERSION}`,
  description: 'Generated by scripts/policy-schema.mjs from the types of syscope.',
  ...document,
  $defs: Object.fromEntries([...defs].toSorted(([a], [b]) => (a < b ? -1 : 1))),
}
generate(target, printed(schema), 'scripts/policy-schema.mjs')
api.close()
