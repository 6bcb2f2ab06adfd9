// Builds the native addon and its helper as they are published: optimised, and for the oldest libc that can be had.
//   node scripts/build-release.mjs --target gnu|musl [--out DIR]
// gnu: glibc 2.17 and later. musl: any musl, linked dynamically. Both need python3 with pip and venv: zig and
// cargo-zigbuild come from PyPI and are the linkers. For musl the Rust target is wanted (`rustup target add
// x86_64-unknown-linux-musl`); on Debian without it, std is built from Debian's own Rust source package.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Failure, fail, root, run, say } from './lib/checkout.mjs'

const zigVersion = '0.17.1'
const zigbuildVersion = '0.24.0'
const glibcFloor = '2.17'
const muslTarget = 'x86_64-unknown-linux-musl'
const tools = join(root, 'target', 'tools')

async function main() {
  const { values } = parseArgs({ options: { target: { type: 'string' }, out: { type: 'string' } } })
  const { target, out = join(root, 'target', 'artifacts') } = values
  if (target !== 'gnu' && target !== 'musl') throw new Failure('say --target gnu or --target musl')
  const path = `${await installZig()}:${process.env.PATH}`
  const built = target === 'gnu' ? await buildGnu(path) : await buildMusl(path)
  mkdirSync(out, { recursive: true })
  const artifacts = {
    'libsyscope_node.so': `syscope.linux-x64-${target}.node`,
    'syscope-helper': `syscope-helper.linux-x64-${target}`,
  }
  for (const [name, as] of Object.entries(artifacts)) {
    const artifact = join(resolve(out), as)
    copyFileSync(join(built, name), artifact)
    checkLinkage(artifact, target)
    process.stdout.write(`${artifact}\n`)
  }
}

async function buildGnu(PATH) {
  const target = 'x86_64-unknown-linux-gnu'
  await run('cargo', ['zigbuild', ...cargoArguments, '--target', `${target}.${glibcFloor}`], { env: { PATH } })
  return join(targetDirectory, target, 'release')
}

async function buildMusl(PATH) {
  // An addon is loaded by a process that has its libc already, so that libc must not be linked in.
  const dynamic = { CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS: '-C target-feature=-crt-static' }
  const buildStd = hasRustTarget(muslTarget) ? undefined : await debianRust()
  await run('cargo', ['zigbuild', ...(buildStd?.flags ?? []), ...cargoArguments, '--target', muslTarget], {
    env: { PATH, ...dynamic, ...buildStd?.env },
  })
  return join(buildStd?.directory ?? targetDirectory, muslTarget, 'release')
}

const cargoArguments = ['--release', '--locked', '-p', 'syscope-node', '-p', 'syscope-helper']
const targetDirectory = process.env.CARGO_TARGET_DIR ?? join(root, 'target')

/** zig and cargo-zigbuild in a virtual environment of ours; returns the folder to put on PATH. */
async function installZig() {
  const bin = join(tools, 'zig', 'bin')
  if (!existsSync(join(bin, 'cargo-zigbuild'))) {
    say('installing zig and cargo-zigbuild …')
    await run('python3', ['-m', 'venv', join(tools, 'zig')])
    const packages = [`ziglang==${zigVersion}`, `cargo-zigbuild==${zigbuildVersion}`]
    await run(join(bin, 'python3'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  }
  // cargo-zigbuild looks for a program called zig; PyPI's package is a Python module.
  writeFileSync(join(bin, 'zig'), `#!/bin/sh\nexec '${join(bin, 'python3')}' -m ziglang "$@"\n`)
  chmodSync(join(bin, 'zig'), 0o755)
  return bin
}

function hasRustTarget(target) {
  try {
    return existsSync(
      execFileSync('rustc', ['--print', 'target-libdir', '--target', target], { encoding: 'utf8' }).trim(),
    )
  } catch {
    return false
  }
}

/**
 * Debian's newest rustc with the source of its own std, unpacked beside the build (nothing is installed): what
 * -Zbuild-std needs where rustup's std for musl cannot be had.
 */
async function debianRust() {
  const at = join(tools, 'debian-rust')
  const rustc = join(at, 'root/usr/bin/rustc')
  if (!existsSync(rustc)) {
    say('unpacking Debian’s Rust with its source …')
    mkdirSync(at, { recursive: true })
    await run('apt-get', ['download', ...debianPackages()], { cwd: at, hint: 'or add the Rust target for musl' })
    for (const name of readdirSync(at).filter((it) => it.endsWith('.deb'))) {
      await run('dpkg', ['-x', name, 'root'], { cwd: at })
    }
  }
  const directory = join(targetDirectory, 'debian-rust')
  return {
    flags: ['-Zbuild-std=std,panic_unwind'],
    directory,
    env: {
      RUSTC: rustc,
      // cargo of rustup would hand the build to its own rustc otherwise.
      RUSTC_BOOTSTRAP: '1',
      LD_LIBRARY_PATH: join(at, 'root/usr/lib/x86_64-linux-gnu'),
      CARGO_TARGET_DIR: directory,
    },
  }
}

/** rustc-web, the libraries it runs with, and the source of exactly its version. */
function debianPackages() {
  const std = dependency('libstd-rust-web-dev', /libstd-rust-web-[\d.]+/u)
  return ['rustc-web', std, dependency(std, /libllvm\d+/u), 'libstd-rust-web-dev', 'rust-web-src']
}

function dependency(of, name) {
  const depends = execFileSync('apt-cache', ['depends', of], { encoding: 'utf8' })
  const found = new RegExp(`Depends: (${name.source})$`, 'mu').exec(depends)
  if (found === null) throw new Failure(`Debian has no ${of} here (apt-get update?); rustup target add ${muslTarget}`)
  return found[1]
}

/** The promise of each variant, checked on what was built: which libc, and how old it may be. */
function checkLinkage(file, target) {
  const dynamic = execFileSync('readelf', ['--dynamic', '--version-info', '--wide', file], { encoding: 'utf8' })
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/gu)].map(([, name]) => name)
  const glibc = [...dynamic.matchAll(/GLIBC_(2\.\d+)/gu)].map(([, version]) => Number(version.slice(2)))
  const newest = glibc.length === 0 ? 'none' : `2.${Math.max(...glibc)}`
  say(`${target}: needs ${needed.join(', ')}; newest glibc symbol: ${newest}`)
  if (target === 'musl' && (glibc.length > 0 || needed.some((it) => it !== 'libc.so'))) {
    throw new Failure('what is for musl must need libc.so alone')
  }
  if (target === 'gnu' && Math.max(...glibc) > Number(glibcFloor.slice(2))) {
    throw new Failure(`what is for glibc must run with ${glibcFloor}`)
  }
}

main().catch(fail)
