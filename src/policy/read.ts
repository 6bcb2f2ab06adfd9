/** Policy files: rules as JSON. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { SyscopeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { isObject } from '../rules/shape.ts'
import { checkDeny, checkInject, PolicyFault } from './check.ts'
import type { Document, Position } from './document.ts'
import type { Policy } from './types.ts'

/** A policy that is at hand as text. */
export interface PolicyText {
  /** The document. */
  readonly text: string
  /**
   * What messages call it.
   * @default 'policy'
   */
  readonly name?: string
}

/**
 * Reads a policy: a file, or text. What is wrong in it is told with its place, as `policy.json:12:5: inject[2].error: …`.
 *
 * Throws ERR_SYSCOPE_BAD_POLICY (with `errno` where the file cannot be read), ERR_SYSCOPE_INVALID_ARGUMENT.
 * @example
 * const run = await trace('npm', ['test'], { ...(await readPolicy('policy.json')), filter: '%file' })
 */
export async function readPolicy(policy: string | URL | PolicyText): Promise<Policy> {
  const { text, name = 'policy' } = await textOf(policy)
  // Not at the top: a parser that most runs have no use for.
  const { parseDocument, SyntaxFault } = await import('./document.ts')
  try {
    const document = parseDocument(text)
    return readDocument(document, name)
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error
    throw bad(`${place(name, error.position)}: ${error.message}`, error)
  }
}

async function textOf(policy: string | URL | PolicyText): Promise<PolicyText> {
  if (typeof policy === 'object' && 'text' in policy) {
    if (typeof policy.text === 'string') return policy
  } else if ((typeof policy === 'string' && policy !== '') || policy instanceof URL) {
    const path = typeof policy === 'string' ? policy : fileURLToPath(policy)
    return { text: await readText(path), name: path }
  }
  const message = `Expected the policy to be a path, a file: URL or an object with \`text\`, got ${inspect(policy)}.`
  throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message)
}

async function readText(path: string): Promise<string> {
  try {
    const text = await readFile(path, 'utf8')
    return text.replace(/^\uFEFF/, '')
  } catch (cause) {
    const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
    const message = `${path}: cannot be read${errno === undefined ? '' : ` (${errno})`}`
    throw new SyscopeError('ERR_SYSCOPE_BAD_POLICY', message, { cause, ...(errno === undefined ? {} : { errno }) })
  }
}

const keys: ReadonlySet<string> = new Set(['$schema', 'version', 'deny', 'inject'])

function readDocument(document: Document, name: string): Policy {
  const { value } = document
  const at = (path: string, why: string, isKey = false, cause?: unknown): SyscopeError =>
    bad(`${place(name, document.locate(path, isKey))}: ${path === '' ? '' : `${path}: `}${why}`, cause)
  if (!isObject(value)) throw at('', `expected an object, got ${inspect(value)}`)
  const stray = Object.keys(value).find((key) => !keys.has(key))
  if (stray !== undefined) {
    const near = nearest(stray, [...keys])
    throw at(stray, `expected only ${[...keys].join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`, true)
  }
  if (value['version'] !== 1) {
    const why =
      value['version'] === undefined ? '"version": 1 is missing' : `expected 1, got ${inspect(value['version'])}`
    throw at('version', why)
  }
  try {
    return { deny: checkDeny(value['deny']), inject: checkInject(value['inject']) }
  } catch (error) {
    if (!(error instanceof PolicyFault)) throw error
    throw at(error.path, error.message, error.isKey, error.cause)
  }
}

function place(name: string, { line, column }: Position): string {
  return `${name}:${line}:${column}`
}

function bad(message: string, cause?: unknown): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_BAD_POLICY', message, cause === undefined ? {} : { cause })
}
