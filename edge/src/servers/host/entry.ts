/** The modules around a site's server: what it is started with, and what is put in order before its own code runs. */
import type { Bindings, ServerSpec } from '@appflux/protocol';
import { FACADES_MODULE } from './facades/text.ts';
import { CONSOLE_SOURCE } from './runtime/console-source.ts';
import { cronSource } from './runtime/cron-source.ts';

/** Modules of a build with these names are replaced. */
const FOLDER = '.appflux';
export const ENTRY = `${FOLDER}/entry.js`;
const PRELUDE = `${FOLDER}/prelude.js`;
const BINDINGS = `${FOLDER}/bindings.js`;
const FACADES = `${FOLDER}/facades.js`;

/** A loaded server is kept under this as well. Change it with the modules below, so that no earlier ones are reused. */
export const ENTRY_VERSION = '3';

/**
 * Runs before the server's own code. The platform's cache is not for loaded Workers: locally it throws, and on Cloudflare it
 * would be shared with other sites. A cache that never has anything is what every server must cope with.
 */
const PRELUDE_SOURCE = `
class NoCache {
  async match() { return undefined; }
  async put(request, response) { await response?.body?.cancel(); }
  async delete() { return false; }
}
const none = new NoCache();
Object.defineProperty(globalThis, 'caches', {
  value: { default: none, open: async () => none, has: async () => false, delete: async () => false, keys: async () => [], match: async () => undefined },
  configurable: true,
  writable: true,
});
${CONSOLE_SOURCE}`;

/** Puts what a site expects under the names of its bindings in the place of the entry points that the host gives. */
const bindingsSource = (bindings: Bindings) => `
import { env } from 'cloudflare:workers';
import { facades } from './facades.js';
for (const [name, kind] of ${JSON.stringify(Object.entries(bindings))}) env[name] = facades[kind](env[name]);
`;

/** The modules of AppFlux itself that a server is loaded with. ENTRY is the main one. */
export function entryModules({
  main,
  bindings,
  crons,
}: Pick<ServerSpec, 'main' | 'bindings' | 'crons'>): Record<string, WorkerLoaderModule> {
  const server = JSON.stringify(`../${main}`);
  return {
    [ENTRY]: {
      js: `import './prelude.js';\nimport './bindings.js';\nexport * from ${server};\nexport { default } from ${server};\n${cronSource(server, crons)}`,
    },
    [PRELUDE]: { js: PRELUDE_SOURCE },
    [BINDINGS]: { js: bindingsSource(bindings) },
    [FACADES]: { js: FACADES_MODULE },
  };
}
