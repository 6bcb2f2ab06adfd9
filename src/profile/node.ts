/** What a run of Node needs to be allowed by Node's own permission model (`node --permission`). */

import { posix } from 'node:path'
import { SyscopeError } from '../errors.ts'
import { accessesOf } from './accesses.ts'
import { Grants, type NodePaths } from './grants.ts'
import { firstWordOf } from './calls.ts'
import { flagsOf, type NodeNeeds } from './node-flags.ts'
import { Places } from './places.ts'
import type { AnyCall, AnyEvent } from './run.ts'

/** What `node()` of a profile is told. */
export interface NodeOptions {
  /**
   * The Node that the flags are for: they were named otherwise before 22.13, and later versions restrict more.
   * @default process.version
   */
  readonly nodeVersion?: string
  /**
   * Directories that are granted as a whole where anything beneath them is: for files whose names differ from run to run.
   * @default []
   */
  readonly directories?: readonly string[]
  /**
   * Most paths of one directory that are granted one by one; a directory with more is granted as a whole.
   * @default Infinity
   */
  readonly fold?: number
  /**
   * Whether the program uses WASI, which no system call shows.
   * @default false
   */
  readonly wasi?: boolean
}

/** What Node is to be started with, in front of the script. */
export interface NodePermissions extends NodePaths {
  /** `['--permission', '--allow-fs-read=/srv/app/main.js', …]` */
  readonly flags: readonly string[]
}

/** The events of each run, and where its first process began. */
export interface NodeRuns {
  readonly runs: readonly (readonly AnyEvent[])[]
  readonly cwd: string
}

export function nodePermissions({ runs, cwd }: NodeRuns, options: NodeOptions): NodePermissions {
  const grants = new Grants()
  const needs: NodeNeeds = { child: false, worker: false, addons: false, net: false, wasi: options.wasi === true }
  for (const events of runs) addRun(events, new Places(events, cwd), grants, needs)
  const paths = grants.paths(options)
  return { flags: flagsOf(needs, paths, options.nodeVersion ?? process.version), ...paths }
}

function addRun(events: readonly AnyEvent[], places: Places, grants: Grants, needs: NodeNeeds): void {
  const pid = events[0]?.pid
  const scope = new NodeScope(pid)
  let hasRun = false
  for (const event of events) {
    // The call that ends Node's own start is still Node's.
    const isProgram = event.pid === pid && event.type === 'syscall' && scope.isStarted
    scope.enter(event)
    hasRun ||= scope.isNode
    if (event.pid === pid && scope.isNode) noteNeeds(event, scope, needs)
    if (isProgram) grants.add(accessesOf(event, places))
    places.follow(event)
    if (isProgram) grants.visit(places.directory(event.pid, 'AT_FDCWD'))
  }
  if (!hasRun) throw notNode(events)
}

/** When the first process is Node, and when Node has begun with the program: what it reads before is not asked about. */
class NodeScope {
  readonly #pid: number | undefined
  readonly #loops = new Set<number>()
  isNode = false
  isStarted = false

  constructor(pid: number | undefined) {
    this.#pid = pid
  }

  enter(event: AnyEvent): void {
    if (event.pid !== this.#pid) return
    if (event.type === 'exec') {
      this.isNode = isNodeProgram(event.program)
      this.isStarted = false
    } else if (event.type === 'syscall' && this.isNode) {
      // Node asks for its own path (process.execPath) when it has started up itself, and before it looks for the script.
      if (event.name === 'readlink' && event.args['pathname'] === '/proc/self/exe') this.isStarted = true
      if (event.name === 'epoll_create1' && event.tid !== event.pid) this.#loops.add(event.tid)
    }
  }

  /** Each worker has an event loop. Of the threads that every Node has one has a loop, too: that of delayed tasks. */
  get hasWorker(): boolean {
    return this.#loops.size > 1
  }
}

function isNodeProgram(program: string): boolean {
  return /^node(js)?([-.]?\d[\d.]*)?$/.test(posix.basename(program))
}

const AF_INET = 2
const AF_INET6 = 10

function noteNeeds(event: AnyEvent, scope: NodeScope, needs: NodeNeeds): void {
  needs.worker ||= scope.hasWorker
  if (event.type === 'fork') needs.child ||= !event.thread
  if (event.type !== 'syscall') return
  needs.net ||= event.name === 'socket' && [AF_INET, AF_INET6].includes(firstWordOf(event))
  needs.addons ||= loadsAddon(event)
}

/** A file of the name that Node's loader takes for a library. */
function loadsAddon(call: AnyCall): boolean {
  const path = call.name === 'openat' || call.name === 'open' ? call.args['pathname'] : undefined
  return call.ok && typeof path === 'string' && path.endsWith('.node')
}

function notNode(events: readonly AnyEvent[]): SyscopeError {
  const program = events.find((event) => event.type === 'exec')?.program ?? 'unknown'
  const message = `Node's permissions are for runs of Node, and the program of this run was ${program}.`
  return new SyscopeError('ERR_SYSCOPE_NOT_NODE', message)
}
