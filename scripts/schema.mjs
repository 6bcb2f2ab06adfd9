// Writes schema/events-N.json, the JSON Schema of the lines of `syscope --json`, from the types of the events: the compiler says
// what each argument can be. `--check` says whether the committed one is right.
import { join } from 'node:path'
import { API, SignatureKind, TypeFlags } from 'typescript/unstable/sync'
import { generate, root } from './lib/checkout.mjs'

/** To be raised where a line that readers understood may no longer be what they expect. New calls and arguments are no such thing. */
const VERSION = 1
const target = `schema/events-${VERSION}.json`

const api = new API({ cwd: root })
const snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] })
const [project] = snapshot.getProjects()
const { checker } = project

/** Schemas that are used again and again: by their text, and by the type that they were made of. */
const defs = new Map()
const byType = new Map()

const text = define('text', {
  description: 'A string; bytes that are not UTF-8 in base64.',
  anyOf: [{ type: 'string' }, object({ base64: { type: 'string' } }, [])],
})
const bytes = define('bytes', {
  anyOf: [object({ utf8: { type: 'string' } }, []), object({ base64: { type: 'string' } }, [])],
})
const wide = define('wide', {
  description: 'A 64-bit number, in decimal digits.',
  type: 'string',
  pattern: '^-?[0-9]+$',
})

function define(name, schema) {
  defs.set(name, schema)
  return { $ref: `#/$defs/${name}` }
}

function object(properties, optional = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false }
}

/** What a value of a type is in JSON (src/json.ts). */
function schemaOf(type) {
  let found = byType.get(type.id)
  if (found === undefined) byType.set(type.id, (found = makeSchema(type)))
  return found
}

function makeSchema(type) {
  const { flags } = type
  if (type.isUnionType()) return unionSchema(type.getTypes())
  if (flags & TypeFlags.StringLiteral) return { const: type.value }
  if (flags & TypeFlags.NumberLiteral) return { const: type.value }
  if (flags & TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' }
  if (flags & TypeFlags.TemplateLiteral) return { type: 'string', pattern: patternOf(type) }
  if (flags & TypeFlags.String) return text
  if (flags & TypeFlags.Number) return { type: 'number' }
  if (flags & TypeFlags.BigInt) return wide
  if (flags & TypeFlags.Boolean) return { type: 'boolean' }
  // `undefined` within an array, and what a list of nothing holds.
  if (flags & (TypeFlags.Null | TypeFlags.Undefined | TypeFlags.Never)) return { type: 'null' }
  if (flags & (TypeFlags.Object | TypeFlags.Intersection)) return objectSchema(type)
  throw new Error(`no schema for ${checker.typeToString(type)}`)
}

function unionSchema(types) {
  const members = types.filter(({ flags }) => (flags & TypeFlags.Undefined) === 0).map(schemaOf)
  const words = members.filter((it) => typeof it.const === 'string').map((it) => it.const)
  const others = members.filter((it) => typeof it.const !== 'string')
  const alternatives = words.length > 1 ? [{ enum: words.toSorted() }, ...others] : members
  const unique = [...new Map(alternatives.map((it) => [JSON.stringify(it), it])).values()]
  if (unique.length === 1) return unique[0]
  // Numbers and their names, booleans: one line says it.
  const types_ = unique.map((it) => (Object.keys(it).join() === 'type' ? it.type : undefined))
  return types_.includes(undefined) ? shared({ anyOf: unique }) : { type: types_ }
}

function objectSchema(type) {
  const name = type.getSymbol()?.name
  if (name === 'Unread') {
    const address = { type: 'string', pattern: '^0x[0-9a-f]+$' }
    return define('unread', object({ address, errno: { enum: ['EFAULT', 'EPERM'] } }))
  }
  if (name === 'Uint8Array') return bytes
  if (checker.isTupleType(type)) {
    const items = checker.getTypeArguments(type).map(schemaOf)
    return { type: 'array', prefixItems: items, items: false, minItems: items.length }
  }
  if (checker.isArrayType(type)) return { type: 'array', items: schemaOf(checker.getTypeArguments(type)[0]) }
  const toJson = checker.getPropertyOfType(type, 'toJSON')
  if (toJson !== undefined) {
    const json = resultOf(toJson)
    // That of events says nothing of what is in it.
    const isEvent = [json.getAliasSymbol(), json.getSymbol()].some((symbol) => symbol?.name === 'PlainObject')
    if (!isEvent)
      return checker.getPropertyOfType(type, 'names') === undefined ? schemaOf(json) : flagsSchema(type, json)
  }
  const properties = {}
  const optional = []
  for (const symbol of checker.getPropertiesOfType(type)) {
    if (symbol.name.startsWith('__@')) continue
    const member = checker.getTypeOfSymbol(symbol)
    if (checker.getSignaturesOfType(member, SignatureKind.Call).length > 0) continue
    if (mayBeUndefined(member)) optional.push(symbol.name)
    if ((member.flags & TypeFlags.Undefined) !== 0) continue
    try {
      properties[symbol.name] = schemaOf(member)
    } catch (cause) {
      throw new Error(`${symbol.name}: ${cause.message}`, { cause })
    }
  }
  return shared(object(properties, optional))
}

/** Sets of bits also have what their word holds beside the bits. */
function flagsSchema(type, json) {
  const known = new Set(['number', 'names', 'rest'])
  const more = membersOf(type).filter(
    ([name, member]) => !known.has(name) && checker.getSignaturesOfType(member, SignatureKind.Call).length === 0,
  )
  const properties = Object.fromEntries([...membersOf(json), ...more].map(([name, member]) => [name, schemaOf(member)]))
  return shared(
    object(
      properties,
      more.filter(([, member]) => mayBeUndefined(member)).map(([name]) => name),
    ),
  )
}

function resultOf(method) {
  const [signature] = checker.getSignaturesOfType(checker.getTypeOfSymbol(method), SignatureKind.Call)
  return checker.getReturnTypeOfSignature(signature)
}

function mayBeUndefined(type) {
  if (type.isUnionType()) return type.getTypes().some(mayBeUndefined)
  return (type.flags & TypeFlags.Undefined) !== 0
}

function patternOf({ texts }) {
  return `^${texts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`)).join('.+')}$`
}

const sharedNames = new Map()

/** Large schemas stand once, under a name that says what is in them. */
function shared(schema) {
  const key = JSON.stringify(schema)
  if (key.length < 160) return schema
  let name = sharedNames.get(key)
  if (name === undefined) {
    const kind = schema.properties?.type?.const
    const words = [...key.matchAll(/"([A-Za-z_]\w+)":\{|"([A-Z][A-Z_]+_)/gu)].map((it) => it[1] ?? it[2])
    const stem = kind ?? words.find((word) => !['properties', 'items', 'anyOf', 'number'].includes(word)) ?? 'choice'
    for (let count = 1; name === undefined || defs.has(name); count++) name = count === 1 ? stem : `${stem}${count}`
    sharedNames.set(key, name)
    define(name, schema)
  }
  return { $ref: `#/$defs/${name}` }
}

