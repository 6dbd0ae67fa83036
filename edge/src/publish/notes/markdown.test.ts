import { MAX_NOTES_LENGTH } from '@appflux/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notesBlocks } from './markdown.ts';

const render = (markdown: string) => notesBlocks(markdown).join('');

/** Elements, and the attributes that each may have. Nothing else may come out, whatever goes in. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  p: [],
  br: [],
  hr: [],
  h3: [],
  h4: [],
  h5: [],
  h6: [],
  ul: [],
  ol: ['start'],
  li: [],
  em: [],
  strong: [],
  s: [],
  code: ['class'],
  pre: [],
  blockquote: [],
  a: ['href', 'rel', 'title'],
  table: [],
  thead: [],
  tbody: [],
  tr: [],
  th: [],
  td: [],
};

/** Every element of a document as a browser would find them, and what is wrong with it. */
async function faultsOf(html: string): Promise<string[]> {
  const faults: string[] = [];
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      const attributes = ALLOWED[element.tagName];
      if (attributes === undefined) faults.push(`<${element.tagName}>`);
      for (const [name = '', value = ''] of element.attributes) {
        if (attributes?.includes(name) !== true) faults.push(`${element.tagName} ${name}=${value}`);
        if (name === 'href' && !/^(?:https?:\/\/|mailto:)/i.test(value)) faults.push(`href=${value}`);
        if (name === 'class' && !/^language-/.test(value)) faults.push(`class=${value}`);
      }
      if (element.tagName === 'a' && element.getAttribute('rel') !== 'nofollow noopener')
        faults.push('a link without rel');
    },
    comments: () => void faults.push('a comment'),
  });
  await rewriter.transform(new Response(html)).text();
  return faults;
}

describe('release notes', () => {
  test('have what people write in them', () => {
    expect(render('- **New**: `offline` maps\n- [guide](https://example.com/a?b=c "Guide")')).toBe(
      '<ul>\n<li><strong>New</strong>: <code>offline</code> maps</li>\n<li><a href="https://example.com/a?b=c" title="Guide" rel="nofollow noopener">guide</a></li>\n</ul>\n',
    );
    expect(render('See https://example.com/full and README.md')).toContain(
      '<a href="https://example.com/full" rel="nofollow noopener">https://example.com/full</a> and README.md',
    );
    expect(render('[write](mailto:team@example.com)')).toContain('href="mailto:team@example.com"');
  });

  test('are cut into blocks that are whole', () => {
    const blocks = notesBlocks('## A\n\ntext\n\n- one\n  - two\n\n> quote\n\n---\n\n```\ncode\n```');
    expect(blocks.map((block) => /^<(\w+)/.exec(block)?.[1])).toEqual([
      'h3',
      'p',
      'ul',
      'blockquote',
      'hr',
      'pre',
    ]);
  });

  test('have headings in steps, below that of their section', () => {
    const levels = (markdown: string) => [...render(markdown).matchAll(/<h(\d)>/g)].map(([, level]) => level);
    expect(levels('# A\n## B\n### C\n# D')).toEqual(['3', '4', '5', '3']);
    expect(levels('### Added\n\nx\n\n### Fixed')).toEqual(['3', '3']);
    expect(levels('# A\n##### B')).toEqual(['3', '4']);
    expect(levels('###### deep')).toEqual(['3']);
  });

  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x'],
    ['<a href="javascript:alert(1)">x</a>', '&lt;a href'],
    ['<!-- comment --><style>*{}</style>', '&lt;style&gt;'],
    ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
    ['[x](JaVaScRiPt&colon;alert(1))', '[x](JaVaScRiPt'],
    ['[x](&#106;avascript:alert(1))', '[x]('],
    ['[x](\u0001javascript:alert(1))', '[x]('],
    ['[x](data:text/html;base64,PHNjcmlwdD4=)', '[x](data:'],
    ['[x](vbscript:x)', '[x](vbscript'],
    ['[x](file:///etc/passwd)', '[x](file'],
    ['[x](//evil.example)', '[x](//evil'],
    ['[x](/api/apps)', '[x](/api'],
    ['[x](#top)', '[x](#top)'],
    ['<javascript:alert(1)>', '&lt;javascript:'],
    ['[x][1]\n\n[1]: javascript:alert(1)', '[x][1]'],
    ['[x](https://e.example ""><script>")', '&lt;script&gt;'],
    ['```"><script>alert(1)</script>\ncode\n```', '&lt;script&gt;'],
  ])('let nothing of %s through', async (markdown, shown) => {
    const html = render(markdown);
    expect(html).toContain(shown);
    expect(await faultsOf(html)).toEqual([]);
  });

  test.each([
    '[x]()',
    '[x]( "title")',
    '[x](<>)',
    '[x][1]\n\n[1]: <>',
    '[**x**]() and [y](https://e.example)',
  ])('have no link without an address: %s', async (markdown) => {
    const html = render(markdown);
    expect(html).toContain('x');
    expect(html.match(/<a /g)?.length ?? 0).toBe(html.match(/<\/a>/g)?.length ?? 0);
    expect(html).not.toContain('href=""');
    expect(await faultsOf(html)).toEqual([]);
  });

  test('show a picture as its description, and load none', async () => {
    const html = render('![the <map>](https://evil.example/track.png "t")');
    expect(html).toBe('<p>the &lt;map&gt;</p>\n');
    expect(await faultsOf(render('[![badge](https://e.example/b.svg)](https://e.example)'))).toEqual([]);
  });

  test('align no column by a style, and turn no text around', async () => {
    const html = render('| a | b |\n|:--|--:|\n| 1 | 2 |\n\nabc\u202egnp.exe\u202c');
    expect(html).toContain('<th>a</th>');
    expect(html).toContain('abcgnp.exe');
    expect(await faultsOf(html)).toEqual([]);
  });

  const part = fc.oneof(
    fc.constantFrom(
      '<script>',
      '</p>',
      '<svg onload=x>',
      'javascript:',
      'data:text/html,',
      'https://e.example',
      '](',
      '![',
      '[',
      ')',
      '<',
      '>',
      '"',
      "'",
      '`',
      '```',
      '\n\n',
      '\n',
      '    ',
      '- ',
      '> ',
      '# ',
      '|',
      '|--|\n',
      '&#x6a;',
      '&colon;',
      '\\',
      '[a]: ',
      '*',
      '~~',
      '\0',
      '\u2028',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );

  test('of whatever text have allowed elements and attributes only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 40 }), async (parts) => {
        expect(await faultsOf(render(parts.join('')))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['quotes in quotes', '> '],
    ['lists in lists', '- '],
    ['brackets', '['],
    ['links without an end', '[a]('],
    ['pictures', '!['],
    ['emphasis', '*a_'],
    ['backticks', '`a``'],
    ['angle brackets', '<a '],
    ['entities', '&a;'],
    ['tables', '|a'],
    ['addresses', 'https://a'],
  ])('that are a megabyte of %s are cut, and read to an end', async (_, unit) => {
    const html = render(unit.repeat(1_000_000 / unit.length));
    expect(html.length).toBeLessThan(MAX_NOTES_LENGTH * 12);
    expect(await faultsOf(html)).toEqual([]);
  });
});
