/** Where runs are: each in a copy of the fixture, or all in the working directory itself. */

import { mkdtemp, mkdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { temporary } from './plan.ts'
import { checkSize, copyTree, removeTree, snapshot, stampsOf, type Snapshot, type Stamps } from './snapshot.ts'

/** The place of one run. */
export interface Place {
  readonly dir: string
  /** To be set over what the user gave. */
  readonly env: Readonly<Record<string, string>>
  /** All files, those for temporary use with `../tmp/` before their names; absent where files are not looked at. */
  readonly look?: () => Promise<Snapshot>
  /** Text with what is this run's alone taken out. */
  neutral(text: string): string
  remove(): Promise<void>
}

export interface Workshop {
  /** Before any run. */
  readonly before: Snapshot | undefined
  open(): Promise<Place>
  remove(): Promise<void>
}

/** Runs in `cwd` itself. */
export async function sharedPlace(cwd: string): Promise<Workshop> {
  const dir = await realpath(cwd)
  const place: Place = { dir, env: {}, neutral: (text) => text, remove: async () => {} }
  return { before: undefined, open: async () => place, remove: async () => {} }
}

const temporaryName = temporary.slice('../'.length)

/** Copies `fixture` once, lets `setup` change that, and copies it again for each run. */
export async function ownPlaces(
  fixture: string,
  setup: ((dir: string) => unknown) | undefined,
  look: (dir: string) => Promise<void>,
): Promise<Workshop> {
  await checkSize(fixture)
  const base = await realpath(await mkdtemp(join(tmpdir(), 'syscope-faults-')))
  const remove = (): Promise<void> => removeTree(base)
  try {
    const template = await makePlace(join(base, 'template'), fixture)
    await setup?.(template)
    await look(template)
    const before = await snapshot(template)
    let count = 0
    const open = async (): Promise<Place> => {
      count += 1
      const home = join(base, String(count))
      return openPlace(home, await makePlace(home, template), before)
    }
    return { before, open, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function makePlace(home: string, from: string): Promise<string> {
  const dir = join(home, 'work')
  await mkdir(dir, { recursive: true })
  await mkdir(join(home, temporaryName))
  await copyTree(from, dir)
  return dir
}

async function openPlace(home: string, dir: string, before: Snapshot): Promise<Place> {
  const stamps = await stampsOf(dir, before)
  const temporaryDir = join(home, temporaryName)
  return {
    dir,
    // Shells believe PWD where it is right.
    env: { TMPDIR: temporaryDir, PWD: dir },
    look: () => lookAt(dir, stamps, temporaryDir),
    neutral: (text) => text.replaceAll(home, '…'),
    remove: () => removeTree(home),
  }
}

async function lookAt(dir: string, stamps: Stamps, temporaryDir: string): Promise<Snapshot> {
  const files = await snapshot(dir, stamps)
  const others = await snapshot(temporaryDir)
  return new Map([...files, ...[...others].map(([path, state]) => [`${temporary}/${path}`, state] as const)])
}
