/** Internet addresses as text, as inet_ntop(3) of glibc writes them. */

export function inetText(bytes: Uint8Array): string {
  return bytes.join('.')
}

export function inet6Text(bytes: Uint8Array): string {
  const words: number[] = []
  for (let index = 0; index < 16; index += 2) words.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0))
  const { start, length } = longestZeros(words)
  // ::a.b.c.d and ::ffff:a.b.c.d
  const isMapped = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))
  if (isMapped) return `::${length === 5 ? 'ffff:' : ''}${inetText(bytes.subarray(12, 16))}`
  const text = words.map((word) => word.toString(16))
  if (length < 2) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}

function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 }
  for (let start = 0; start < words.length; start++) {
    let length = 0
    while (words[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}
