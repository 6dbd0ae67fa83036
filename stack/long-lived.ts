/** How the long-lived Node processes of an instance are started. */
import { join } from 'node:path';
import { GIVES_MEMORY_BACK } from '../runner/src/memory.ts';

/** Node's flags, before the program, and variables. */
export const LONG_LIVED = {
  flags: ['--import', join(import.meta.dirname, 'compile-cache.mjs')],
  env: GIVES_MEMORY_BACK,
} as const;
