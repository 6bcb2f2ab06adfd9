import test from 'ava'
import { foreignFds } from './inherited.ts'

const blocking = 0o2000000
const nonBlocking = 0o2004000
const forWriting = 0o2000001

const own = [
  { fd: 0, link: '/dev/tty', flags: blocking },
  { fd: 5, link: 'anon_inode:[eventpoll]', flags: blocking },
  { fd: 6, link: 'pipe:[310]', flags: blocking },
  { fd: 8, link: 'pipe:[310]', flags: blocking },
  { fd: 10, link: 'pipe:[311]', flags: nonBlocking },
  { fd: 11, link: 'pipe:[311]', flags: nonBlocking },
  { fd: 12, link: '/dev/null', flags: blocking },
]

test('what Node opened is not inherited', (t) => {
  t.deepEqual(foreignFds(own), [])
})

test('files, one end of a pipe, and a job server’s pipe are', (t) => {
  const files = [
    { fd: 3, link: 'pipe:[120]', flags: blocking },
    { fd: 4, link: 'pipe:[120]', flags: blocking },
    { fd: 7, link: 'pipe:[99]', flags: blocking },
    { fd: 9, link: '/dev/full', flags: blocking },
    { fd: 13, link: '/dev/null', flags: forWriting },
  ]
  t.deepEqual(foreignFds([...own, ...files]), [3, 4, 7, 9, 13])
})
