/**
 * The addon, loaded at the first call. Where there is none, throws an Error with one sentence that says why and a
 * `code`: `ERR_SYSCOPE_UNSUPPORTED_PLATFORM` or `ERR_SYSCOPE_NATIVE_MISSING`.
 */
export declare function load(): unknown
/** The path of the helper of `traceSelf()`, whether or not it is there. Throws as `load` does. */
export declare function helper(): string
