'use strict'
// Finds the native addon and its helper. Importing this file never fails; `load()` does, with one sentence that says why.

const { dirname, join } = require('node:path')

// glibc first: on a musl system npm installs only the musl package, and the other way round.
const variants = ['linux-x64-gnu', 'linux-x64-musl']
let addon
let helper

exports.load = function load() {
  if (addon !== undefined) return addon
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const here = `${process.platform} ${process.arch}`
    throw fail('ERR_SYSCOPE_UNSUPPORTED_PLATFORM', `syscope traces on Linux x64 only; this is ${here}.`)
  }
  let refused
  for (const variant of variants) {
    // In a checkout the build puts the addon beside this file; users have the platform package.
    for (const name of [`./syscope.${variant}.node`, `syscope-${variant}`]) {
      try {
        addon = require(name)
        helper = join(dirname(require.resolve(name)), `syscope-helper.${variant}`)
        return addon
      } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') refused ??= error
      }
    }
  }
  if (refused !== undefined) {
    const message = `syscope's native addon does not fit this system: ${refused.message}.`
    throw fail('ERR_SYSCOPE_NATIVE_MISSING', message, refused)
  }
  const message = `syscope's native addon is not installed: install ${variants.map((it) => `syscope-${it}`).join(' or ')}, and allow optional dependencies.`
  throw fail('ERR_SYSCOPE_NATIVE_MISSING', message)
}

/** Where the program is that traceSelf() starts: beside the addon. */
exports.helper = function findHelper() {
  exports.load()
  return helper
}

function fail(code, message, cause) {
  return Object.assign(new Error(message, cause && { cause }), { code })
}
