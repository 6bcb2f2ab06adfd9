/** Integer expressions of C, over the macros and enumerators of headers; values are BigInt. */

const SIZES = {
  char: 1n,
  __u8: 1n,
  __s8: 1n,
  __u16: 2n,
  __s16: 2n,
  short: 2n,
  int: 4n,
  unsigned: 4n,
  __u32: 4n,
  __s32: 4n,
  __be32: 4n,
  __le32: 4n,
  __be16: 2n,
  float: 4n,
  __u64: 8n,
  __s64: 8n,
  __le64: 8n,
  long: 8n,
  size_t: 8n,
  __kernel_size_t: 8n,
  __kernel_long_t: 8n,
  __kernel_ulong_t: 8n,
  __aligned_u64: 8n,
}
const BINARY = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]
const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|'(?:\\.|[^'])'|##|\|\||&&|==|!=|<=|>=|<<|>>|[-+*/%&|^~!<>?:(),])[uUlL]*/y

/**
 * @param options.unknown value of names that nobody defined (0 in `#if`); without it such an expression has no value
 */
export function evaluate(text, state, options = {}) {
  try {
    const parser = new Parser(tokens(text), state, options, new Set())
    const value = parser.ternary()
    return parser.done() ? value : undefined
  } catch (error) {
    if (error instanceof NoValue) return undefined
    throw error
  }
}

class NoValue extends Error {}

function tokens(text) {
  const found = []
  TOKEN.lastIndex = 0
  let at = 0
  while (at < text.trimEnd().length) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) throw new NoValue(text)
    // A name takes its own letters u and l with it; only numbers have suffixes.
    const isName = /^[A-Za-z_]/.test(match[1])
    found.push(isName ? match[0].trim() : match[1])
    at = TOKEN.lastIndex
  }
  return found
}

class Parser {
  constructor(list, state, options, expanding) {
    this.list = list
    this.at = 0
    this.state = state
    this.options = options
    this.expanding = expanding
  }

  done() {
    return this.at >= this.list.length
  }

  peek() {
    return this.list[this.at]
  }

  take(token) {
    if (this.peek() !== token) return false
    this.at += 1
    return true
  }

  expect(token) {
    if (!this.take(token)) throw new NoValue(`expected ${token}`)
  }

  ternary() {
    const test = this.binary(0)
    if (!this.take('?')) return test
    const yes = this.ternary()
    this.expect(':')
    const no = this.ternary()
    return test !== 0n ? yes : no
  }

  binary(level) {
    const operators = BINARY[level]
    if (operators === undefined) return this.unary()
    let left = this.binary(level + 1)
    while (operators.includes(this.peek())) {
      const operator = this.list[this.at++]
      left = apply(operator, left, this.binary(level + 1))
    }
    return left
  }

  unary() {
    if (this.take('~')) return ~this.unary()
    if (this.take('!')) return this.unary() === 0n ? 1n : 0n
    if (this.take('-')) return -this.unary()
    if (this.take('+')) return this.unary()
    if (this.take('(')) {
      const type = this.type()
      if (type !== undefined) {
        this.expect(')')
        return this.unary()
      }
      const value = this.ternary()
      this.expect(')')
      return value
    }
    return this.primary()
  }

  /** A type's name in front of `)`; returns its size. */
  type() {
    let end = this.at
    let size
    while (SIZES[this.list[end]] !== undefined || this.list[end] === 'signed') {
      const next = SIZES[this.list[end]] ?? 4n
      size = this.list[end] === 'int' && size !== undefined ? size : next
      end += 1
    }
    if (size === undefined || this.list[end] !== ')') return undefined
    this.at = end
    return size
  }

  primary() {
    const token = this.list[this.at++]
    if (token === undefined) throw new NoValue('end')
    if (/^\d/.test(token)) return BigInt(/^0[0-7]+$/.test(token) ? `0o${token.slice(1)}` : token)
    if (token.startsWith("'")) return BigInt(token.replace("'\\0'", "'\0'").charCodeAt(1))
    if (token === 'sizeof') {
      this.expect('(')
      const size = this.type()
      if (size === undefined) throw new NoValue('sizeof')
      this.expect(')')
      return size
    }
    return this.name(token)
  }

  name(name) {
    if (name === '_AC' || name === '__AC') return this.arguments_()[0]()
    const { macros, enums } = this.state
    const macro = this.expanding.has(name) ? undefined : macros.get(name)
    if (macro === undefined) {
      const enumerator = enums.get(name)
      if (enumerator !== undefined) return enumerator
      if (this.options.unknown !== undefined) {
        if (this.peek() === '(') this.arguments_()
        return this.options.unknown
      }
      throw new NoValue(name)
    }
    let body = tokens(macro.body)
    if (macro.parameters !== undefined) {
      const given = this.argumentTokens()
      body = body.flatMap((token) => {
        const index = macro.parameters.indexOf(token)
        return index < 0 ? [token] : (given[index] ?? [])
      })
      if (body.includes('##')) throw new NoValue(name)
      // sizeof of a type that is passed to _IOR() and its kin.
    }
    const inner = new Parser(body, this.state, this.options, new Set([...this.expanding, name]))
    const value = inner.ternary()
    if (!inner.done()) throw new NoValue(name)
    return value
  }

  argumentTokens() {
    this.expect('(')
    const list = [[]]
    let depth = 0
    for (;;) {
      const token = this.list[this.at++]
      if (token === undefined) throw new NoValue('(')
      if (token === ')' && depth === 0) return list
      if (token === ',' && depth === 0) list.push([])
      else list.at(-1).push(token)
      if (token === '(') depth += 1
      if (token === ')') depth -= 1
    }
  }

  arguments_() {
    return this.argumentTokens().map(
      (list) => () => new Parser(list, this.state, this.options, this.expanding).ternary(),
    )
  }
}

function apply(operator, a, b) {
  switch (operator) {
    case '||':
      return a !== 0n || b !== 0n ? 1n : 0n
    case '&&':
      return a !== 0n && b !== 0n ? 1n : 0n
    case '|':
      return a | b
    case '^':
      return a ^ b
    case '&':
      return a & b
    case '==':
      return a === b ? 1n : 0n
    case '!=':
      return a !== b ? 1n : 0n
    case '<':
      return a < b ? 1n : 0n
    case '>':
      return a > b ? 1n : 0n
    case '<=':
      return a <= b ? 1n : 0n
    case '>=':
      return a >= b ? 1n : 0n
    case '<<':
      return a << b
    case '>>':
      return a >> b
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0n ? 0n : a / b
    default:
      return b === 0n ? 0n : a % b
  }
}
