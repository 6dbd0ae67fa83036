import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { unusedSchemas } from './unused-schemas.ts';

const MODULES: Readonly<Record<string, string>> = {
  '/page.js': "import { answer, list } from '/protocol/all.js'; console.log(answer(), list);",
  '/protocol/all.js': `
    import { make } from '/lib.js';
    export const Unused = make('unused').of({ part: make('part') });
    const parts = { first: make('first') };
    export const AlsoUnused = make(parts);
    export const list = [make('kept')];
    export const LIMIT = 7;
    export const answer = () => LIMIT;
  `,
  '/lib.js': 'export const make = (name) => { globalThis.made = name; return { of: () => name }; };',
};

/** The bundle of the page. */
async function bundled(plugins: unknown[]): Promise<string> {
  const build = await rolldown({
    input: '/page.js',
    plugins: [
      { name: 'files', resolveId: (id) => (id in MODULES ? id : null), load: (id) => MODULES[id] ?? null },
      plugins as never,
    ],
  });
  const { output } = await build.generate({ format: 'es' });
  return output[0].code;
}

test('constants that nobody uses are left out, and used ones keep their value', async () => {
  const before = await bundled([]);
  expect(before).toContain('unused');
  const after = await bundled([unusedSchemas(['/protocol/'])]);
  for (const gone of ['unused', '"part"', '"first"']) expect(after).not.toContain(gone);
  expect(after).toContain('kept');
  expect(after).toContain('7');
});

test('modules elsewhere stay as they are', async () => {
  expect(await bundled([unusedSchemas(['/elsewhere/'])])).toContain('unused');
});
