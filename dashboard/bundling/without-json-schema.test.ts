import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { withoutJsonSchema } from './without-json-schema.ts';

const PAGE = `
  import { z } from 'zod';
  const Person = z.strictObject({ name: z.string().min(1, 'Enter a name'), kind: z.enum(['a', 'b']).nullable() });
  export const result = (value) => Person.safeParse(value).error?.issues.map(({ message }) => message) ?? 'valid';
`;

/** The code of a page with a schema. */
async function bundled(plugins: unknown[]): Promise<string> {
  const build = await rolldown({
    input: 'page',
    plugins: [
      {
        name: 'page',
        resolveId: (id) => (id === 'page' ? `${import.meta.dirname}/page.js` : null),
        load: (id) => (id.endsWith('/page.js') ? PAGE : null),
      },
      plugins as never,
    ],
  });
  const { output } = await build.generate({ format: 'es' });
  return output[0].code;
}

test('schemas check as before, with less code', async () => {
  const [before, after] = [await bundled([]), await bundled([withoutJsonSchema()])];
  expect(after.length).toBeLessThan(before.length * 0.9);
  const load = async (code: string) =>
    (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { result(value: unknown): unknown };
  const [whole, less] = [await load(before), await load(after)];
  for (const value of [
    { name: 'Ada', kind: 'a' },
    { name: '', kind: 'c' },
    { name: 'Ada', kind: null, more: 1 },
    null,
    'text',
  ]) {
    expect(less.result(value)).toEqual(whole.result(value));
  }
  expect(less.result({ name: 'Ada', kind: 'a' })).toBe('valid');
});
