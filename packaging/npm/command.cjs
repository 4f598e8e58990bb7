#!/usr/bin/env node
// The command pawld, or pawlctl, of the package pawl-fixture: runs the program that the package brings.
'use strict';

const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { basename } = require('node:path');
const { noProgram, packagedProgram } = require('../binary.cjs');

const name = basename(__filename, '.cjs');
try {
  const program = packagedProgram(name); // and never the PATH's, which may be this file
  if (program === null) throw noProgram(name);
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.once('exit', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
