import type { LogLine } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { AttemptLog } from './attempt-log.ts';

function open(capBytes = 1_000_000) {
  const lines: Omit<LogLine, 'seq'>[] = [];
  const sink = { write: (line: Omit<LogLine, 'seq'>) => lines.push(line), ready: async () => undefined };
  return { lines, log: new AttemptLog(sink, maskWith(new Secrets(['hunter2'])), capBytes) };
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
  // Escaping is up to the display: a downloaded log should be what the build printed.
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

test('past the cap the log says so once, and keeps its own lines and the end of the output, before which it says how much was left out', () => {
  const { lines, log } = open(350);
  for (let index = 0; index < 500; index += 1) log.writeMasked(`line ${index}`, 'stdout');
  log.writeMasked('error: why it failed', 'stderr');
  log.write('still here');
  log.showEnd();
  log.write('Building failed after 2 s.');
  log.showEnd();
  const texts = lines.map(({ text }) => text);
  const kept = texts.indexOf(
    'The log has reached its limit of 350 bytes. The build continues; further output is omitted, except for its end.',
  );
  expect(texts.slice(0, kept)).toEqual(['line 0', 'line 1', 'line 2']);
  expect(texts.slice(kept + 1, kept + 4)).toEqual([
    'still here',
    expect.stringMatching(
      /^298 lines \(\d+ bytes\) of the build’s output were omitted here. Its last lines:$/,
    ),
    'line 301',
  ]);
  expect(lines.slice(-2)).toMatchObject([
    { stream: 'stderr', text: 'error: why it failed' },
    { stream: 'system', text: 'Building failed after 2 s.' },
  ]);
});

test('the end of the output that is kept past the cap is bounded in bytes, and each part of it is written once', () => {
  const { lines, log } = open(10);
  for (let index = 0; index < 100; index += 1) log.writeMasked(`${index} ${'x'.repeat(16_000)}`, 'stdout');
  log.showEnd();
  const once = lines.length;
  expect(lines.map(({ text }) => text).join('').length).toBeLessThan(300_000);
  expect(lines.at(-1)?.text).toMatch(/^99 /);
  log.showEnd();
  expect(lines).toHaveLength(once);
  log.writeMasked('of a later phase', 'stdout');
  log.showEnd();
  expect(lines.slice(once).map(({ text }) => text)).toEqual(['of a later phase']);
});

test('the cap counts lines as they are sent: marks, times and what JSON writes out', () => {
  const { lines, log } = open(10_000);
  for (let index = 0; index < 200; index += 1) log.writeMasked('', 'stdout');
  expect(lines.length).toBeLessThan(110);
  const { lines: colored, log: other } = open(10_000);
  for (let index = 0; index < 20; index += 1) other.writeMasked('\u001b'.repeat(200), 'stdout');
  expect(colored.length).toBeLessThan(10);
});

test('the end of the output is remembered, cut or not, and without lines of AppFlux', () => {
  const { log } = open(15);
  log.writeMasked('kept', 'stdout');
  log.writeMasked('cut: error of the build', 'stderr');
  log.write('by AppFlux');
  expect(log.tail.map(({ text }) => text)).toEqual(['kept', 'cut: error of the build']);
});

test('what is remembered of the output is bounded in lines and in size, whatever a build prints', () => {
  const { log } = open();
  for (let index = 0; index < 3000; index += 1) log.writeMasked(String(index), 'stdout');
  expect(log.tail).toHaveLength(1000);
  expect(log.tail.at(-1)?.text).toBe('2999');
  for (let index = 0; index < 500; index += 1) log.writeMasked('x'.repeat(16_000), 'stdout');
  expect(log.tail.map(({ text }) => text).join('').length).toBeLessThanOrEqual(1_000_000);
  expect(log.tail.length).toBeGreaterThan(50);
});
