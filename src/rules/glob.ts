/** The globs of the Rust crate fast-glob: `?`, `*`, `**`, `[a-z]`, `[!a]`, `{a,b}`, `\x`. */

const MAX_BRACES = 10

export function isGlob(text: string): boolean {
  return /[*?[{]/.test(text)
}

/** Throws what `wrong` makes of the reason why a glob is none. */
export function checkGlob(glob: string, wrong: (why: string) => Error): void {
  let open = 0
  let braces = 0
  for (let index = 0; index < glob.length; index++) {
    switch (glob[index]) {
      case '\\':
        if (index + 1 === glob.length) throw wrong('a backslash at the end has nothing to escape')
        index += 1
        break
      case '[': {
        const end = classEnd(glob, index)
        if (end === undefined) throw wrong('a `[` is never closed (a bracket by itself is `\\[`)')
        index = end
        break
      }
      case '{':
        open += 1
        braces += 1
        break
      case '}':
        open = Math.max(0, open - 1)
        break
      default:
    }
  }
  if (open > 0) throw wrong('a `{` is never closed (a brace by itself is `\\{`)')
  if (braces > MAX_BRACES) throw wrong(`it has more than ${MAX_BRACES} pairs of braces`)
}

/** Where the `]` is that closes a class; one that stands first is a member. */
function classEnd(glob: string, start: number): number | undefined {
  const negated = glob[start + 1] === '^' || glob[start + 1] === '!' ? 1 : 0
  const first = start + 1 + negated
  for (let index = first; index < glob.length; index++) {
    if (glob[index] === ']' && index > first) return index
    if (glob[index] === '\\') index += 1
  }
  return undefined
}

/** Text that stands for itself. */
export function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]{}!\\,]/g, String.raw`\$&`)
}

export function unescapeGlob(glob: string): string {
  return glob.replaceAll(/\\(.)/gs, '$1')
}

/** Without the escapes that need none: `\n` would be a line's end in the engine. */
export function plainEscapes(glob: string): string {
  return glob.replaceAll(/\\([^*?[\]{}!^,\\-])/gs, '$1')
}