/** A definition a line: what changes in it can be read in a diff. */
function printed({ $defs, ...rest }) {
  const head = JSON.stringify(rest).slice(0, -1)
  const lines = Object.entries($defs).map(([name, it]) => `${JSON.stringify(name)}:${JSON.stringify(it)}`)
  return `${head},"$defs":{\n${lines.join(',\n')}\n}}\n`
}

function membersOf(type) {
  return checker.getPropertiesOfType(type).map((symbol) => [symbol.name, checker.getTypeOfSymbol(symbol)])
}

const file = project.program.getSourceFile(join(root, 'types/schema.ts'))
const [described] = checker
  .getExportsOfModule(checker.getSymbolAtLocation(file))
  .map((symbol) => checker.getDeclaredTypeOfSymbol(symbol))
const { args, out, call, other } = Object.fromEntries(membersOf(described))

/** What each call takes and gives, where it is a 64-bit one: the others' arguments are words. */
const outs = new Map(membersOf(out))
const calls = membersOf(args).map(([name, type]) => {
  try {
    const then = { properties: { args: schemaOf(type), out: schemaOf(outs.get(name)) } }
    return { name, schema: { if: { properties: { name: { const: name }, abi: { const: 'x86_64' } } }, then } }
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}`, { cause })
  }
})
const outcomes = call.getTypes().map((type) => {
  const found = schemaOf(type)
  const schema = structuredClone(found.$ref === undefined ? found : defs.get(found.$ref.slice('#/$defs/'.length)))
  if (found.$ref !== undefined) defs.delete(found.$ref.slice('#/$defs/'.length))
  Object.assign(schema.properties, { name: { type: 'string' }, args: { type: 'object' } })
  if ('out' in schema.properties) schema.properties.out = { type: 'object' }
  delete schema.properties.raw
  schema.required = schema.required.filter((name) => name !== 'raw')
  return schema
})
const others = other.getTypes().map(schemaOf)

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `https://unpkg.com/syscope/schema/events-${VERSION}.json`,
  title: `A line of syscope --json, version ${VERSION}`,
  description: `Generated by scripts/schema.mjs from the types of syscope. 64-bit values are strings of decimal digits.`,
  anyOf: [{ $ref: '#/$defs/syscall' }, ...others],
  $defs: {
    syscall: { anyOf: outcomes, allOf: calls.map(({ name }) => ({ $ref: `#/$defs/${name}()` })) },
    ...Object.fromEntries(calls.map(({ name, schema: it }) => [`${name}()`, it])),
    ...Object.fromEntries([...defs].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  },
}
generate(target, printed(schema), 'scripts/schema.mjs')
api.close()
