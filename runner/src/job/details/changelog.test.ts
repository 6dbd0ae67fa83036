import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changelogSection } from './changelog.ts';

const KEEP = `# Changelog

All notable changes.

## [Unreleased]

- Not yet

## [1.2.0] - 2026-11-29

### Added
- Maps [#12], see [docs]

### Fixed
- Crash

## [1.1.9] - 2026-10-01
- Older

[Unreleased]: https://example.com/compare/1.2.0...HEAD
[1.2.0]: https://example.com/compare/1.1.9...1.2.0
[#12]: https://example.com/issues/12
`;

describe('the section of a version', () => {
  it('is found in the form of Keep a Changelog, with the targets of its links', () => {
    expect(changelogSection(KEEP, '1.2.0')).toBe(
      '### Added\n- Maps [#12], see [docs]\n\n### Fixed\n- Crash\n\n[#12]: https://example.com/issues/12',
    );
    expect(changelogSection(KEEP, 'v1.2.0')).toContain('- Crash');
    expect(changelogSection(KEEP, '1.1.9')).toMatch(/^- Older/);
  });

  it('is found in other forms', () => {
    const forms = [
      '## 2.0.0\n\nX',
      '## v2.0.0 (2026-01-01)\nX',
      '# [2.0.0](https://example.com/compare/v1.9.0...v2.0.0) (2026-01-01)\nX',
      '## Version 2.0.0\nX',
      '## Release 2.0.0 — “Moon”\nX',
      '2.0.0 / 2026-01-01\n==================\nX',
      '2.0.0 (2026-01-01)\n---\nX',
      '## my-package@2.0.0\nX',
      '## @scope/pkg@2.0.0\nX',
      '## **2.0.0**\nX',
      '##   [v2.0.0]   \r\nX\r\n',
      '## `2.0.0`\nX',
    ];
    for (const form of forms) expect(changelogSection(`# Changes\n\n${form}`, '2.0.0'), form).toBe('X');
  });

  it('ends at the next version, on whatever level that has its heading', () => {
    const conventional =
      '# [1.1.0](https://e.example/compare/v1.0.1...v1.1.0)\n\n### Features\n\n* a\n\n## [1.0.1](https://e.example/compare/v1.0.0...v1.0.1)\n\n### Bug Fixes\n\n* b\n';
    expect(changelogSection(conventional, '1.1.0')).toBe('### Features\n\n* a');
    expect(changelogSection(conventional, '1.0.1')).toBe('### Bug Fixes\n\n* b');
  });

  it('is that of no version that only looks alike', () => {
    const log = '## 1.2.10\nten\n## 11.2.1\neleven\n## 1.2.1-beta.1\nbeta\n## Fixes of 1.2.1\nmention\n';
    expect(changelogSection(log, '1.2.1')).toBeNull();
    expect(changelogSection(log, '1.2.1-beta.1')).toBe('beta');
    expect(changelogSection(log, '1.2')).toBeNull();
    expect(changelogSection(log, '')).toBeNull();
    expect(changelogSection(log, '.*')).toBeNull();
  });

  it('may leave out build metadata, as Flutter’s versions have it', () => {
    expect(changelogSection('## 1.2.0\nX', '1.2.0+42')).toBe('X');
    expect(changelogSection('## 1.2.0+42\nY\n## 1.2.0\nX', '1.2.0+42')).toBe('Y');
  });

  it('is not ended by a comment in a code block', () => {
    const log = '## 1.0.0\n```sh\n# 0.9.0 was worse\nrun\n```\nend\n## 0.9.0\nold';
    expect(changelogSection(log, '1.0.0')).toBe('```sh\n# 0.9.0 was worse\nrun\n```\nend');
  });

  it('that is empty is none', () => {
    expect(changelogSection('## 1.0.0\n\n## 0.9.0\nold', '1.0.0')).toBeNull();
    expect(changelogSection('', '1.0.0')).toBeNull();
  });

  it('of whatever text is a part of it', () => {
    const line = fc.constantFrom(
      '## 1.0.0',
      '# 2.0',
      '1.0.0',
      '===',
      '---',
      '```',
      '- a',
      '',
      '[a]: b',
      '[a]',
      '### x',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const section = changelogSection(lines.join('\n'), '1.0.0');
        // A blank line of its own comes between the section and the targets of its links.
        for (const one of section?.split('\n') ?? []) expect([...lines, '']).toContain(one);
      }),
    );
  });

  it.each([
    ['brackets', '## ['],
    ['hashes', '#'],
    ['versions', '1.1'],
    ['references', '[a]: b\n'],
    ['fences', '```\n'],
    ['names', '## aaaa@'],
  ])('in megabytes of %s is searched to an end', (_, unit) => {
    expect(changelogSection(unit.repeat(2_000_000 / unit.length), '1.0.0')).toBeNull();
  });
});
