/** The forms in which a tool may print a secret without meaning to hide it. Each is masked, however its output is cut. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK } from './forms.ts';
import { maskText } from './mask.ts';
import { Redactor } from './redactor.ts';
import { Secrets } from './secrets.ts';

const SECRETS = {
  plain: 'hunter2-correct-horse-battery',
  quotes: `p"a's\\s&w<o>rd/ü+1 €%😀`,
  url: 'postgres://app:s3cr3t@db.example.com:5432/app?sslmode=require&x="1"',
  key: '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----\n',
};

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  ü: '&uuml;',
  '€': '&euro;',
};
const entities = (text: string, of: (char: string) => string) =>
  text.replace(/[&<>"'\u0080-\u{10ffff}]/gu, of);
const point = (char: string) => char.codePointAt(0) ?? 0;
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const asciiJson = (text: string) =>
  json(text).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const octal = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) => {
      if (byte === 10) return '\\n';
      if (byte >= 0x80) return `\\${byte.toString(8)}`;
      const char = String.fromCharCode(byte);
      return char === "'" || char === '\\' ? `\\${char}` : char;
    })
    .join('');
const base64 = (text: string, before = '', columns = 76) =>
  Buffer.from(`${before}${text}`)
    .toString('base64')
    .replaceAll(new RegExp(`.{${columns}}`, 'g'), '$&\n');

/** Each writes a secret as some tool does. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  json,
  'json in json': (text) => json(json(text)),
  'json in json in json': (text) => json(json(json(text))),
  'json of ASCII in json': (text) => json(asciiJson(text)),
  'json of Go and of pages': (text) =>
    json(text).replace(/[&<>]/g, (char) => `\\u${point(char).toString(16).padStart(4, '0')}`),
  'html, by names': (text) => entities(text, (char) => NAMED[char] ?? char),
  'html, decimal': (text) => entities(text, (char) => `&#${point(char)};`),
  'html, hexadecimal': (text) => entities(text, (char) => `&#x${point(char).toString(16)};`),
  'html, hexadecimal in capitals with zeros': (text) =>
    entities(text, (char) => `&#X${point(char).toString(16).toUpperCase().padStart(6, '0')};`),
  'html, every character': (text) =>
    [...text].map((char) => (char === '\n' ? char : `&#${point(char)};`)).join(''),
  'html in html': (text) =>
    entities(
      entities(text, (char) => NAMED[char] ?? char),
      (char) => NAMED[char] ?? char,
    ),
  'json in an attribute': (text) => entities(json(text), (char) => `&#${point(char)};`),
  'html in json': (text) => json(entities(text, (char) => NAMED[char] ?? char)),
  'shell, single quotes': (text) => `'${text.replaceAll("'", "'\\''")}'`,
  'shell, quotes around quotes': (text) => `'${text.replaceAll("'", `'"'"'`)}'`,
  'shell, double quotes': (text) => `"${text.replace(/["\\$`]/g, '\\$&')}"`,
  "shell, $'..'": (text) => `$'${octal(text)}'`,
  'shell, backslashes': (text) => text.replace(/[^\w\n/:.,@+-]/gu, '\\$&'),
  percent: (text) => encodeURIComponent(text),
  'percent in percent': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent of json': (text) => encodeURIComponent(JSON.stringify({ v: text })),
  'a form': (text) => new URLSearchParams({ v: text }).toString(),
  "python's bytes": (text) =>
    [...Buffer.from(text)]
      .map((byte) => (byte >= 0x80 ? `\\x${byte.toString(16)}` : json(String.fromCharCode(byte))))
      .join(''),
  'base64, 76 columns': (text) => base64(text),
  'base64, 76 columns, bytes before': (text) => base64(text, 'username:'),
  'base64, 64 columns, bytes before': (text) => base64(text, 'a line before\nx=', 64),
  'base64, 76 columns, indented': (text) => base64(text, 'ab').replaceAll('\n', '\n    '),
  'base64, 76 columns, in json': (text) => json(base64(text, 'abcd')),
  'base64 of json': (text) => Buffer.from(JSON.stringify({ auth: text })).toString('base64'),
  'base64, percent': (text) => encodeURIComponent(Buffer.from(`u:${text}`).toString('base64')),
};

/** Texts in which nothing of `secret` of six characters or more may be found, as it is or once it is read as base64. */
function expectHidden(shown: string, secret: string) {
  const plain = stripVTControlCharacters(shown);
  const joined = plain.replaceAll(/[\r\n]+ */g, '');
  const decoded = joined
    .split(MASK)
    .flatMap((part) => part.match(/[\w+/-]{6,}/g) ?? [])
    .flatMap((run) => [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')));
  const words = secret.split(/[^\w:./@-]+/).filter((word) => word.length >= 6 && !word.startsWith('-----'));
  for (const word of words) {
    for (let at = 0; at + 6 <= word.length; at += 1) {
      const part = word.slice(at, at + 6);
      expect([plain, joined, ...decoded].filter((text) => text.includes(part))).toEqual([]);
    }
  }
}

function stream(secrets: Secrets, pieces: readonly string[]): string {
  const redactor = new Redactor(secrets);
  return pieces.map((piece) => redactor.push(piece)).join('') + redactor.flush();
}

const cases = Object.entries(FORMS).flatMap(([form, write]) =>
  Object.entries(SECRETS).map(([name, secret]) => ({ form, name, secret, written: write(secret) })),
);

describe.each(cases)('$name as $form', ({ secret, written }) => {
  const secrets = new Secrets([secret]);
  const text = `before <${written}> after\n`;

  test('is masked', () => {
    const shown = maskText(secrets, text);
    expect(shown).toContain(MASK);
    expectHidden(shown, secret);
    expect(shown).toMatch(/^before <.*> after\n$/s);
  });

  test('is masked wherever it is cut in two, and in single units', () => {
    const shown = maskText(secrets, text);
    for (let at = 1; at < text.length; at += 1) {
      expect(stream(secrets, [text.slice(0, at), text.slice(at)])).toBe(shown);
    }
    expect(stream(secrets, text.split(''))).toBe(shown);
  });

  test('is masked with a color that begins anywhere in it', () => {
    for (let at = 0; at <= written.length; at += 7) {
      const colored = `${written.slice(0, at)}\u001b[1;31m${written.slice(at)}\u001b[0m`;
      // Within an escape of another kind no tool changes the color.
      if (/[\\%&][#\w]*$/.test(written.slice(0, at))) continue;
      expectHidden(maskText(secrets, `x ${colored} y\n`), secret);
    }
  });
});

describe('base64', () => {
  test('is masked with any number of bytes before it, at any number of columns', () => {
    const { plain } = SECRETS;
    const secrets = new Secrets([plain]);
    for (let before = 0; before < 80; before += 1) {
      for (const columns of [60, 64, 76]) {
        const written = base64(`${plain} and more`, 'b'.repeat(before), columns);
        expectHidden(maskText(secrets, written), plain);
      }
    }
  });

  test('of a long secret is masked on each line', () => {
    const long = Array.from({ length: 200 }, (_, index) => `part-${index}-of-a-long-key`).join('/');
    const shown = maskText(new Secrets([long]), base64(long, 'xy')).split('\n');
    expect(shown.slice(1, -1).every((line) => line === MASK)).toBe(true);
  });
});

describe('a secret over several lines', () => {
  const secret = 'a-token-that-is-wrapped-at-any-width';
  const secrets = new Secrets([secret]);

  test.each([
    ['a terminal wraps it', 'a-token-that-\nis-wrapped-at-any-width', `${MASK}\n${MASK}`],
    ['it is folded and indented', 'a-token-that-\r\n    is-wrapped-at-any-width', `${MASK}\r\n    ${MASK}`],
    [
      'a color goes over the border',
      '\u001b[31ma-token-that-\n\u001b[31mis-wrapped-at-any-width\u001b[0m',
      `\u001b[31m${MASK}\n\u001b[31m${MASK}\u001b[0m`,
    ],
  ])('is masked on each when %s', (_, written, shown) => {
    expect(maskText(secrets, `x ${written} y`)).toBe(`x ${shown} y`);
    expect(stream(secrets, `x ${written} y`.split(''))).toBe(`x ${shown} y`);
  });

  test('does not hold back a line for three characters at its end', () => {
    const redactor = new Redactor(secrets);
    expect(redactor.push('that is a-t\n')).toBe('that is a-t\n');
    expect(redactor.push('oken-that-is-wrapped-at-any-width\n')).toBe(`${MASK}\n`);
  });
});

describe('what looks like a secret and is none', () => {
  const secrets = new Secrets(['production', "it's", 'p@ss w0rd', 'a\\nb-c-d', '100%']);

  test.each([
    'counted 101 files in 11 folders',
    'product ion',
    'produc\ntive work',
    'its price is 100 percent, it s',
    'p@ssw0rd',
    'C:\\new\\table & &copy; &unknown; 50% off \\u12 \\x %zz',
    'SGVsbG8gd29ybGQ=\nSGVsbG8gd29ybGQ=',
    '{"a":"b\\nc","d":"\\\\"}',
    '\u001b[32m✓\u001b[39m 12 modules transformed.',
    'echo \'done\' "and done" && exit',
  ])('%j stays as it is', (text) => {
    expect(maskText(secrets, text)).toBe(text);
    expect(stream(secrets, text.split(''))).toBe(text);
  });

  test('a line of brackets in a secret of many lines does not hide such lines everywhere', () => {
    const file = new Secrets(['{\n  "a": {\n    "token": "3f9c-aa01"\n  },\n  ]],,\n}\n']);
    expect(maskText(file, 'x\n  },\n  ]],,\n}\n')).toBe('x\n  },\n  ]],,\n}\n');
    expect(maskText(file, 'say "token": "3f9c-aa01"')).toBe(`say ${MASK}`);
  });

  test('what may be the beginning of an escape is given out when nothing comes', () => {
    const redactor = new Redactor(secrets);
    const first = redactor.push('done 45%');
    expect(first + redactor.pause()).toBe('done 45%');
    expect(redactor.push('\n')).toBe('\n');
  });
});

test('property: a secret is masked in any nesting of the forms, however the stream is cut', () => {
  const nestable = [
    'json',
    'html, by names',
    'html, decimal',
    'percent',
    'json of ASCII in json',
    'shell, single quotes',
  ];
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          'a',
          'n',
          'u',
          '0',
          '4',
          '%',
          '\\',
          '"',
          "'",
          '&',
          ';',
          ' ',
          '/',
          'é',
          '😀',
          '+',
          '#',
          'x',
        ),
        minLength: 6,
        maxLength: 24,
      }),
      fc.array(fc.constantFrom(...nestable), { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      (middle, forms, places) => {
        const secret = `Secret${middle}Value`;
        const written = forms.reduce((text, form) => (FORMS[form] ?? String)(text), secret);
        const text = `<${written}>`;
        const secrets = new Secrets([secret]);
        const shown = maskText(secrets, text);
        expect(shown).not.toContain('Secret');
        expect(shown).not.toContain('Value');
        const borders = [
          0,
          ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b),
          text.length,
        ];
        const pieces = borders.slice(1).map((end, index) => text.slice(borders[index], end));
        expect(stream(secrets, pieces)).toBe(shown);
      },
    ),
    { numRuns: 1500 },
  );
});
