import { describe, expect, test } from 'vitest';
import { oneLine, sanitize } from './sanitize.ts';

const ESC = '\u001b';

describe('text from outside', () => {
  test.each([
    ['moves the cursor', `a${ESC}[2Jb${ESC}[1;1Hc${ESC}[10Ad`, 'abcd'],
    ['sets the title', `a${ESC}]0;owned\u0007b`, 'ab'],
    ['links elsewhere', `${ESC}]8;;https://evil.example${ESC}\\here${ESC}]8;;${ESC}\\`, 'here'],
    ['writes to the clipboard', `a${ESC}]52;c;ZWNobyBvd25lZA==\u0007b`, 'ab'],
    ['asks the terminal to answer', `a${ESC}[6nb${ESC}[cc${ESC}P$q"p${ESC}\\d`, 'abcd'],
    ['uses 8-bit controls', 'a\u009b2Jb\u009d0;x\u009cc\u0090q\u009cd', 'abcd'],
    ['resets the terminal', `a${ESC}cb${ESC}(0c${ESC}7d`, 'abcd'],
    ['does not end its sequence', `a${ESC}[38;5`, 'a'],
    ['does not end its title', `a${ESC}]0;owned`, 'a'],
    ['ends in the middle of an escape', `a${ESC}`, 'a'],
    ['goes back', 'secret\b\b\b\b\b\brm -rf\r#', 'secretrm -rf#'],
    ['reverses its direction', 'a\u202etxt.exe\u202c', 'atxt.exe'],
    ['has a NUL and a DEL', 'a\u0000b\u007fc', 'abc'],
    ['hides an escape in a sequence', `a${ESC}[${ESC}[2Jb`, 'ab'],
  ])('that %s', (_title, text, expected) => {
    expect(sanitize(text)).toBe(expected);
    expect(sanitize(text, true)).toBe(expected);
  });

  test('keeps words of all languages, emoji, tabs and line feeds', () => {
    const text = 'Zürich\t東京 👩‍👩‍👧 naïve [2J 100%\nשלום';
    expect(sanitize(text)).toBe(text);
  });

  test('keeps colors where they are wanted, and lets them end', () => {
    expect(sanitize(`${ESC}[1;31merror${ESC}[0m: x`, true)).toBe(`${ESC}[1;31merror${ESC}[0m: x`);
    expect(sanitize(`${ESC}[38;2;1;8;5mred`, true)).toBe(`${ESC}[38;2;1;8;5mred${ESC}[0m`);
    expect(sanitize(`${ESC}[1;31merror${ESC}[0m`)).toBe('error');
  });

  test('loses attributes that hide it', () => {
    expect(sanitize(`a${ESC}[8mb${ESC}[5mc`, true)).toBe('abc');
    expect(sanitize(`a${ESC}[0;8mb`, true)).toBe('ab');
  });

  test('is never a control sequence, whatever is left out of it', () => {
    const pieces = [ESC, '[', ']', '2J', '\u009b', '\u0007', '0;x', '\\', 'm', '8', ';', 'P', '\r'];
    let seed = 1;
    const next = () => {
      seed = (seed * 16807) % 2147483647;
      return seed;
    };
    for (let round = 0; round < 5000; round += 1) {
      const text = Array.from({ length: 8 }, () => pieces[next() % pieces.length]).join('');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(sanitize(text)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }
  });
});

test('a text in a table is one line', () => {
  expect(oneLine(`Fix\n\nthe\tthing ${ESC}[31mnow`)).toBe('Fix the thing now');
});
