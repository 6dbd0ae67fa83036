#!/usr/bin/env node
/**
 * Starts `appflux`. The published package has only the built program. A checkout has the sources, which run as they are in
 * the Node that the repository needs; an older one runs what `npm run build -w cli` has built.
 */
import { existsSync } from 'node:fs';

const source = new URL('../src/cli.ts', import.meta.url);
const runsSource = Number(process.versions.node.split('.')[0]) >= 24 && existsSync(source);
await import(runsSource ? source.href : new URL('../dist/cli.mjs', import.meta.url).href);
