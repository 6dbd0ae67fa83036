/** What test files need on the machine, derived from their imports. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Everything that a test may need. */
export const NEEDS = [
  'engine',
  'instanceImage',
  'browser',
  'git',
  'imageTools',
  'scanner',
  'dashboard',
  'foreignStorage',
  'mongo',
  'https',
  'monitoring',
  'gitHost',
] as const;
export type Need = (typeof NEEDS)[number];

/** A file whose path, or a package whose name, matches adds its needs to everything that imports it. */
const SOURCES: readonly { readonly pattern: RegExp; readonly needs: readonly Need[] }[] = [
  { pattern: /\.docker\.test\.ts$|\/testing\/docker\.ts$|^dockerode$/, needs: ['engine', 'git'] },
  { pattern: /^e2e\/instance\/(?:runner|with-runner)\.ts$/, needs: ['engine', 'git'] },
  { pattern: /^e2e\/(?:container|service)\//, needs: ['engine', 'instanceImage'] },
  { pattern: /^playwright-core$/, needs: ['browser', 'dashboard'] },
  {
    pattern: /\/prepare\/testing\/(?:git|repository|ssh)|^e2e\/source\/serve\.ts$|^e2e\/git-hosts\//,
    needs: ['git'],
  },
  { pattern: /\/scan\/testing\/clamav\.ts$|^bench\/sandbox\/scan\.ts$/, needs: ['scanner'] },
  { pattern: /^builder-images\//, needs: ['imageTools'] },
  { pattern: /^stack\/foreign-s3|^edge\/src\/storage\/storage\.test/, needs: ['foreignStorage'] },
  { pattern: /^stack\/mongo\/(?:serve|container)/, needs: ['mongo'] },
  { pattern: /^stack\/acme\/serve|^e2e\/https\//, needs: ['https'] },
  { pattern: /^stack\/monitoring\//, needs: ['monitoring'] },
  { pattern: /^stack\/gitea\//, needs: ['gitHost', 'git'] },
];

/** Test files that use no engine, although they may import what could: only those of `e2e/` and `*.docker.test.ts` do. */
const UNIT_TEST = /^(?!e2e\/).*(?<!\.docker)\.test\.ts$/;

const IMPORT = /(?:\bfrom|\bimport|\bimport\()\s*(['"])([^'"]+)\1/g;

/** What a module imports, without types: packages by name, files by their path in the checkout. Pure. */
export function importsOf(path: string, text: string): string[] {
  const values = text.replaceAll(/^\s*(?:import|export) type\b[^;]*;/gm, '');
  return [...values.matchAll(IMPORT)].map(([, , specifier = '']) =>
    specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier,
  );
}

/**
 * What a test file needs, directly and through its imports.
 * @param path of the file in the checkout
 * @param read returns a file's text, or null if it does not exist
 */
export function needsOf(path: string, read: (path: string) => string | null): ReadonlySet<Need> {
  const needs = new Set<Need>();
  const seen = new Set<string>();
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const { pattern, needs: brought } of SOURCES) {
      if (!pattern.test(next) || (UNIT_TEST.test(path) && brought.includes('engine'))) continue;
      for (const need of brought) needs.add(need);
    }
    const text = /\.[cm]?[jt]s$|\.svelte$/.test(next) ? read(next) : null;
    if (text !== null) waiting.push(...importsOf(next, text));
  }
  return needs;
}

/** Reads files of a checkout. */
export const readFrom =
  (root: string) =>
  (path: string): string | null =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null;
