#!/usr/bin/env node
/** `appflux`: the command line of an AppFlux instance. */
import { main } from './main.ts';

process.exitCode = await main(process);
