import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob } from './glob.ts';

const matches = (pattern: string, ...paths: string[]) =>
  paths.filter((path) => compileGlob(pattern).matches(path));

describe('an output glob', () => {
  it('without wildcards names one path', () => {
    expect(compileGlob('./dist//web/')).toMatchObject({ isLiteral: true, base: 'dist/web' });
    expect(matches('dist', 'dist', 'dist/a', 'dis', '')).toEqual(['dist']);
    expect(compileGlob('.')).toMatchObject({ isLiteral: true, base: '' });
  });

  it('has wildcards that stay within a segment', () => {
    expect(matches('out/*.apk', 'out/a.apk', 'out/.apk', 'out/b/a.apk', 'a.apk', 'out/a.aab')).toEqual([
      'out/a.apk',
      'out/.apk',
    ]);
    expect(matches('out/app-?.{apk,aab}', 'out/app-1.apk', 'out/app-2.aab', 'out/app-12.apk')).toEqual([
      'out/app-1.apk',
      'out/app-2.aab',
    ]);
    expect(matches('[ab].txt', 'a.txt', 'c.txt')).toEqual(['a.txt']);
  });

  it('has ** for any number of folders, none among them', () => {
    expect(matches('out/**/*.apk', 'out/a.apk', 'out/b/c/a.apk', 'x/a.apk')).toEqual([
      'out/a.apk',
      'out/b/c/a.apk',
    ]);
    expect(matches('**/a/**/b', 'a/b', 'x/a/y/z/b', 'a/x', 'b', 'a/x/a/b/b')).toEqual([
      'a/b',
      'x/a/y/z/b',
      'a/x/a/b/b',
    ]);
    expect(matches('dist/**', 'dist', 'dist/a/b', 'other')).toEqual(['dist', 'dist/a/b']);
  });

  it('knows the folder that its matches lie in', () => {
    expect(compileGlob('app/build/outputs/**/*.apk').base).toBe('app/build/outputs');
    expect(compileGlob('*.apk').base).toBe('');
  });

  it.each([
    ['../x', 'is outside'],
    ['a/../../x', 'is outside'],
    ['/etc', 'not a relative path'],
    ['a\\b', 'not a relative path'],
    ['a\0', 'not a relative path'],
    ['*a*a*', 'more than 2 wildcards'],
    ['a/'.repeat(40), 'too many parts'],
  ])('is refused: %j', (pattern, why) => {
    expect(() => compileGlob(pattern)).toThrowError(
      expect.objectContaining({ code: 'settings_invalid', message: expect.stringContaining(why) }),
    );
  });

  it('matches what a plain definition matches', () => {
    // The definition: `**` stands for nothing, or for one name and `**` again.
    const plain = (segments: readonly string[], names: readonly string[]): boolean => {
      const [first, ...rest] = segments;
      if (first === undefined) return names.length === 0;
      if (first === '**') return plain(rest, names) || (names.length > 0 && plain(segments, names.slice(1)));
      return names.length > 0 && (first === '*' || first === names[0]) && plain(rest, names.slice(1));
    };
    const segment = fc.constantFrom('a', 'b', '*', '**');
    const name = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 6 }),
        fc.array(name, { minLength: 1, maxLength: 8 }),
        (segments, names) => {
          expect(compileGlob(segments.join('/')).matches(names.join('/'))).toBe(plain(segments, names));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes no longer than the path is long, whatever pattern and path are', () => {
    const name = 'a'.repeat(255);
    const path = Array(60).fill(name).join('/');
    for (const pattern of [
      '**/*a*b',
      '**/*a*/**/*a*/**/*a*b',
      '{a,aa}*{a,aa}*{b,c}',
      `${'**/'.repeat(30)}x`,
      '[a-z]*[a-z]*!',
    ]) {
      const started = performance.now();
      expect(compileGlob(pattern).matches(path)).toBe(false);
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  });

  it('never throws but for what it refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab/*?[]{},.!()+@|^$-\\') }),
        fc.string(),
        (pattern, path) => {
          try {
            compileGlob(pattern).matches(path);
          } catch (error) {
            expect(error).toMatchObject({ code: 'settings_invalid' });
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
