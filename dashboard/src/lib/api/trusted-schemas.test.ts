import { parseFrame } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { frames, list, record } from './trusted-schemas.ts';

test.each([
  ['an object', record, [{}, { any: 'member' }], [[], 'text', 7, null, undefined]],
  ['an object or null', record.nullable(), [{}, null], [[], 'text', undefined]],
  ['a list', list, [[], [1]], [{}, { length: 0 }, 'text', null, undefined]],
])('%s is accepted, and nothing else', (_title, check, accepted, refused) => {
  for (const value of accepted) expect(check.safeParse(value)).toEqual({ success: true, data: value });
  for (const value of refused) {
    expect(check.safeParse(value)).toMatchObject({
      success: false,
      error: { issues: [{ code: 'invalid_type' }] },
    });
  }
});

test('frames are read as with a schema: unknown types differ from what is no frame', () => {
  const check = frames(['lines', 'end']) as never;
  const read = (frame: unknown) => parseFrame(check, JSON.stringify(frame));
  expect(read({ type: 'lines', lines: [] })).toEqual({ outcome: 'ok', frame: { type: 'lines', lines: [] } });
  expect(read({ type: 'newer' })).toEqual({ outcome: 'unknown_type', type: 'newer' });
  for (const other of [{}, [], null, 'lines', { type: 7 }])
    expect(read(other)).toMatchObject({ outcome: 'invalid' });
});
