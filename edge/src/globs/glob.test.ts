import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { matchesPath, matchesTag } from './glob.ts';

describe('a glob of paths', () => {
  it.each([
    ['docs/**', 'docs/a/b.md'],
    ['/docs/**', 'docs/a.md'],
    ['./docs/**', 'docs/a.md'],
    ['docs', 'docs/a/b.md'],
    ['docs/', 'docs/a.md'],
    ['/docs', 'docs/a.md'],
    ['*', 'README.md'],
    ['*', 'docs/a.md'],
    ['*.md', 'README.md'],
    ['**/*.md', 'README.md'],
    ['**/*.md', 'a/b/c.md'],
    ['**.md', 'a/b/c.md'],
    ['a/**/z', 'a/z'],
    ['a/**/z', 'a/b/c/z'],
    ['a/*/z', 'a/b/z'],
    ['**', '.github/workflows/ci.yml'],
    ['.github/**', '.github/workflows/ci.yml'],
    ['file.?s', 'file.ts'],
    ['file.[jt]s', 'file.ts'],
    ['file.[!j]s', 'file.ts'],
    ['v[0-9]', 'v7'],
    ['{apps,packages}/web/**', 'packages/web/x'],
    ['*.{md,{png,jpg}}', 'a.jpg'],
    ['a\\*b', 'a*b'],
    ['[x', '[x'],
    ['{x', '{x'],
    ['{x}', '{x}'],
    ['pages/[id].ts', 'pages/i.ts'],
    ['pages/\\[id\\].ts', 'pages/[id].ts'],
    ['ünïcode/**', 'ünïcode/ß'],
  ])('%s matches %s', (glob, path) => {
    expect(matchesPath(glob, path)).toBe(true);
  });

  it.each([
    ['docs/**', 'docs'],
    ['docs/**', 'docsx/a'],
    ['docs/**', 'a/docs/b'],
    ['docs', 'docs.md'],
    ['docs', 'a/docs/b'],
    ['*.md', 'docs/a.md'],
    ['*.md', 'a.mdx'],
    ['a/*', 'b/c'],
    ['a/*/z', 'a/z'],
    ['a/*/z', 'a/b/c/z'],
    ['a/**/z', 'az'],
    ['a?b', 'a/b'],
    ['a[!x]b', 'a/b'],
    ['file.[jt]s', 'file.cs'],
    ['Docs/**', 'docs/a'],
    ['{a,b}', 'c'],
    ['a\\*b', 'axb'],
    ['a.b', 'axb'],
    ['pages/[id].ts', 'pages/id.ts'],
    ['apps/web', 'apps/website/a'],
    ['(a|b)+', 'aa'],
    ['!docs', 'src/a'],
  ])('%s does not match %s', (glob, path) => {
    expect(matchesPath(glob, path)).toBe(false);
  });

  it('takes no longer for globs that are slow as regular expressions', () => {
    expect(matchesPath(`${'*a'.repeat(200)}b`, 'a'.repeat(4000))).toBe(false);
    expect(matchesPath(`${'**/'.repeat(150)}b`, 'a/'.repeat(2000))).toBe(false);
    expect(matchesPath('{a,b}'.repeat(100), 'c')).toBe(false);
    expect(matchesPath('{'.repeat(250) + ','.repeat(10) + '}'.repeat(250), 'c')).toBe(false);
  });

  it('agrees with picomatch on segments, stars and question marks', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 });
    const path = fc.array(part, { minLength: 1, maxLength: 4 });
    const globPart = fc.oneof(
      fc.constant('**'),
      fc.constant('*'),
      // picomatch reads `**` beside other characters in a way of its own.
      fc
        .string({ unit: fc.constantFrom('a', 'b', '?', '*'), minLength: 1, maxLength: 3 })
        .filter((name) => !name.includes('**')),
    );
    const glob = fc
      .array(globPart, { minLength: 1, maxLength: 4 })
      // It lets `a/**` match `a` itself, and reads several `**` as one.
      .filter((parts) => parts.at(-1) !== '**' && !parts.join('/').includes('**/**'));
    fc.assert(
      fc.property(glob, path, (globParts, pathParts) => {
        const [pattern, file] = [globParts.join('/'), pathParts.join('/')];
        const folders = pathParts.map((_part, depth) => pathParts.slice(0, depth + 1).join('/'));
        const expected = folders.some((folder) => picomatch(pattern, { dot: true })(folder));
        expect(matchesPath(pattern, file), `${pattern} ${file}`).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab/*?[]{},\\!^-.'), maxLength: 40 });
    fc.assert(fc.property(text, text, (glob, path) => typeof matchesPath(glob, path) === 'boolean'));
  });
});

describe('a glob of tags', () => {
  it('matches the whole tag', () => {
    for (const [glob, tag] of [
      ['v*', 'v1.2.3'],
      ['v[0-9]*.[0-9]*', 'v1.2'],
      ['release/*', 'release/1'],
      ['**', 'a/b'],
    ] as const)
      expect(matchesTag(glob, tag), `${glob} ${tag}`).toBe(true);
    for (const [glob, tag] of [
      ['v*', 'rev1'],
      ['v*', 'v/1'],
      ['v1', 'v1/rc'],
      ['v1', 'v10'],
      ['V*', 'v1'],
    ] as const)
      expect(matchesTag(glob, tag), `${glob} ${tag}`).toBe(false);
  });
});
