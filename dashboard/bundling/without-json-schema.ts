/** Leaves the part of zod out that turns schemas into JSON Schema. Only the edge does that, for its OpenAPI document. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

const MODULES = /\/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/;
const EXPORT = /^export (?:(?:const|function|class) |\{ \w+ as )(\w+)/gm;

/** Replaces every function of these modules with one that does nothing. Schemas get them when they are made. */
export function withoutJsonSchema(): Plugin {
  return {
    name: 'appflux-without-json-schema',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      if (!MODULES.test(id)) return null;
      const names = [...(await readFile(id, 'utf8')).matchAll(EXPORT)].map(([, name]) => name);
      if (names.length === 0) this.error(`${id} has no exports that can be left out. Did zod change?`);
      return {
        code: names.map((name) => `export const ${name} = () => undefined;`).join('\n'),
        moduleSideEffects: false,
      };
    },
  };
}
