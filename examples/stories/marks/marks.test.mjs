import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('open().read() of Python opens, reads and closes the file, and asks little else', async () => {
  const run = await trace('python3', [join(import.meta.dirname, 'read.py')])
  const part = run.between('read', 'done')
  expect(part).toCallInOrder(['openat', 'read', 'close'])
  expect(part).toStayWithin({ openat: 1, read: 2, '/stat/': 2, '/lseek|ioctl/': 3, total: 9 })
})

test('subprocess.run() of Python starts programs without copying its memory', async () => {
  const run = await trace('python3', [join(import.meta.dirname, 'start.py')])
  expect(run.between('start', 'started')).toCall('vfork')
})
