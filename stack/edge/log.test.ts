import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indented, isWritten, lines, parseLine, printed } from './log.ts';

test('a line of workerd has its level and message, and what is no such line is an error', () => {
  expect(parseLine('{"timestamp":1,"level":"warn","message":"a\\nb"}')).toEqual({
    level: 'warn',
    message: 'a\nb',
    isOwn: false,
  });
  for (const text of ['*** Received signal #11', '{"level":1}', 'null', '[]', '{'])
    expect(parseLine(text)).toEqual({ level: 'error', message: text, isOwn: true });
});

test.each([
  ['debug', 'info', false],
  ['log', 'info', true],
  ['info', 'warn', false],
  ['log', 'warn', false],
  ['error', 'error', true],
  ['fatal', 'error', true],
] as const)('%s is written at the level %s: %s', (level, least, written) => {
  expect(isWritten({ level, message: 'x', isOwn: false }, least)).toBe(written);
});

/** A line as workerd writes it about itself: with the place in its source. */
const own = (message: string) => parseLine(JSON.stringify({ level: 'error', source: 'a.c++:1', message }));

test('remarks of workerd are left out at each level, and what a Worker says of them is not mistaken', () => {
  const remarks = [
    'bootstrap compile cache failed its compatibility check; ignoring',
    'stack: /bin/workerd@654ee27 /bin/workerd@654f036 /bin/workerd@65cd945',
    'stack: 654ee27 654f036 65cd945',
  ];
  for (const message of remarks) {
    expect(isWritten(own(message), 'debug')).toBe(false);
    expect(isWritten(parseLine(message), 'debug')).toBe(false);
    // Anybody can have the control plane write this: it must not hide what happened to him.
    const said = parseLine(JSON.stringify({ level: 'error', message: `no such app: ${message}` }));
    expect([said.message, isWritten(said, 'debug')]).toEqual([`no such app: ${message}`, true]);
  }
  for (const message of ['the stack: is empty', 'stack: Error at main', 'compile cache'])
    expect(isWritten(own(message), 'debug')).toBe(true);
});

test.each([
  [
    'e = rust/worker/ffi.rs:110: failed: No such file or directory\nstack: /b/workerd@28a3c60 /b/workerd@5d1',
    'e = rust/worker/ffi.rs:110: failed: No such file or directory',
  ],
  ['failed: lost; stack: 28a3c60 5d10 0\nmore', 'failed: lost\nmore'],
  ['failed\nstack: /my folder/workerd@28a3c60 /my folder/workerd@5d1', 'failed'],
])('of an error of workerd, only addresses in its program are left out: %j', (message, left) => {
  const line = own(message);
  expect(line.message).toBe(left);
  expect(isWritten(line, 'error')).toBe(true);
});

test.each([
  ['Error: no\n    at x\n    at y', 'Error: no\n    at x\n    at y'],
  ['Error: no\n2026-11-30T22:00:00.000Z error forged', 'Error: no\n  2026-11-30T22:00:00.000Z error forged'],
  ['a\r\n\u2028b', 'a\n  b'],
])('further lines of a message are no lines of the log: %j', (message, entry) => {
  expect(indented(message)).toBe(entry);
});

test('what workerd prints about a crash does not end up within a line that it has not finished', () => {
  const seen: unknown[] = [];
  const { output, error } = printed((line) => seen.push(line));
  output(Buffer.from('{"level":"log","mess'));
  error(Buffer.from('*** Received signal #11\n'));
  output(Buffer.from('age":"whole"}\n'));
  expect(seen).toEqual([
    { level: 'error', message: '*** Received signal #11', isOwn: true },
    { level: 'log', message: 'whole', isOwn: false },
  ]);
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
