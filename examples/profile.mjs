// A seccomp profile out of what a program does, tried before it is trusted: enforced on the program itself, held against another
// run of it, and asked which of its calls nothing depends on.
import assert from 'node:assert/strict'
import { profile, trace } from 'syscope'

const command = ['sh', ['-c', 'ls / | wc -l']]
const learned = profile(await trace(...command))
console.log(`${learned.calls.x86_64.length} calls, ${learned.oci().syscalls.length} rules for Docker`)

// It still works where everything else is refused.
const enforced = await trace(...command, { deny: learned.rules() })
assert.equal(enforced.exitCode, 0)
assert.deepEqual(enforced.denied, [])

// What would another run of it miss?
const other = await trace('sh', ['-c', 'ls -l / | sort | wc -l; touch /dev/null'])
for (const { name, count, program, example } of learned.check(other).missing)
  console.log(`missing: ${name}, ${count} times, first of ${program}: ${example}`)

// Without which calls is nothing different?
const { needed, changeNothing } = await learned.removals(...command)
assert(needed.includes('openat') && needed.includes('execve'))
console.log(`needed: ${needed.join(' ')}`)
console.log(`these change nothing: ${changeNothing.join(' ')}`)
