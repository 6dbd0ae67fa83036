import { describe, expect, it } from 'vitest';
import { chooseVersion, tagVersion } from './tag-version.ts';

describe('the version in a tag', () => {
  it.each([
    ['v1.2.3', '1.2.3'],
    ['1.2', '1.2'],
    ['release-2.0.0-rc.1', '2.0.0-rc.1'],
    ['app@3.1.0', '3.1.0'],
    ['@scope/app@3.1.0', null],
    ['refs/heads/1.x', null],
    ['main', null],
    ['v1', null],
    ['feature/v2.0.0', '2.0.0'],
    [`v1.2.3${'-'.repeat(300)}`, null],
    [null, null],
  ])('%s', (ref, version) => {
    expect(tagVersion(ref)).toBe(version);
  });

  it('counts where the project says none of its own, or what its template said', () => {
    expect(chooseVersion('1.0.0', 'v2.0.0')).toBe('1.0.0');
    expect(chooseVersion(null, 'v2.0.0')).toBe('2.0.0');
    expect(chooseVersion('0.0.0', 'v2.0.0')).toBe('2.0.0');
    expect(chooseVersion('0.0.0', 'main')).toBe('0.0.0');
    expect(chooseVersion(null, null)).toBeNull();
  });
});
