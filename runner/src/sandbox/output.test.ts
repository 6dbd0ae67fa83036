import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Secrets } from '../masking/secrets.ts';
import { OutputReader } from './output.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const NONCE = 'c0ffeec0ffee';

function open(secrets: string[] = []) {
  const seen: string[] = [];
  const reader = new OutputReader({
    nonce: NONCE,
    secrets: new Secrets(secrets),
    line: (text) => seen.push(text),
    mark: (mark) => seen.push(`<${mark.event} ${mark.stage}>`),
  });
  return { seen, reader, push: (text: string) => reader.push(Buffer.from(text)) };
}

test('a mark is no line, and ends the line before it', () => {
  const { seen, push, reader } = open(['begin', 'install']);
  push(`${NONCE} begin install\nfetching install...`);
  push(`${NONCE} end install 0\n`);
  reader.end();
  expect(seen).toEqual(['<begin install>', 'fetching ***...', '<end install>']);
});

test('an unfinished line is shown after two seconds of silence', () => {
  const { seen, push } = open();
  push('Downloading... ');
  vi.advanceTimersByTime(1999);
  push('42%');
  vi.advanceTimersByTime(1999);
  expect(seen).toEqual([]);
  vi.advanceTimersByTime(1);
  push(' done\n');
  expect(seen).toEqual(['Downloading... 42%', ' done']);
});

test('silence does not bring out half a secret', () => {
  const { seen, push, reader } = open(['hunter2-secret']);
  push('key: hunter2');
  vi.advanceTimersByTime(60_000);
  push('-secret\n');
  reader.end();
  expect(seen).toEqual(['key: ', '***']);
});

test('silence shows what is no beginning of a secret, though it might have been one of an escape', () => {
  const { seen, push, reader } = open(['hunter2-secret']);
  push('Downloading... 45%');
  vi.advanceTimersByTime(2000);
  expect(seen).toEqual(['Downloading... 45%']);
  push(' &');
  vi.advanceTimersByTime(2000);
  reader.end();
  expect(seen).toEqual(['Downloading... 45%', ' &']);
});

test('bytes that are not UTF-8 are replaced, and the stream goes on', () => {
  const { seen, reader } = open();
  reader.push(Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xc3));
  reader.push(Uint8Array.of(0xa9, 0x0a, 0xe2, 0x82));
  reader.end();
  expect(seen).toEqual(['a\ufffdb', 'é', '\ufffd']);
});

test('property: how the bytes are cut changes nothing', () => {
  const part = fc.constantFrom(
    'é😀',
    'hunter2',
    'hun',
    '\n',
    '\r',
    `${NONCE} end build 1\n`,
    'plain',
    NONCE.slice(0, 4),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 8 }), (parts, places) => {
      const bytes = Buffer.from(parts.join(''));
      const whole = open(['hunter2']);
      whole.reader.push(bytes);
      whole.reader.end();
      const cut = open(['hunter2']);
      const borders = [0, ...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      for (const [index, end] of borders.slice(1).entries())
        cut.reader.push(bytes.subarray(borders[index], end));
      cut.reader.end();
      expect(cut.seen).toEqual(whole.seen);
    }),
    { numRuns: 1000 },
  );
});
