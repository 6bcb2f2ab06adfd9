import test from 'ava'
import { foreignFds } from './inherited.ts'

const own = [
  { fd: 0, link: '/dev/tty', isBlocking: true },
  { fd: 5, link: 'anon_inode:[eventpoll]', isBlocking: true },
  { fd: 6, link: 'pipe:[310]', isBlocking: true },
  { fd: 8, link: 'pipe:[310]', isBlocking: true },
  { fd: 10, link: 'pipe:[311]', isBlocking: false },
  { fd: 11, link: 'pipe:[311]', isBlocking: false },
]

test('what Node opened is not inherited', (t) => {
  t.deepEqual(foreignFds(own), [])
})

test('files, one end of a pipe, and a job server’s pipe are', (t) => {
  const files = [
    { fd: 3, link: 'pipe:[120]', isBlocking: true },
    { fd: 4, link: 'pipe:[120]', isBlocking: true },
    { fd: 7, link: 'pipe:[99]', isBlocking: true },
    { fd: 9, link: '/dev/full', isBlocking: true },
  ]
  t.deepEqual(foreignFds([...own, ...files]), [3, 4, 7, 9])
})
