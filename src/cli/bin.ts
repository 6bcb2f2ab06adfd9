#!/usr/bin/env node
/** The executable: compiled code is cached first (Node 22.1 and later), everything else loads after that. */

import * as nodeModule from 'node:module'

// Not in the types of Node 20.
const enable: unknown = Reflect.get(nodeModule, 'enableCompileCache')
if (typeof enable === 'function') enable()

void Promise.all([import('./main.ts'), import('./words.ts')]).then(([{ main }, { commandLineWords }]) =>
  main(commandLineWords()),
)
