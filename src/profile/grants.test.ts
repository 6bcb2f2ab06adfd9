import test from 'ava'
import type { Access } from './accesses.ts'
import { Grants, type FoldOptions, type NodePaths } from './grants.ts'

test('files are granted one by one, what was written for writing', (t) => {
  t.like(paths([read('/a/b'), write('/a/c'), read('/a/d'), write('/a/d')]), {
    read: ['/a/b', '/a/d'],
    write: ['/a/c', '/a/d'],
  })
})

test('a file that was asked for in vain is granted, what the loader tried is not', (t) => {
  const tried = [missing('/a/config.json'), missing('/a/node_modules/x.js'), missing('/a/package.json')]
  t.deepEqual(paths(tried).read, ['/a/config.json'])
})

test('a missing package.json is granted beneath one that there is, to which the search must come, and in packages', (t) => {
  const tried = [missing('/a/b/package.json'), read('/a/package.json'), missing('/package.json')]
  t.deepEqual(paths(tried).read, ['/a/b/package.json', '/a/package.json'])
  t.deepEqual(paths([missing('/node_modules/x/package.json')]).read, ['/node_modules/x/package.json'])
})

test('names that the loader tried with and without an extension are not granted', (t) => {
  const tried = [
    look('/a/lib', false),
    read('/a/lib.js'),
    look('/a/dir.js', false),
    look('/a/dir'),
    look('/a/x', false),
  ]
  t.like(paths([...tried, read('/a/dir/index.js')]), {
    read: ['/a/dir/index.js', '/a/lib.js', '/a/x'],
    looked: ['/a/dir'],
  })
})

test('a directory is granted where its names were read', (t) => {
  const list: Access = { ...read('/a/lib'), use: 'list', is: 'directory' }
  t.deepEqual(paths([list, read('/a/lib/x')]).read, ['/a/lib/*'])
  t.deepEqual(paths([{ ...list, path: '/' }, read('/a/lib/x')]).read, ['/*'])
})

test('directories on the way to a module are not granted, others that were asked for are', (t) => {
  const found = paths([look('/'), look('/a'), look('/data'), { ...look('/link'), isLink: true }, read('/a/main.js')])
  t.like(found, { read: ['/a/main.js', '/data/*'], looked: ['/', '/a', '/link'] })
})

test('paths fold into the directories that are asked for, where there are any', (t) => {
  const used = [write('/tmp/x-1'), write('/tmp/x-2'), write('/var/y')]
  t.deepEqual(paths(used, { directories: ['/tmp', '/home/'] }).write, ['/tmp/*', '/var/y'])
})

test('crowded directories fold', (t) => {
  const used = [read('/a/1'), read('/a/2'), read('/a/3'), read('/b/1'), read('/b/2')]
  t.deepEqual(paths(used, { fold: 2 }).read, ['/a/*', '/b/1', '/b/2'])
})

test('what could not be resolved is told, and not granted', (t) => {
  const found = paths([{ ...read('x'), isResolved: false }])
  t.like(found, { read: [], unresolved: ['x'] })
})

function paths(accesses: readonly Access[], options: FoldOptions = {}): NodePaths {
  const grants = new Grants()
  grants.add(accesses)
  return grants.paths(options)
}

function read(path: string): Access {
  return { use: 'read', path, isResolved: true, isLink: false, ok: true }
}

function write(path: string): Access {
  return { ...read(path), use: 'write' }
}

function missing(path: string): Access {
  return { ...read(path), ok: false }
}

function look(path: string, ok = true): Access {
  return { ...read(path), use: 'look', ok, ...(ok ? { is: 'directory' } : {}) }
}
