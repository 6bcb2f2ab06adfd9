/** `profile()`: what runs did, as policies for the next run. */

import { fileURLToPath } from 'node:url'
import { checkOptions, invalid, oneOf, type Check } from '../checks.ts'
import { abis, CallSetOfRuns, plainWord, type CallsByAbi } from './calls.ts'
import { checkRun, type ProfileCheck } from './check.ts'
import { nodePermissions, type NodeOptions, type NodePermissions } from './node.ts'
import { ociProfile, type OciOptions, type SeccompProfile } from './oci.ts'
import { tryRemovals, type RemovalOptions, type Removals } from './removals.ts'
import { rulesOf, type ProfileRule } from './rules.ts'
import { checkWhole, eventsOf, type AnyEvent, type ProfiledRun } from './run.ts'

/** What `profile()` is told. */
export interface ProfileOptions {
  /**
   * Where the runs' commands began, if they did not themselves ask for it (as Node does): the `cwd` that `trace()` was given.
   * @default process.cwd()
   */
  readonly cwd?: string | URL
}

/** All that one or more runs did. Calls that rules refused never ran, and are not in it. */
export interface Profile {
  /** The calls that were made, whether they succeeded or not. */
  readonly calls: CallsByAbi
  /** Numbers that no table knows, as `syscall_0x1f4`. No profile can name them. */
  readonly unknown: readonly string[]

  /** One call a line: `read`, and for those of another ABI `open@32`, as `filter` takes them. */
  allowList(): string

  /** The least seccomp profile for Docker and other OCI runtimes: what was not called fails with EPERM. */
  oci(options?: OciOptions): SeccompProfile

  /** The flags of Node's permission model. Throws ERR_SYSCOPE_NOT_NODE if a run's command was not Node. */
  node(options?: NodeOptions): NodePermissions

  /**
   * Whether the profile would have let another run through. Throws ERR_SYSCOPE_NOT_RECORDED or ERR_SYSCOPE_INCOMPLETE for a run that
   * can't tell.
   */
  check(run: ProfiledRun): ProfileCheck

  /**
   * Rules for the option `deny` that refuse all else with EPERM.
   * @example
   * await trace('node', ['save.js'], { deny: profile(run).rules() })
   */
  rules(): readonly ProfileRule[]

  /**
   * Runs a command under the whole profile, then once for each call under the profile without it, and says which calls make no
   * difference. A call that makes none in one run may still be needed in another.
   *
   * Rejects with ERR_SYSCOPE_TIMEOUT where the command does not end under the whole profile, and with what `trace()` rejects with.
   */
  removals(file: string | URL, args?: readonly string[], options?: RemovalOptions): Promise<Removals>
}

/**
 * Makes a profile of one run, or of several: then it allows what any of them did.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED for a run that did not record everything (`filter`, `counting`, `keep: false`, `follow: false`),
 * ERR_SYSCOPE_INCOMPLETE for one that is not complete or began by attaching.
 *
 * @example
 * const learned = profile([await trace('node', ['save.js']), await trace('node', ['save.js', '--help'])])
 * writeFileSync('seccomp.json', JSON.stringify(learned.oci()))
 */
export function profile(runs: ProfiledRun | readonly ProfiledRun[], options: ProfileOptions = {}): Profile {
  checkOptions(options, profileChecks, 'profile()')
  const several: readonly ProfiledRun[] = isSeveral(runs) ? runs : [runs]
  if (several.length === 0) throw invalid('Expected at least one run to make a profile of, got [].')
  for (const [index, run] of several.entries()) checkWhole(run, placeOf(index, several.length))
  return new RunProfile(several.map(eventsOf), directoryOf(options.cwd))
}

function isSeveral(runs: ProfiledRun | readonly ProfiledRun[]): runs is readonly ProfiledRun[] {
  return Array.isArray(runs)
}

function placeOf(index: number, count: number): string {
  return count === 1 ? 'this run' : `run ${index + 1} of ${count}`
}

const isText = (value: unknown): boolean => typeof value === 'string'
const profileChecks: Readonly<Record<keyof ProfileOptions, Check>> = {
  cwd: { expected: 'a path or file URL', isRight: (value) => isText(value) || value instanceof URL },
}
const ociChecks: Readonly<Record<keyof OciOptions, Check>> = {
  forRuntime: { expected: "'runc' or false", isRight: (value) => value === 'runc' || value === false },
  clone3: oneOf('fallback', 'allow'),
}
const nodeChecks: Readonly<Record<keyof NodeOptions, Check>> = {
  nodeVersion: { expected: "a version like '22.13.0'", isRight: isText },
  directories: {
    expected: 'an array of absolute paths',
    isRight: (value) => Array.isArray(value) && value.every((it) => typeof it === 'string' && it.startsWith('/')),
  },
  fold: { expected: 'a number of paths, at least 1', isRight: (value) => typeof value === 'number' && value >= 1 },
  wasi: { expected: 'a boolean', isRight: (value) => typeof value === 'boolean' },
}

function directoryOf(cwd: string | URL = process.cwd()): string {
  return cwd instanceof URL ? fileURLToPath(cwd) : cwd
}

class RunProfile implements Profile {
  readonly #runs: readonly (readonly AnyEvent[])[]
  readonly #cwd: string
  readonly #made = new CallSetOfRuns()
  readonly calls: CallsByAbi
  readonly unknown: readonly string[]

  constructor(runs: readonly (readonly AnyEvent[])[], cwd: string) {
    this.#runs = runs
    this.#cwd = cwd
    for (const events of runs) this.#made.add(events)
    this.calls = this.#made.calls
    this.unknown = this.#made.unknown
  }

  allowList(): string {
    return abis.flatMap((abi) => this.calls[abi].map((name) => `${plainWord(abi, name)}\n`)).join('')
  }

  oci(options: OciOptions = {}): SeccompProfile {
    checkOptions(options, ociChecks, 'oci()')
    return ociProfile(this.#made, options)
  }

  node(options: NodeOptions = {}): NodePermissions {
    checkOptions(options, nodeChecks, 'node()')
    return nodePermissions({ runs: this.#runs, cwd: this.#cwd }, options)
  }

  check(run: ProfiledRun): ProfileCheck {
    checkWhole(run, 'this run')
    return checkRun(this.#made, eventsOf(run))
  }

  rules(): readonly ProfileRule[] {
    return rulesOf(this.#made)
  }

  async removals(file: string | URL, args: readonly string[] = [], options: RemovalOptions = {}): Promise<Removals> {
    return tryRemovals(this.#made, { file, args }, options)
  }
}
