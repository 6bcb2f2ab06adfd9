import { addressText } from 'syscope'

/** What each lifecycle script of an `npm install` executed, read below the home directory, and wanted of the network. */
export function auditScripts(run, { home }) {
  // npm tells each script who it is; what it starts inherits that, unless it says otherwise.
  const roots = run.processes.all.filter(
    (it) => it.env?.npm_lifecycle_event !== undefined && it.parent?.env?.npm_lifecycle_event === undefined,
  )
  return roots.map((root) => {
    const { files, network, processes } = run.within(root)
    const connects = network.connects.filter(({ address, socket }) => address && socket.domain !== 'AF_UNIX')
    return {
      script: `${root.env.npm_package_name} ${root.env.npm_lifecycle_event}`,
      executed: processes.all.flatMap(({ executed }) => executed.map(({ argv }) => argv.join(' '))),
      secrets: files
        .with('open')
        .flatMap(({ path }) => (path?.startsWith(`${home}/`) ? [path.replace(home, '~')] : [])),
      connected: connects.map(({ address }) => addressText(address)),
    }
  })
}
