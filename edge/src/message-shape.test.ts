import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LONGEST_SHAPE, messageShape } from './message-shape.ts';

test.each([
  ['deployment 66f2a1c04b7e9d0012345678 could not be removed', 'deployment <id> could not be removed'],
  ['no answer within 6000 ms', 'no answer within <n> ms'],
  ['The mail API answered 500', 'The mail API answered <n>'],
  ['connect ECONNREFUSED 127.0.0.1:9000', 'connect ECONNREFUSED <n>'],
  ["ENOENT: no such file, open '/srv/appflux/state/secrets.json'", "ENOENT: no such file, open '<path>'"],
  ['apps/66f2a1c04b7e9d0012345678/log.ndjson.gz is not in storage', '<path> is not in storage'],
  ['GET https://s3.example/bucket/key?X=1 failed', 'GET <url> failed'],
  ['There is no team 2b1f9b0e-6f43-4c5a-9a53-0f1a2b3c4d5e', 'There is no team <id>'],
  ['the link for ada@example.com was not sent', 'the link for <email> was not sent'],
  ['the next one is at 2026-11-29T12:00:00.000Z', 'the next one is at <time>'],
  ['Unknown column "durations" in the result', 'Unknown column <text> in the result'],
  ['two\n  lines', 'two lines'],
])('%s', (message, shape) => {
  expect(messageShape(message)).toBe(shape);
});

test.each(['The storage does not respond', 'input/output error', 'SQLITE_BUSY: database is locked', ''])(
  'nothing is replaced in: %s',
  (message) => expect(messageShape(message)).toBe(message),
);

test('messages that say different things have different shapes', () => {
  const messages = ['storage is down', 'queue is down', 'The mail API answered 500', 'The mail API hangs'];
  expect(new Set(messages.map(messageShape)).size).toBe(messages.length);
});

const hex = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length });
const objectId = hex(24)
  .map((digits) => digits.join(''))
  // Without a digit it may be a word.
  .filter((id) => /\d/.test(id));

test('whichever deployment, number, path and email it is about, the shape is the same', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
  fc.assert(
    fc.property(objectId, fc.nat(), name, fc.uuid(), (id, number, word, uuid) => {
      const message = `deployment ${id} of ${uuid}: /srv/${word}/${word}.txt, attempt ${number}, for ${word}@example.com`;
      expect(messageShape(message)).toBe('deployment <id> of <id>: <path>, attempt <n>, for <email>');
    }),
  );
});

test('of any text, a shape is bounded, one line, without digits, and its own shape', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
      const shape = messageShape(text);
      expect(shape.length).toBeLessThanOrEqual(LONGEST_SHAPE);
      expect(shape).not.toMatch(/[\n\r]/);
      expect(shape).not.toMatch(/[0-9]/);
      expect(messageShape(shape)).toBe(shape);
    }),
    { numRuns: 500 },
  );
});
