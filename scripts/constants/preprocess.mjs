/**
 * The little of a C preprocessor that the kernel's UAPI headers need: includes, conditionals, object-like and
 * function-like macros, and enums. It knows no types: what needs a `sizeof(struct …)` is left out.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { evaluate } from './expression.mjs'

/** Macros and enumerators of `headers`, as one program for x86_64 that includes them in this order would see them. */
export function readHeaders(roots, headers) {
  const seen = new Set()
  const state = { macros: new Map(), enums: new Map(), text: [] }
  state.macros.set('__x86_64__', { body: '1' })
  state.macros.set('__LP64__', { body: '1' })
  state.macros.set('__linux__', { body: '1' })
  state.macros.set('__BYTE_ORDER__', { body: '1234' })
  state.macros.set('__ORDER_LITTLE_ENDIAN__', { body: '1234' })

  const include = (name, from) => {
    const path = roots.map((root) => join(root, name)).find((candidate) => existsSync(candidate))
    // libc's own headers (stddef.h, sys/…) are not there and not needed.
    if (path === undefined) {
      if (from === undefined) throw new Error(`no header ${name} under ${roots.join(', ')}`)
      return
    }
    if (seen.has(path)) return
    seen.add(path)
    preprocess(readFileSync(path, 'utf8'), state, include)
  }
  for (const header of headers) include(header)
  readEnums(state.text.join('\n'), state)
  return state
}

function preprocess(source, state, include) {
  const lines = stripComments(source).replace(/\\\n/g, ' ').split('\n')
  // One entry for each open conditional: whether this branch is live, and whether a branch was live before.
  const open = []
  const live = () => open.every((branch) => branch.live)
  for (const line of lines) {
    const match = /^\s*#\s*(\w+)\s*(.*)$/.exec(line)
    if (match === null) {
      if (live()) state.text.push(line)
      continue
    }
    const [, directive, rest] = match
    if (directive === 'if' || directive === 'ifdef' || directive === 'ifndef') {
      const outer = live()
      const yes = outer && condition(directive, rest.trim(), state)
      open.push({ live: yes, done: yes || !outer })
    } else if (directive === 'elif') {
      const branch = open.at(-1)
      branch.live = !branch.done && condition('if', rest.trim(), state)
      branch.done ||= branch.live
    } else if (directive === 'else') {
      const branch = open.at(-1)
      branch.live = !branch.done
      branch.done = true
    } else if (directive === 'endif') {
      open.pop()
    } else if (!live()) {
      continue
    } else if (directive === 'define') {
      define(rest, state)
    } else if (directive === 'undef') {
      state.macros.delete(rest.trim())
    } else if (directive === 'include') {
      const name = /[<"]([^>"]+)[>"]/.exec(rest)?.[1]
      if (name !== undefined) include(name, 'header')
    }
  }
}

function condition(directive, text, state) {
  if (directive === 'ifdef') return state.macros.has(text)
  if (directive === 'ifndef') return !state.macros.has(text)
  const known = text.replace(/\bdefined\s*\(?\s*(\w+)\s*\)?/g, (_, name) => (state.macros.has(name) ? '1' : '0'))
  return (evaluate(known, state, { unknown: 0n }) ?? 0n) !== 0n
}

function define(rest, state) {
  const match = /^(\w+)(\(([^)]*)\))?\s*(.*)$/.exec(rest)
  if (match === null) return
  const [, name, isFunction, parameters, body] = match
  const macro = { body: body.trim() }
  if (isFunction !== undefined) {
    macro.parameters = parameters.split(',').map((parameter) => parameter.trim())
  }
  state.macros.set(name, macro)
}

function readEnums(text, state) {
  for (const [, body] of text.matchAll(/\benum\b\s*\w*\s*\{([^}]*)\}/g)) {
    let next = 0n
    for (const item of body.split(',')) {
      const match = /^\s*(\w+)\s*(?:=([\s\S]*))?$/.exec(item)
      if (match === null) continue
      const [, name, expression] = match
      if (expression !== undefined) {
        const value = evaluate(expression.trim(), state)
        if (value === undefined) break
        next = value
      }
      state.enums.set(name, next)
      next += 1n
    }
  }
}

function stripComments(source) {
  return source.replace(/\/\*[\s\S]*?\*\//g, (comment) => ' ' + comment.replace(/[^\n]/g, '')).replace(/\/\/.*$/gm, '')
}

/** The value of one constant, or `undefined` where the headers have none (or need a struct's size). */
export function valueOf(name, state) {
  if (state.macros.has(name) || state.enums.has(name)) return evaluate(name, state)
  return undefined
}
