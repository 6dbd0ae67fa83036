import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { frameTypes, parseFrame } from './frame.ts';
import { FromViewer } from './log.ts';

const Schema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ack'), seq: z.int() }),
  z.strictObject({ type: z.literal('grant'), token: z.string() }),
]);

test('a frame of the schema is parsed, by the rules of its own member', () => {
  expect(parseFrame(Schema, '{"type":"ack","seq":3,"new":1}')).toEqual({
    outcome: 'ok',
    frame: { type: 'ack', seq: 3 },
  });
  expect(parseFrame(Schema, '{"type":"grant","token":"t","new":1}')).toMatchObject({ outcome: 'invalid' });
});

test.each([
  ['{"type":"weather","sunny":true}', 'weather'],
  ['{"type":""}', ''],
  ['{"type":"ACK","seq":3}', 'ACK'],
  // Names of Object's own members.
  ['{"type":"constructor"}', 'constructor'],
])('a type that the schema does not know is an outcome of its own: %s', (text, type) => {
  expect(parseFrame(Schema, text)).toEqual({ outcome: 'unknown_type', type });
});

test.each([
  ['{"type":"ack","seq":"three"}', 'seq', 'invalid_type'],
  ['{"type":"ack"}', 'seq', 'invalid_type'],
  ['{"type":"grant","token":"t","new":1}', '', 'unrecognized_keys'],
  ['{"type":7}', 'type', 'invalid_union'],
  ['{"seq":3}', 'type', 'invalid_union'],
  ['{}', 'type', 'invalid_union'],
  ['[{"type":"weather"}]', '', 'invalid_type'],
  ['null', '', 'invalid_type'],
  ['"ack"', '', 'invalid_type'],
  ['ack', '', 'not_json'],
  ['', '', 'not_json'],
  ['{"type":"ack","seq":3', '', 'not_json'],
])('what has no type, or not the members of its type, is invalid: %s', (text, path, code) => {
  expect(parseFrame(Schema, text)).toMatchObject({ outcome: 'invalid', issues: [{ path, code }] });
});

test.each([
  [new TextEncoder().encode('{"type":"ack","seq":3}').buffer],
  [undefined],
  [{ type: 'ack', seq: 3 }],
])('what is not text is invalid, however well-formed: %o', (message) => {
  expect(parseFrame(Schema, message)).toMatchObject({ outcome: 'invalid', issues: [{ code: 'not_text' }] });
});

test('all that is wrong with a frame is listed', () => {
  const Two = z.object({ type: z.literal('two'), a: z.string(), b: z.string() });
  expect(parseFrame(Two, '{"type":"two"}')).toMatchObject({
    outcome: 'invalid',
    issues: [
      { path: 'a', code: 'invalid_type' },
      { path: 'b', code: 'invalid_type' },
    ],
  });
});

describe('the largest frame', () => {
  const text = '{"type":"ack","seq":3}';

  test('is read, and one that is longer is not, whatever it holds', () => {
    expect(parseFrame(Schema, text, { maxLength: text.length })).toMatchObject({ outcome: 'ok' });
    expect(parseFrame(Schema, text, { maxLength: text.length - 1 })).toEqual({
      outcome: 'too_large',
      length: text.length,
    });
    expect(parseFrame(Schema, 'x'.repeat(9), { maxLength: 8 })).toEqual({ outcome: 'too_large', length: 9 });
  });

  test('has no limit by default', () => {
    expect(parseFrame(Schema, text + ' '.repeat(1_000_000))).toMatchObject({ outcome: 'ok' });
  });
});

test('a schema of one type knows only that', () => {
  expect(frameTypes(FromViewer)).toEqual(['seen']);
  expect(parseFrame(FromViewer, '{"type":"seen","length":1}')).toMatchObject({ outcome: 'ok' });
  expect(parseFrame(FromViewer, '{"type":"read","length":1}')).toEqual({
    outcome: 'unknown_type',
    type: 'read',
  });
  expect(parseFrame(FromViewer, '{"type":"seen"}')).toMatchObject({ outcome: 'invalid' });
});

test('the types of a union are those of its members', () => {
  expect(frameTypes(Schema)).toEqual(['ack', 'grant']);
});
