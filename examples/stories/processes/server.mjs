// A server for tests, which says when it is ready.
import { createServer } from 'node:http'
createServer((request, response) => response.end('hello')).listen(0, '127.0.0.1', () => console.log('ready'))
