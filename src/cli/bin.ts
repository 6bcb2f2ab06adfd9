#!/usr/bin/env node
/** The executable: compiled code is cached first (Node 22.1 and later), everything else loads after that. */

import * as nodeModule from 'node:module'

// Not in the types of Node 20.
const enable: unknown = Reflect.get(nodeModule, 'enableCompileCache')
if (typeof enable === 'function') enable()

void import('./main.ts').then(({ main }) => main(process.argv.slice(2)))
