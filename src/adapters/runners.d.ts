/**
 * What the adapters use of runners that are not installed here. `__test__/package-runners.spec.ts` compiles and runs them with the real ones.
 */

declare module 'vitest' {
  // oxlint-disable-next-line typescript/consistent-type-imports -- a module's declaration can't import from a path
  export const expect: import('./extension.ts').RunnerExpect
  export const chai: {
    use(plugin: (chai: { readonly Assertion: { readonly prototype: object } }, utils: ChaiUtils) => void): void
  }
  interface ChaiUtils {
    readonly flag: (assertion: object, name: string) => unknown
    readonly overwriteMethod: (
      of: object,
      name: string,
      make: (original: Function) => (this: object, ...args: readonly unknown[]) => unknown,
    ) => void
  }
}

declare module '@jest/globals' {
  // oxlint-disable-next-line typescript/consistent-type-imports -- as above
  export const expect: import('./extension.ts').RunnerExpect
}

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> {}
}
