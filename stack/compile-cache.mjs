/**
 * Keeps what V8 has compiled of the modules of a long-lived process, for its next start. Loaded by Node's `--import`, before
 * the modules that it is for. Where nothing can be written, they are compiled each time.
 * Source: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

/** By then a process has loaded what its start needs. Milliseconds. */
const LOADED_MS = 10_000;

enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'appflux', 'compiled'));

// Node writes at its end as well, which a process that is killed does not reach.
setTimeout(flushCompileCache, LOADED_MS).unref();
