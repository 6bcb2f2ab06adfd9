// Events as they happen; leaving the loop ends the run.
import { trace } from 'syscope'

for await (const event of trace('sh', ['-c', 'sleep 0.05; cat /etc/hostname; sleep 60'], {
  filter: ['execve', 'openat'],
})) {
  if (event.type === 'exec') console.log(`${event.pid} runs ${event.program}`)
  if (event.type === 'syscall' && event.name === 'openat' && event.args.pathname === '/etc/hostname') break
}
console.log('seen, and the rest of the tree is gone')
