import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptCacheFolder } from '../sandbox/attempt-cache-folder.ts';
import { chooseEntry, entriesToEvict, scopeOf, unusedLayers } from './choose.ts';
import type { FoundEntry } from './entry.ts';
import { cachedFolders, cacheEnvironment, gradleOptions } from './environment.ts';
import { attemptMount, isPlainPath } from './mount.ts';

const entry = (change: Partial<FoundEntry> = {}): FoundEntry => ({
  scope: 'production',
  image: 'appflux/web-builder',
  key: 'k1',
  layers: [{ id: 'a'.repeat(12), bytes: 10 }],
  installed: null,
  boot: null,
  file: '/x',
  usedAt: 1,
  ...change,
});
const wanted = { scope: 'branch new', image: 'appflux/web-builder', key: 'k1' };

describe('what a build begins with', () => {
  const own = entry({ scope: 'branch new', key: 'k0' });
  const production = entry();
  test('is the same key first, then the newest; its own scope first, then production', () => {
    expect(chooseEntry([own, production], wanted)).toBe(production);
    expect(chooseEntry([own, entry({ key: 'k2' })], wanted)).toBe(own);
    expect(chooseEntry([entry({ ...own, key: 'k1' }), production], wanted)?.scope).toBe('branch new');
    expect(chooseEntry([production], { ...wanted, key: 'k9' })).toBe(production);
  });

  test('is nothing of another image or of another branch; production begins with nothing of previews', () => {
    expect(chooseEntry([own, production], { ...wanted, image: 'appflux/android-builder' })).toBeNull();
    expect(chooseEntry([entry({ scope: 'branch other' })], wanted)).toBeNull();
    expect(chooseEntry([own], { ...wanted, scope: 'production' })).toBeNull();
  });

  test('is of its environment: no name of a branch is production', () => {
    expect(scopeOf('production', 'anything')).toBe('production');
    expect(scopeOf('preview', null)).toBe('preview');
    fc.assert(
      fc.property(fc.string(), (branch) => {
        expect(['production', 'preview']).not.toContain(scopeOf('preview', branch));
      }),
    );
  });
});

describe('what is removed', () => {
  test('goes by when it was used last, and what is left fits, layers that are shared counted once', () => {
    const layer = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), app: fc.constantFrom('1', '2') });
    const entries = fc.array(
      fc.record({ layers: fc.array(layer, { minLength: 1, maxLength: 3 }), usedAt: fc.nat(50) }),
    );
    const bytesOf: Record<string, number> = { a: 10, b: 20, c: 30, d: 40 };
    fc.assert(
      fc.property(entries, fc.nat(300), (made, limit) => {
        const all = made.map(({ layers, usedAt }) => ({
          appId: layers[0]?.app ?? '1',
          entry: entry({ usedAt, layers: layers.map(({ id }) => ({ id, bytes: bytesOf[id] ?? 0 })) }),
        }));
        const evicted = new Set(entriesToEvict(all, limit));
        const kept = all.filter((owned) => !evicted.has(owned));
        const layers = new Map(
          kept.flatMap(({ appId, entry: { layers } }) =>
            layers.map(({ id, bytes }) => [`${appId}/${id}`, bytes]),
          ),
        );
        expect([...layers.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(limit);
        const newest = Math.max(...all.map(({ entry: { usedAt } }) => usedAt));
        const first = all.find(({ entry: { usedAt } }) => usedAt === newest);
        const size = (first?.entry.layers ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
        if (first !== undefined && size <= limit) expect(evicted.has(first)).toBe(false);
      }),
    );
  });

  test('of layers is what neither an entry nor a running build needs', () => {
    expect(
      unusedLayers(['a', 'b', 'c'], [entry({ layers: [{ id: 'a', bytes: 1 }] })], new Set(['b'])),
    ).toEqual(['c']);
  });
});

describe('the environment of tools', () => {
  test('is only what their own package manager knows', () => {
    expect(cacheEnvironment('npm', 'npm ci')).toMatchObject({
      npm_config_cache: '/cache/npm',
      npm_config_prefer_offline: 'true',
    });
    expect(cacheEnvironment('npm', 'npm install')).not.toHaveProperty('npm_config_prefer_offline');
    expect(cacheEnvironment('npm', 'npm ci')).not.toHaveProperty('npm_config_store_dir');
    expect(cacheEnvironment('yarn-berry', 'yarn install --immutable')).not.toHaveProperty(
      'YARN_CACHE_FOLDER',
    );
  });

  test('switches Gradle’s build cache on, unless the project says whether it wants one', () => {
    expect(gradleOptions([])).toBe('-Dorg.gradle.caching=true');
    expect(gradleOptions(['org.gradle.jvmargs=-Xmx2g\n# org.gradle.caching=false\n'])).not.toBeNull();
    expect(gradleOptions(['org.gradle.jvmargs=-Xmx2g\norg.gradle.caching = false\n'])).toBeNull();
    expect(gradleOptions(['', '  org.gradle.caching:true'])).toBeNull();
  });

  test('about folders goes by the framework', () => {
    expect(cachedFolders({ framework: 'next', packageManager: 'npm' })).toEqual([
      'node_modules/.cache',
      '.next/cache',
    ]);
    expect(cachedFolders({ framework: 'constructor', packageManager: null })).toEqual([]);
  });
});

describe('the mount', () => {
  const folder = attemptCacheFolder('/state/work/a-1');
  test('has the newest layer first, and honors neither devices nor setuid', () => {
    const options = attemptMount(folder, ['/l/2', '/l/1'])?.VolumeOptions?.DriverConfig.Options.o ?? '';
    expect(options).toMatch(
      /^nosuid,nodev,lowerdir=\/l\/2:\/l\/1,upperdir=\/state\/work\/a-1\/cache\/upper,/,
    );
  });

  test('is none where its options would be longer than the kernel takes, or a path would be read as an option', () => {
    expect(
      attemptMount(
        folder,
        Array.from({ length: 60 }, (_, at) => `/${'l'.repeat(70)}${at}`),
      ),
    ).toBeNull();
    for (const path of ['/a,b', '/a:b', '/a b', '/a\\b', '/a"b']) {
      expect(isPlainPath(path)).toBe(false);
      expect(attemptMount(folder, [path])).toBeNull();
    }
  });
});
