/** What a packager (kinds/*.mjs) is given. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

/** The folder of these modules, with the pinned packages in `node_modules`. */
export const SERVER = import.meta.dirname;

/** The newest date that every server host knows, for servers that name none: that of the pinned workerd. */
export const COMPATIBILITY_DATE = '2026-11-01';

/**
 * @typedef {object} Context
 * @property {{ kind: string, entry: string | null }} plan the `server` of the deployment's plan
 * @property {string} root the project's root directory, absolute
 * @property {string} work a folder outside of the source that is kept from `prepare` to `pack`
 * @property {(text: string) => void} log writes a line into the deployment's log
 * @property {(name: string) => { version: string, [member: string]: unknown } | null} packageOf the package.json of a
 * package that the project has installed; null if it has not
 * @property {(name: string) => number | null} majorOf the major version of such a package
 */

/** @returns {Context} */
export function makeContext(plan, root, work) {
  const require = createRequire(join(root, 'package.json'));
  const packageOf = (name) => {
    for (const folder of require.resolve.paths(name) ?? []) {
      try {
        return require(join(folder, name, 'package.json'));
      } catch {
        // Not in this folder: Node looks into the ones above, too.
      }
    }
    return null;
  };
  const majorOf = (name) => {
    const { dependencies, devDependencies } = require('./package.json');
    // With Plug'n'Play nothing is in a folder: then what the project asks for has to do.
    const version = packageOf(name)?.version ?? dependencies?.[name] ?? devDependencies?.[name];
    const major = /\d+/.exec(version ?? '')?.[0];
    return major === undefined ? null : Number(major);
  };
  return { plan, root, work, log: (text) => process.stdout.write(`${text}\n`), packageOf, majorOf };
}

/** The path of a file of a pinned package, such as `wrangler/bin/wrangler.js`. */
export const pinned = (path) => join(SERVER, 'node_modules', path);
