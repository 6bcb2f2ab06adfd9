import { addressText } from 'syscope'

/** What each lifecycle script of an `npm install` executed, read below the home directory, and wanted of the network. */
export function auditScripts(run, { home }) {
  const { all } = run.processes
  const connects = run.network.connects.filter(({ address, socket }) => address && socket.domain !== 'AF_UNIX')
  // npm tells each script who it is; what it starts inherits that, unless it says otherwise.
  const roots = all.filter(
    (it) => it.env?.npm_lifecycle_event !== undefined && it.parent?.env?.npm_lifecycle_event === undefined,
  )
  return roots.map((root) => {
    const family = all.filter((it) => isWithin(it, root))
    const pids = new Set(family.map(({ pid }) => pid))
    const read = run.files.all.filter(({ deeds }) => deeds.some(({ what, by }) => what === 'open' && pids.has(by.pid)))
    return {
      script: `${root.env.npm_package_name} ${root.env.npm_lifecycle_event}`,
      executed: family.flatMap(({ executed }) => executed.map(({ argv }) => argv.join(' '))),
      secrets: read.flatMap(({ path }) => (path?.startsWith(`${home}/`) ? [path.replace(home, '~')] : [])),
      connected: connects.filter(({ pid }) => pids.has(pid)).map(({ address }) => addressText(address)),
    }
  })
}

const isWithin = (it, root) => it !== undefined && (it === root || isWithin(it.parent, root))
