import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWritten, lines, parseLine } from './log.ts';

test('a line of workerd has its level and message, and what is no such line is an error', () => {
  expect(parseLine('{"timestamp":1,"level":"warn","message":"a\\nb"}')).toEqual({
    level: 'warn',
    message: 'a\nb',
  });
  for (const text of ['*** Received signal #11', '{"level":1}', 'null', '[]', '{'])
    expect(parseLine(text)).toEqual({ level: 'error', message: text });
});

test.each([
  ['debug', 'info', false],
  ['log', 'info', true],
  ['info', 'warn', false],
  ['log', 'warn', false],
  ['error', 'error', true],
  ['fatal', 'error', true],
] as const)('%s is written at the level %s: %s', (level, least, written) => {
  expect(isWritten({ level, message: 'x' }, least)).toBe(written);
});

test('remarks of workerd are left out at each level, and what a Worker says of them is not mistaken', () => {
  const remarks = [
    'bootstrap compile cache failed its compatibility check; ignoring',
    'stack: /bin/workerd@654ee27 /bin/workerd@654f036 /bin/workerd@65cd945',
    'stack: 654ee27 654f036 65cd945',
  ];
  for (const message of remarks) expect(isWritten({ level: 'error', message }, 'debug')).toBe(false);
  for (const message of ['the stack: is empty', 'stack: Error at main', 'compile cache'])
    expect(isWritten({ level: 'error', message }, 'debug')).toBe(true);
});

test('lines are whole, however their bytes arrive', () => {
  const text = fc.array(
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.replaceAll('\n', '')),
  );
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), (all, cuts) => {
      const bytes = Buffer.from(all.map((line) => `${line}\n`).join(''));
      const seen: string[] = [];
      const write = lines((line) => seen.push(line));
      let from = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        write(bytes.subarray(from, Math.min(cut, bytes.length)));
        from = Math.min(cut, bytes.length);
      }
      expect(seen).toEqual(all.filter((line) => line !== ''));
    }),
  );
});
