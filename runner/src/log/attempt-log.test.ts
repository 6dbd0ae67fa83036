import type { LogLine } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Secrets } from '../masking/secrets.ts';
import { AttemptLog } from './attempt-log.ts';

function open(capBytes = 1_000_000) {
  const lines: Omit<LogLine, 'seq'>[] = [];
  const sink = { write: (line: Omit<LogLine, 'seq'>) => void lines.push(line), ready: async () => undefined };
  return { lines, log: new AttemptLog(sink, new Secrets(['hunter2']), capBytes) };
}

test('a line has its phase, its stream and its time, and no secret', () => {
  const { lines, log } = open();
  log.enterPhase('preparing');
  log.write('the password is hunter2');
  expect(lines).toEqual([
    {
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      stream: 'system',
      phase: 'preparing',
      text: 'the password is ***',
    },
  ]);
});

test('what would move a terminal’s cursor, open a link or turn text around is kept as text, on its own line', () => {
  // Whoever shows a log makes it harmless there: a download of it should be what the build printed.
  const { lines, log } = open();
  const hostile = [
    '\u001b[31mred\u001b[0m \u001b[2J\u001b[H',
    '\u001b]8;;javascript:alert(1)\u001b\\click\u001b]8;;\u001b\\',
    'safe \u202etxt.exe\u2066',
    '<img src=x onerror=alert(1)>',
  ];
  log.write(hostile.join('\n'), 'stdout');
  expect(lines.map(({ text }) => text)).toEqual(hostile);
});

test('a text of several lines becomes several lines', () => {
  const { lines, log } = open();
  log.write('one\ntwo\r\n\nthree', 'stderr');
  expect(lines.map(({ text }) => text)).toEqual(['one', 'two', '', 'three']);
});

test('past the cap the log says so once, keeps its own lines, and says at the end how much was cut', () => {
  const { lines, log } = open(20);
  for (const text of ['0123456789', 'abcdefghi', 'too much', 'x']) log.writeMasked(text, 'stdout');
  log.write('still here');
  log.close();
  expect(lines.map(({ text }) => text)).toEqual([
    '0123456789',
    'The log has reached its limit of 20 bytes. The build goes on; its output is cut.',
    'still here',
    "3 lines (21 bytes) of the build's output were cut.",
  ]);
});

test('the end of the output is remembered, cut or not, and without lines of AppFlux', () => {
  const { log } = open(15);
  log.writeMasked('kept', 'stdout');
  log.writeMasked('cut: error of the build', 'stderr');
  log.write('by AppFlux');
  expect(log.tail).toEqual(['kept', 'cut: error of the build']);
});

test('what is remembered of the output is bounded in lines and in size, whatever a build prints', () => {
  const { log } = open();
  for (let index = 0; index < 3000; index += 1) log.writeMasked(String(index), 'stdout');
  expect(log.tail).toHaveLength(1000);
  expect(log.tail.at(-1)).toBe('2999');
  for (let index = 0; index < 500; index += 1) log.writeMasked('x'.repeat(16_000), 'stdout');
  expect(log.tail.join('').length).toBeLessThanOrEqual(1_000_000);
  expect(log.tail.length).toBeGreaterThan(50);
});
