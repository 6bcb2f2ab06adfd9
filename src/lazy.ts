/** A value that is made when somebody first asks for it: what a program may never need must not cost it time at start. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
