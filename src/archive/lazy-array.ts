/** An array whose items are made when they are asked for. */

export interface Items<T> {
  readonly length: number
  at(index: number): T
  all(): Iterable<T>
}

/** Cannot be changed; `length` is at most 2^32 - 1. Walking through it is faster than asking for one item after the other. */
export function lazyArray<T>(items: Items<T>): readonly T[] {
  return new Proxy<T[]>([], handler(items))
}

function handler<T>(items: Items<T>): ProxyHandler<T[]> {
  const has = (key: string | symbol): boolean => indexOf(key, items.length) !== undefined
  const iterate = (): Iterator<T> => items.all()[Symbol.iterator]()
  return {
    get(target, key, receiver): unknown {
      const index = indexOf(key, items.length)
      if (index !== undefined) return items.at(index)
      if (key === 'length') return items.length
      return key === Symbol.iterator || key === 'values' ? iterate : Reflect.get(target, key, receiver)
    },
    has: (target, key) => has(key) || Reflect.has(target, key),
    getOwnPropertyDescriptor(target, key) {
      const index = indexOf(key, items.length)
      // The target stays empty: V8 would take room for all that it may hold.
      if (key === 'length') return { value: items.length, enumerable: false, configurable: false, writable: true }
      if (index === undefined) return Reflect.getOwnPropertyDescriptor(target, key)
      return { value: items.at(index), enumerable: true, configurable: true, writable: false }
    },
    ownKeys: () => [...Array.from({ length: items.length }, (_, index) => String(index)), 'length'],
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
    setPrototypeOf: () => false,
  }
}

function indexOf(key: string | symbol, length: number): number | undefined {
  if (typeof key !== 'string') return undefined
  const first = key.charCodeAt(0)
  if (!(first >= 0x30 && first <= 0x39)) return undefined
  const index = Number(key)
  return Number.isInteger(index) && index < length && String(index) === key ? index : undefined
}
