/**
 * What the processes load that an instance has for months: each package stays in their memory. A package that is only used
 * once, or by somebody's command, is loaded there, or in a process that ends.
 */
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ROOT } from './command.ts';

/** The packages that a program loads when it starts. */
async function packagesOf(program: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [program],
    bundle: true,
    splitting: true,
    outdir: 'nowhere',
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const found = new Set<string>();
  const visit = (output: string) => {
    for (const { kind, path, external } of metafile.outputs[output]?.imports ?? []) {
      // A dynamic import is loaded when it is needed.
      if (kind !== 'import-statement') continue;
      if (!external) visit(path);
      else if (!path.startsWith('node:')) found.add(path);
    }
  };
  visit(join('nowhere', `${basename(program, '.ts')}.js`));
  return [...found].sort();
}

test.each([
  [
    'start.ts',
    ['@appflux/client', '@appflux/protocol', 'croner', 'execa', 'fastest-levenshtein', 'ora', 'zod'],
  ],
  ['edge.ts', ['croner', 'execa', 'zod']],
])('stack/%s', async (program, packages) => {
  expect(await packagesOf(join('stack', program))).toEqual(packages);
});
