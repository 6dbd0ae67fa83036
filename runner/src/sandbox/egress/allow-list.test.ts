import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedHosts, parseEgressFile, parseRule, ruleRefusal } from './allow-list.ts';
import { parseAuthority } from './target.ts';

function refusal(authority: string, allow: string[]): string | null {
  const target = parseAuthority(authority);
  if (target === null) throw new Error(`${authority} is no authority`);
  return ruleRefusal(target, allow.map(parseRule));
}

describe('matching hosts', () => {
  it.each([
    ['packages.test:443', ['packages.test'], null],
    ['packages.test:80', ['packages.test'], null],
    ['PACKAGES.TEST.:443', ['Packages.test.'], null],
    ['packages.test:8443', ['packages.test'], 'port_not_allowed'],
    ['packages.test:8443', ['packages.test:8443'], null],
    ['packages.test:443', ['packages.test:8443'], 'port_not_allowed'],
    ['packages.test:22', ['packages.test', '*.test'], 'port_not_allowed'],
    ['a.packages.test:443', ['packages.test'], 'host_not_allowed'],
    ['a.packages.test:443', ['*.packages.test'], null],
    ['a.b.packages.test:443', ['*.packages.test'], null],
    ['packages.test:443', ['*.packages.test'], 'host_not_allowed'],
    ['evilpackages.test:443', ['*.packages.test'], 'host_not_allowed'],
    ['packages.test.evil.test:443', ['packages.test', '*.packages.test'], 'host_not_allowed'],
    ['packages.test:443', [], 'host_not_allowed'],
    ['10.0.0.1:443', ['packages.test', '*.0.1.test'], 'address_literal'],
    ['[::1]:443', ['packages.test'], 'address_literal'],
    ['203.0.113.7:443', ['203.0.113.7'], null],
    ['203.0.113.8:443', ['203.0.113.7'], 'address_literal'],
    ['[2001:db8::1]:443', ['[2001:DB8:0::1]'], null],
    ['[2001:db8::1]:8443', ['[2001:db8::1]:8443'], null],
  ])('%s with %j: %s', (authority, allow, reason) => {
    expect(refusal(authority, allow)).toBe(reason);
  });

  it('lets a suffix match exactly the names below it', () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), (name, suffix) => {
        expect(refusal(`${name}.${suffix}:443`, [`*.${suffix}`])).toBeNull();
        expect(refusal(`x${suffix}:443`, [`*.${suffix}`, suffix])).toBe('host_not_allowed');
        if (name !== suffix && !name.endsWith(`.${suffix}`)) {
          expect(refusal(`${name}:443`, [`*.${suffix}`, suffix])).toBe('host_not_allowed');
        }
      }),
    );
  });

  it.each([
    '*',
    '*.',
    '*.*.test',
    'a.*.test',
    '**.test',
    '*test',
    '',
    'packages.test:0',
    'packages.test:99999',
    'https://packages.test',
    'packages.test/path',
    '*.10.0.0.1',
    'user@packages.test',
  ])('refuses the rule %j, and says how one is written', (text) => {
    expect(() => parseRule(text)).toThrow(/example\.org/);
  });
});

describe('the hosts that an image asks for', () => {
  it('are a host a line, with comments', () => {
    expect(parseEgressFile('# asked of npm\npackages.test\n\n  *.files.test  # and its files\r\n')).toEqual([
      'packages.test',
      '*.files.test',
    ]);
  });

  it('are refused when a line is no host', () => {
    expect(() => parseEgressFile('packages.test\n/etc/passwd\n')).toThrow();
  });
});

describe('the hosts of one build', () => {
  const image = ['packages.test', '*.files.test'];

  it('are the image’s and the owner’s, without what the owner takes away', () => {
    expect(allowedHosts({ image, add: ['Git.Test'], remove: [], only: null })).toEqual([
      'packages.test',
      '*.files.test',
      'git.test',
    ]);
    expect(allowedHosts({ image, add: [], remove: ['PACKAGES.test.'], only: null })).toEqual([
      '*.files.test',
    ]);
  });

  it('can be narrowed by an app and never widened', () => {
    const narrowed = (only: string[]) => allowedHosts({ image, add: [], remove: [], only });
    expect(narrowed([])).toEqual([]);
    expect(narrowed(['packages.test', 'evil.test'])).toEqual(['packages.test']);
    expect(narrowed(['cdn.files.test', '*.cdn.files.test', '*.files.test'])).toEqual([
      'cdn.files.test',
      '*.cdn.files.test',
      '*.files.test',
    ]);
    expect(narrowed(['files.test', '*.test', 'packages.test:8443', '*.packages.test'])).toEqual([]);
    expect(narrowed(['packages.test:443'])).toEqual(['packages.test:443']);
  });

  it('let through no more targets when an app narrows them than before', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `${labels.join('.')}.test`);
    const rule = fc
      .tuple(fc.constantFrom('', '*.'), name, fc.constantFrom('', ':443', ':8443'))
      .map((parts) => parts.join(''));
    const rules = fc.array(rule, { maxLength: 4 });
    fc.assert(
      fc.property(rules, rules, name, fc.constantFrom(80, 443, 8443), (image, only, host, port) => {
        const authority = `${host}:${port}`;
        const before = refusal(authority, allowedHosts({ image, add: [], remove: [], only: null }));
        const after = refusal(authority, allowedHosts({ image, add: [], remove: [], only }));
        if (before !== null) expect(after).not.toBeNull();
      }),
    );
  });
});
