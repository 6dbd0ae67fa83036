import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { wantsColor } from './color.ts';
import { Output } from './output.ts';

const TTY = { isTTY: true };

function outputOf(env: Record<string, string> = {}, tty = false) {
  const texts = { out: '', err: '' };
  const streamOf = (name: 'out' | 'err') => {
    const stream = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 });
    stream.on('data', (chunk) => {
      texts[name] += String(chunk);
    });
    return stream;
  };
  const output = new Output({ stdin: { isTTY: tty }, stdout: streamOf('out'), stderr: streamOf('err'), env });
  return { output, texts };
}

test.each([
  ['a terminal', { ...TTY, env: { TERM: 'xterm-256color' } }, true],
  ['a pipe', { isTTY: false, env: { TERM: 'xterm-256color' } }, false],
  ['a terminal with NO_COLOR', { ...TTY, env: { TERM: 'xterm', NO_COLOR: '1' } }, false],
  ['a terminal with an empty NO_COLOR', { ...TTY, env: { TERM: 'xterm', NO_COLOR: '' } }, true],
  ['a dumb terminal', { ...TTY, env: { TERM: 'dumb' } }, false],
])('whether %s gets colors', (_title, facts, expected) => {
  expect(wantsColor(facts)).toBe(expected);
});

test('results and what accompanies them go to different streams, without control sequences', () => {
  const { output, texts } = outputOf();
  output.result('https://a.example\u001b]0;x\u0007');
  output.note(`${output.noteColors.red('Error:')} \u001b[31mno\u001b[2J`);
  expect(texts).toEqual({ out: 'https://a.example\n', err: 'Error: no\n' });
});

test('JSON is the same JSON, without characters that a terminal obeys', () => {
  const { output, texts } = outputOf({}, true);
  const value = { message: 'a\u001b[2J\u009b2J\u202e\u0007b' };
  output.json(value);
  expect(JSON.parse(texts.out)).toEqual(value);
  expect(texts.out).toMatch(/^[\n\x20-\x7e]*$/);
});

test('a status line is only on a terminal, and what is printed replaces it', () => {
  const pipe = outputOf();
  pipe.output.status('50%');
  expect(pipe.texts.err).toBe('');
  const terminal = outputOf({ TERM: 'xterm' }, true);
  terminal.output.status('50%');
  terminal.output.note('line');
  terminal.output.status(null);
  expect(terminal.texts.err).toBe('\r\u001b[2K50%\r\u001b[2Kline\n50%\r\u001b[2K');
});

test.each([
  [{ TERM: 'xterm' }, true, true],
  [{ TERM: 'xterm', CI: 'true' }, true, false],
  [{ TERM: 'dumb' }, true, false],
  [{ TERM: 'xterm' }, false, false],
])('with %o and a terminal (%s), whether somebody can answer: %s', (env, tty, expected) => {
  expect(outputOf(env as Record<string, string>, tty).output.interactive).toBe(expected);
});
