import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readModules, submoduleUrl } from './submodule-url.ts';

const parent = new URL('https://git.example.com/team/app.git');
const read = (text: string) => submoduleUrl(text, parent)?.href ?? null;

describe('the URL of a submodule', () => {
  it.each([
    ['../theme.git', 'https://git.example.com/team/theme.git'],
    ['../../other/theme.git', 'https://git.example.com/other/theme.git'],
    ['./inner.git', 'https://git.example.com/team/app.git/inner.git'],
    ['https://git.example.com/other/theme.git', 'https://git.example.com/other/theme.git'],
    ['https://GIT.example.com:443/theme', 'https://git.example.com/theme'],
    ['git@git.example.com:other/theme.git', 'https://git.example.com/other/theme.git'],
    ['ssh://git@git.example.com:2222/other/theme.git', 'https://git.example.com/other/theme.git'],
    ['../theme.git?x=1#y', 'https://git.example.com/team/theme.git'],
  ])('is one of the same host: %s', (text, href) => {
    expect(read(text)).toBe(href);
  });

  it.each([
    'file:///etc',
    '/etc/passwd',
    'ext::sh -c id',
    'ext::sh',
    '--upload-pack=id',
    '-c',
    'https://other.example.com/theme.git',
    'https://git.example.com:8443/theme.git',
    'http://git.example.com/theme.git',
    'git://git.example.com/theme.git',
    'https://user:password@git.example.com/theme.git',
    'https://169.254.169.254/latest',
    'https://[::ffff:127.0.0.1]/a.git',
    'git@other.example.com:theme.git',
    'ssh://git@other.example.com/theme.git',
    'git@git.example.com://other.example.com/x',
    '..\\..\\x',
    '../a\nb',
    '../a b',
    '',
  ])('is refused when it is anything else: %j', (text) => {
    expect(read(text)).toBeNull();
  });

  it('never leads to another origin, whatever is written', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(
        ...[
          '../',
          './',
          '/',
          '//',
          '@',
          ':',
          'https:',
          'ssh://',
          'git',
          'evil.example.com',
          '?',
          '#',
          '%2f',
          '\\',
          'a',
        ],
        parent.host,
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const url = submoduleUrl(pieces.join(''), parent);
        if (url !== null) expect([url.origin, url.username, url.password]).toEqual([parent.origin, '', '']);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('.gitmodules', () => {
  it('is read as Git prints it: the last value counts, and half a section is none', () => {
    const output = [
      'submodule.a.b.path\nvendor/a',
      'submodule.a.b.url\n../old.git',
      'submodule.a.b.url\n../new.git',
      'submodule.c.path\nc/',
      'submodule.c.url\nhttps://h/a\nb',
      'submodule.d.path\nd',
      'submodule.e.update\n!touch x',
      'core.sshcommand\nx',
      '',
    ].join('\0');
    expect([...readModules(output)]).toEqual([
      ['vendor/a', '../new.git'],
      ['c', 'https://h/a\nb'],
    ]);
  });
});
