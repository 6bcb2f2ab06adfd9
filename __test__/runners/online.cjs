// A program that uses the network.
require('node:net')
  .connect(9, '127.0.0.1')
  .on('error', () => {})
