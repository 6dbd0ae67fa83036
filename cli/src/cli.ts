#!/usr/bin/env node
/** `appflux`: the command line of an AppFlux instance. */
import { main } from './main.ts';

const code = await main(process);
process.exitCode = code;
// What is written to a pipe is still on its way. Connections that close slowly must not keep the program running.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
