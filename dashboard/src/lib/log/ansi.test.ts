import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainText, styleAfter, styleClass, styledLine } from './ansi.ts';
import { applySgr, nearestHue, PLAIN } from './sgr.ts';

const ESC = '\u001b';
const shown = (raw: string) => styledLine(raw).spans.map(({ text, style }) => [text, styleClass(style)]);

describe('colors', () => {
  test('start and end at their sequences', () => {
    expect(shown(`a ${ESC}[31mred${ESC}[39m ${ESC}[1;4;32mbold${ESC}[0m end`)).toEqual([
      ['a ', ''],
      ['red', 'ansi-red'],
      [' ', ''],
      ['bold', 'ansi-green ansi-bold ansi-underline'],
      [' end', ''],
    ]);
  });

  test.each([
    ['38;5;196', 'ansi-red'],
    ['38;5;46', 'ansi-green'],
    ['38:5:21', 'ansi-blue'],
    ['38;5;240', 'ansi-gray'],
    ['38;5;255', ''],
    ['38;2;255;140;0', 'ansi-yellow'],
    ['38:2::0:200:220', 'ansi-cyan'],
    ['38:2:200:0:200', 'ansi-magenta'],
    ['48;2;0;0;255', 'ansi-on-blue'],
    ['97', ''],
    ['30', 'ansi-gray'],
    ['7', 'ansi-on-gray'],
    ['31;7', 'ansi-on-red'],
    ['1;31;22', 'ansi-red'],
    ['4:3', 'ansi-underline'],
    ['4:3;4:0', ''],
    ['31;', ''],
    ['38;5;196;1', 'ansi-red ansi-bold'],
    ['38;2;255;0;0;3', 'ansi-red ansi-italic'],
  ])('%s is shown as "%s"', (sequence, className) => {
    expect(styleClass(applySgr(PLAIN, sequence))).toBe(className);
  });

  test('can’t hide text: not black on black, not concealed, not white on white', () => {
    expect(shown(`${ESC}[8msecret`)).toEqual([['secret', '']]);
    expect(shown(`${ESC}[38;2;0;0;0;48;2;0;0;0mdark`)).toEqual([['dark', 'ansi-on-gray']]);
    expect(nearestHue(255, 255, 255)).toBe(null);
  });

  test('carry over to the next line until they are reset', () => {
    const red = styleAfter(`${ESC}[31mline one`, PLAIN);
    expect(styledLine('line two', red).spans[0]?.style.color).toBe('red');
    expect(styleAfter(`${ESC}[m`, red)).toBe(PLAIN);
  });
});

describe('hostile lines', () => {
  test('stay text: markup is not parsed', () => {
    expect(plainText('<img src=x onerror=alert(1)>&amp;')).toBe('<img src=x onerror=alert(1)>&amp;');
  });

  test('lose their hyperlinks but keep the text (OSC 8)', () => {
    const line = `${ESC}]8;;javascript:alert(1)${ESC}\\click${ESC}]8;;${ESC}\\ here`;
    expect(shown(line)).toEqual([['click here', '']]);
  });

  test('can’t set a title, write to the clipboard, move the cursor, or query the terminal', () => {
    const line = `${ESC}]0;title\u0007a${ESC}]52;c;ZXZpbA==\u0007b${ESC}[2Ac${ESC}[6n${ESC}P$qm${ESC}\\d${ESC}c`;
    expect(plainText(line)).toBe('abcd');
  });

  test('can’t swallow the rest of a line with an unterminated sequence', () => {
    expect(plainText(`before ${ESC}]8;;https://example.com after`)).toContain('after');
    expect(plainText(`before ${ESC}_after`)).toContain('after');
  });

  test('can’t reorder text', () => {
    expect(plainText(`ok \u202etxt.exe`)).toBe('ok ‹U+202E›txt.exe');
  });

  test('never yield unknown class names, escape characters, or exceptions', () => {
    const nasty = fc
      .array(
        fc.oneof(
          fc.constantFrom(
            ESC,
            '[',
            ']',
            'm',
            ';',
            ':',
            '38',
            '2',
            '5',
            '\r',
            '\b',
            '\u009b',
            '\\',
            '\u0007',
            '"',
          ),
          fc.string({ unit: 'binary', maxLength: 4 }),
        ),
        { maxLength: 60 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(nasty, (raw) => {
        for (const { text, style } of styledLine(raw).spans) {
          expect(styleClass(style)).toMatch(/^(?:ansi-[a-z-]+(?: |$))*$/);
          expect(text).not.toContain(ESC);
        }
      }),
    );
  });

  test('are parsed in linear time', () => {
    const sequence = `${ESC}[38;2;1;2;3m`;
    const line = sequence.repeat(16_384 / sequence.length);
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) styledLine(line);
    expect((performance.now() - started) / 20).toBeLessThan(100);
  });
});

describe('progress bars', () => {
  test('show their last state', () => {
    expect(plainText('10%\r55%\r100%')).toBe('100%');
    expect(plainText('done\r')).toBe('done');
    expect(plainText('working |\b/\b-')).toBe('working -');
  });
});
