import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSealer, variableLabel } from './sealing.ts';

const LABEL = variableLabel('66f2a1c04b7e9d0012345678', 'API_URL');
const OTHER_KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';

test('what is sealed opens again, whatever text it is', async () => {
  const sealer = createSealer(env);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 100 }), async (text) => {
      expect(await sealer.open(await sealer.seal(text, LABEL), LABEL)).toBe(text);
    }),
    { numRuns: 50 },
  );
});

test('the same text sealed twice does not look the same, and does not show', async () => {
  const sealer = createSealer(env);
  const [one, two] = [await sealer.seal('hunter2', LABEL), await sealer.seal('hunter2', LABEL)];
  expect(one).not.toBe(two);
  expect(one).not.toContain('hunter2');
  expect(one).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
});

test.each([
  variableLabel('66f2a1c04b7e9d0012345678', 'API_KEY'),
  variableLabel('66f2a1c04b7e9d0012345679', 'API_URL'),
])('what is sealed for one place does not open at another: %s', async (elsewhere) => {
  const sealer = createSealer(env);
  await expect(sealer.open(await sealer.seal('secret', LABEL), elsewhere)).rejects.toThrow(
    /changed|another place/,
  );
});

test('a sealed text with any character changed does not open', async () => {
  const sealer = createSealer(env);
  const sealed = await sealer.seal('secret', LABEL);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
    const text = await sealer.open(changed, LABEL).catch(() => 'refused');
    // The last digit of base64 has bits that stand for nothing; changing those alone changes nothing.
    if (text !== 'refused') expect([text, at]).toEqual(['secret', sealed.length - 1]);
  }
});

test('another key is named, so that the operator knows which one to set back', async () => {
  const sealed = await createSealer(env).seal('secret', LABEL);
  const refused = createSealer({ ...env, SEALING_KEY: OTHER_KEY }).open(sealed, LABEL);
  await expect(refused).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(sealed.split('.')[1] ?? ''),
  });
});

test.each(['', 'short', 'c2hvcnQ=', 'not base64 at all, but long enough..', `${OTHER_KEY}AAAA`])(
  'a sealing key that is not 32 bytes in base64 is refused with advice: %s',
  (key) => {
    expect(() => createSealer({ ...env, SEALING_KEY: key })).toThrow(
      expect.objectContaining({ code: 'unavailable', hint: expect.any(String) }),
    );
  },
);
