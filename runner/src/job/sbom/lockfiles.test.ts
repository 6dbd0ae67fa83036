/** Lockfiles of every format, as their package managers write them, and as nobody should. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bomOf } from './bom.ts';
import { LockfileInvalid, MAX_NODES } from './lock-graph.ts';
import { readLockfile } from './read-lockfile.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', '..', '..', 'e2e', 'fixtures');

interface Shown {
  components: {
    name: string;
    group?: string;
    version?: string;
    purl: string;
    scope?: string;
    hashes?: { alg: string; content: string }[];
  }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** The SBOM of one lockfile. */
function sbomOf(name: string, text: string, manifest: unknown = null): Shown {
  const graph = readLockfile(name, text, manifest === null ? null : JSON.stringify(manifest));
  return JSON.parse(bomOf({ name: 'app', version: null }, [{ path: name, graph }], '0.1.0').text);
}

/** Each component with its scope. */
const scopesIn = ({ components }: Shown) =>
  Object.fromEntries(components.map(({ purl, scope = 'unknown' }) => [purl, scope]));

/** What each component needs, without those that need nothing. */
const edgesIn = ({ dependencies }: Shown) =>
  Object.fromEntries(
    dependencies
      .filter(({ dependsOn = [] }) => dependsOn.length > 0)
      .map(({ ref, dependsOn }) => [ref, dependsOn]),
  );

const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const HEX512 = Buffer.alloc(64, 7).toString('hex');
const HEX256 = Buffer.alloc(32, 7).toString('hex');

/** What every lockfile below says: `app` needs `@s/a`, which needs `b`; `c` is optional, `d` for development. */
const SCOPES = {
  'pkg:npm/%40s/a@1.0.0': 'required',
  'pkg:npm/b@2.0.0': 'required',
  'pkg:npm/c@3.0.0': 'optional',
  'pkg:npm/d@4.0.0': 'excluded',
};
const EDGES = {
  app: ['pkg:npm/%40s/a@1.0.0', 'pkg:npm/c@3.0.0', 'pkg:npm/d@4.0.0'],
  'pkg:npm/%40s/a@1.0.0': ['pkg:npm/b@2.0.0'],
  'pkg:npm/d@4.0.0': ['pkg:npm/b@2.0.0'],
};
const MANIFEST = {
  dependencies: { '@s/a': '^1.0.0' },
  optionalDependencies: { c: '^3.0.0' },
  devDependencies: { d: '^4.0.0' },
};

const npm3 = {
  lockfileVersion: 3,
  packages: {
    '': { name: 'app', ...MANIFEST },
    'node_modules/@s/a': { version: '1.0.0', integrity: SHA512, dependencies: { b: '^2.0.0' } },
    'node_modules/b': { version: '2.0.0', integrity: SHA512 },
    'node_modules/c': { version: '3.0.0', integrity: SHA512, optional: true },
    'node_modules/d': { version: '4.0.0', integrity: SHA512, dev: true, dependencies: { b: '^2.0.0' } },
  },
};

const FORMATS: Record<string, [name: string, text: string, manifest?: unknown]> = {
  'npm 7 and later': ['package-lock.json', JSON.stringify(npm3)],
  'npm 7 and later, with the older form beside it': [
    'npm-shrinkwrap.json',
    JSON.stringify({ ...npm3, lockfileVersion: 2, dependencies: { other: { version: '9.9.9' } } }),
  ],
  'npm 5 and 6': [
    'package-lock.json',
    JSON.stringify({
      lockfileVersion: 1,
      dependencies: {
        '@s/a': { version: '1.0.0', integrity: SHA512, requires: { b: '^2.0.0' } },
        b: { version: '2.0.0', integrity: SHA512 },
        c: { version: '3.0.0', integrity: SHA512, optional: true },
        d: { version: '4.0.0', integrity: SHA512, dev: true, requires: { b: '^2.0.0' } },
      },
    }),
  ],
  'pnpm 7': [
    'pnpm-lock.yaml',
    `lockfileVersion: 5.4
specifiers:
  '@s/a': ^1.0.0
dependencies:
  '@s/a': 1.0.0_b@2.0.0
optionalDependencies:
  c: 3.0.0
devDependencies:
  d: 4.0.0
packages:
  /@s/a/1.0.0_b@2.0.0:
    resolution: {integrity: ${SHA512}}
    dependencies:
      b: 2.0.0
    dev: false
  /b/2.0.0:
    resolution: {integrity: ${SHA512}}
  /c/3.0.0:
    resolution: {integrity: ${SHA512}}
    optional: true
    dev: false
  /d/4.0.0:
    resolution: {integrity: ${SHA512}}
    dependencies:
      b: 2.0.0
    dev: true
`,
  ],
  'pnpm 8': [
    'pnpm-lock.yaml',
    `lockfileVersion: '6.0'
dependencies:
  '@s/a':
    specifier: ^1.0.0
    version: 1.0.0(b@2.0.0)
optionalDependencies:
  c:
    specifier: ^3.0.0
    version: 3.0.0
devDependencies:
  d:
    specifier: ^4.0.0
    version: 4.0.0
packages:
  /@s/a@1.0.0(b@2.0.0):
    resolution: {integrity: ${SHA512}}
    dependencies:
      b: 2.0.0
    dev: false
  /b@2.0.0:
    resolution: {integrity: ${SHA512}}
  /c@3.0.0:
    resolution: {integrity: ${SHA512}}
    requiresBuild: true
    optional: true
  /d@4.0.0:
    resolution: {integrity: ${SHA512}}
    dependencies:
      b: 2.0.0
    dev: true
`,
  ],
  'pnpm 9 and later': [
    'pnpm-lock.yaml',
    `---
lockfileVersion: '9.0'
packageManagerDependencies: {}
---
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      '@s/a':
        specifier: ^1.0.0
        version: 1.0.0(b@2.0.0)
      w:
        specifier: workspace:*
        version: link:packages/w
    optionalDependencies:
      c:
        specifier: ^3.0.0
        version: 3.0.0
  packages/w:
    devDependencies:
      dd:
        specifier: npm:d@^4.0.0
        version: d@4.0.0
packages:
  '@s/a@1.0.0':
    resolution: {integrity: ${SHA512}}
    deprecated: >-
      a: text
      of two lines
  b@2.0.0:
    resolution: {integrity: ${SHA512}}
  c@3.0.0:
    resolution: {integrity: ${SHA512}}
  d@4.0.0:
    resolution: {integrity: ${SHA512}}
snapshots:
  '@s/a@1.0.0(b@2.0.0)':
    dependencies:
      b: 2.0.0
  b@2.0.0: {}
  c@3.0.0:
    optional: true
  d@4.0.0:
    dependencies:
      b: 2.0.0
`,
  ],
  'yarn 1': [
    'yarn.lock',
    `# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@s/a@^1.0.0", "@s/a@~1.0.0":
  version "1.0.0"
  resolved "https://packages.example/@s/a/-/a-1.0.0.tgz#${'0'.repeat(40)}"
  integrity ${SHA512}
  dependencies:
    b "^2.0.0"

b@^2.0.0:
  version "2.0.0"
  integrity ${SHA512}

c@^3.0.0:
  version "3.0.0"
  integrity ${SHA512}

"d@^4.0.0":
  version "4.0.0"
  integrity ${SHA512}
  dependencies:
    b "^2.0.0"
`,
    MANIFEST,
  ],
  'yarn 2 and later': [
    'yarn.lock',
    `__metadata:
  version: 8
  cacheKey: 10c0

"@s/a@npm:^1.0.0, @s/a@npm:~1.0.0":
  version: 1.0.0
  resolution: "@s/a@npm:1.0.0"
  dependencies:
    b: "npm:^2.0.0"
  checksum: 10c0/${HEX512}
  languageName: node
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    "@s/a": "npm:^1.0.0"
    c: "npm:^3.0.0"
    d: "npm:^4.0.0"
  languageName: unknown
  linkType: soft

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  languageName: node
  linkType: hard

"c@npm:^3.0.0":
  version: 3.0.0
  resolution: "c@npm:3.0.0"
  languageName: node
  linkType: hard

"d@npm:^4.0.0":
  version: 4.0.0
  resolution: "d@npm:4.0.0"
  dependencies:
    b: "npm:^2.0.0"
  languageName: node
  linkType: hard
`,
    MANIFEST,
  ],
  bun: [
    'bun.lock',
    `{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "app", "dependencies": { "@s/a": "^1.0.0", }, "optionalDependencies": { "c": "^3.0.0" },
          "devDependencies": { "d": "^4.0.0" } },
  },
  "packages": {
    "@s/a": ["@s/a@1.0.0", "", { "dependencies": { "b": "^2.0.0" } }, "${SHA512}"],
    "b": ["b@2.0.0", "", {}, "${SHA512}"],
    "c": ["c@3.0.0", "", {}, "${SHA512}"],
    "d": ["d@4.0.0", "", { "dependencies": { "b": "^2.0.0" } }, "${SHA512}"],
  }
}`,
  ],
};

describe.each(Object.entries(FORMATS))('%s', (_, [name, text, manifest = null]) => {
  const sbom = sbomOf(name, text, manifest);

  test('names each package once, with the scope that the project gives it', () => {
    expect(scopesIn(sbom)).toEqual(SCOPES);
  });

  test('says what needs what', () => {
    expect(edgesIn(sbom)).toEqual(EDGES);
  });

  test('has the hashes of packages, and no URL of a registry', () => {
    const hashed = sbom.components.filter(({ hashes }) => hashes !== undefined);
    // Yarn's own checksums are of its cache.
    expect(hashed).toHaveLength(text.includes('__metadata') ? 0 : 4);
    for (const { hashes } of hashed) expect(hashes).toEqual([{ alg: 'SHA-512', content: HEX512 }]);
    expect(JSON.stringify(sbom)).not.toContain('packages.example');
  });
});

describe('npm', () => {
  test('finds the nearest of two versions, follows workspaces and links, and knows aliases', () => {
    const packages = {
      '': { workspaces: ['packages/*'], dependencies: { a: '1' } },
      'packages/w': { version: '0.0.0', dependencies: { b: '1', alias: 'npm:real@1' } },
      'packages/w/node_modules/b': { version: '1.0.0' },
      'node_modules/a': { version: '1.0.0', dependencies: { b: '2', w: '*' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { c: '1' } },
      'node_modules/c': { version: '1.0.0' },
      'node_modules/alias': { name: 'real', version: '1.0.0' },
      'node_modules/w': { resolved: 'packages/w', link: true },
    };
    const sbom = sbomOf('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));
    expect(edgesIn(sbom)).toEqual({
      app: ['pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0', 'pkg:npm/real@1.0.0'],
      'pkg:npm/a@1.0.0': ['pkg:npm/b@2.0.0'],
      'pkg:npm/b@2.0.0': ['pkg:npm/c@1.0.0'],
    });
  });

  test('a package that is needed in one place and for development in another is needed', () => {
    const packages = {
      '': {},
      'node_modules/a': { version: '1.0.0', dev: true },
      'node_modules/b/node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0', devOptional: true },
    };
    const sbom = sbomOf('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));
    expect(scopesIn(sbom)).toEqual({ 'pkg:npm/a@1.0.0': 'required', 'pkg:npm/b@1.0.0': 'optional' });
  });
});

test('yarn: without package.json nothing is known to be for development, and with workspaces not everything', () => {
  const [name, text] = FORMATS['yarn 1'] ?? ['', ''];
  expect(new Set(Object.values(scopesIn(sbomOf(name, text))))).toEqual(new Set(['unknown']));
  const workspaces = sbomOf(name, text, { ...MANIFEST, devDependencies: {}, workspaces: ['packages/*'] });
  expect(scopesIn(workspaces)['pkg:npm/d@4.0.0']).toBe('unknown');
});

describe('other languages', () => {
  test('pubspec.lock: hosted packages with their SHA-256, not those of the SDK', () => {
    const sbom = sbomOf(
      'pubspec.lock',
      `packages:
  http:
    dependency: "direct main"
    description: {name: http, sha256: "${HEX256}", url: "https://pub.example"}
    source: hosted
    version: "1.10.0"
  lints:
    dependency: "direct dev"
    description: {name: lints, url: "https://pub.example"}
    source: hosted
    version: "4.0.0"
  meta:
    dependency: transitive
    source: hosted
    version: "1.0.0+2"
  flutter:
    dependency: "direct main"
    description: flutter
    source: sdk
    version: "0.0.0"
sdks:
  dart: ">=3.0.0"
`,
    );
    expect(scopesIn(sbom)).toEqual({
      'pkg:pub/http@1.10.0': 'required',
      'pkg:pub/lints@4.0.0': 'excluded',
      'pkg:pub/meta@1.0.0%2B2': 'unknown',
    });
    expect(sbom.components.find(({ name }) => name === 'http')?.hashes).toEqual([
      { alg: 'SHA-256', content: HEX256 },
    ]);
  });

  test('gradle.lockfile: modules, and whether the app has them at run time', () => {
    const sbom = sbomOf(
      'gradle.lockfile',
      `# This is a Gradle generated file for dependency locking.
androidx.core:core-ktx:1.13.1=debugRuntimeClasspath,releaseRuntimeClasspath
junit:junit:4.13.2=debugUnitTestRuntimeClasspath,testCompileClasspath
empty=lintChecks
`,
    );
    expect(scopesIn(sbom)).toEqual({
      'pkg:maven/androidx.core/core-ktx@1.13.1': 'required',
      'pkg:maven/junit/junit@4.13.2': 'excluded',
    });
    expect(sbom.components[0]).toMatchObject({ group: 'androidx.core', name: 'core-ktx' });
  });

  test('Cargo.lock: crates with their checksums, of which the project’s own is none', () => {
    const sbom = sbomOf(
      'Cargo.lock',
      `version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["serde", "rand 0.8.5", "rand 0.9.0 (registry+https://crates.example)"]
[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://crates.example"
checksum = "${HEX256}"
[[package]]
name = "rand"
version = "0.9.0"
source = "registry+https://crates.example"
[[package]]
name = "serde"
version = "1.0.0"
source = "registry+https://crates.example"
dependencies = ["rand 0.9.0"]
`,
    );
    expect(edgesIn(sbom)).toEqual({
      app: ['pkg:cargo/rand@0.8.5', 'pkg:cargo/rand@0.9.0', 'pkg:cargo/serde@1.0.0'],
      'pkg:cargo/serde@1.0.0': ['pkg:cargo/rand@0.9.0'],
    });
    expect(sbom.components.find(({ version }) => version === '0.8.5')?.hashes?.[0]?.content).toBe(HEX256);
  });
});

test.each([
  ['vite-react/package-lock.json', 'pkg:npm/react@'],
  ['pwa/yarn.lock', 'pkg:npm/vite@'],
  ['astro/yarn.lock', 'pkg:npm/astro@'],
  ['sveltekit-static/pnpm-lock.yaml', 'pkg:npm/svelte@'],
  ['turborepo/pnpm-lock.yaml', 'pkg:npm/turbo@'],
  ['next-export/bun.lock', 'pkg:npm/next@'],
])('the lockfile of %s has the packages of that project, all within reach', async (path, expected) => {
  const name = path.split('/').at(-1) ?? '';
  const manifest = await readFile(join(FIXTURES, path, '..', 'package.json'), 'utf8');
  const sbom = sbomOf(name, await readFile(join(FIXTURES, path), 'utf8'), JSON.parse(manifest));
  expect(sbom.components.some(({ purl }) => purl.startsWith(expected))).toBe(true);
  const needs = new Map(sbom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const open = ['app'];
  for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
    if (reached.has(ref)) continue;
    reached.add(ref);
    open.push(...(needs.get(ref) ?? []));
  }
  const unreached = sbom.components.filter(({ purl }) => !reached.has(purl)).map(({ purl }) => purl);
  expect(unreached).toEqual([]);
});

describe('a lockfile that nobody should write', () => {
  const packagesOf = (packages: object) => JSON.stringify({ lockfileVersion: 3, packages });

  test('packages that need each other in a circle end', () => {
    const sbom = sbomOf(
      'package-lock.json',
      packagesOf({
        '': { dependencies: { a: '1' } },
        'node_modules/a': { version: '1.0.0', dependencies: { b: '1', a: '1' } },
        'node_modules/b': { version: '1.0.0', dependencies: { a: '1' } },
      }),
    );
    expect(edgesIn(sbom)).toEqual({
      app: ['pkg:npm/a@1.0.0'],
      'pkg:npm/a@1.0.0': ['pkg:npm/b@1.0.0'],
      'pkg:npm/b@1.0.0': ['pkg:npm/a@1.0.0'],
    });
  });

  test('names and versions that no package has are left out, URLs with passwords too', () => {
    const sbom = sbomOf(
      'package-lock.json',
      packagesOf({
        'node_modules/a b': { version: '1.0.0' },
        [`node_modules/${'x'.repeat(300)}`]: { version: '1.0.0' },
        'node_modules/line\nbreak': { version: '1.0.0' },
        'node_modules/\u202Eevil': { version: '1.0.0' },
        'node_modules/git': { version: `git+ssh://user:pass@git.example/x.git#${'a'.repeat(40)}` },
        'node_modules/tar': { version: 'https://user:pass@files.example/x.tgz' },
        'node_modules/__proto__': { version: '1.0.0', dependencies: { constructor: '1' } },
        'node_modules/number': { version: 7, integrity: 7, dependencies: [] },
        'node_modules/none': null,
      }),
    );
    expect(sbom.components.map(({ purl }) => purl).sort()).toEqual([
      'pkg:npm/__proto__@1.0.0',
      `pkg:npm/git@${'a'.repeat(40)}`,
      'pkg:npm/none',
      'pkg:npm/number',
      'pkg:npm/tar',
    ]);
    expect(JSON.stringify(sbom)).not.toContain('pass');
  });

  test('hashes of other lengths or algorithms are left out', () => {
    const integrity = `md5-AAAA sha512-AAAA sha1-${Buffer.alloc(20).toString('base64')} constructor-AAAA`;
    const sbom = sbomOf(
      'package-lock.json',
      packagesOf({ 'node_modules/a': { version: '1.0.0', integrity } }),
    );
    expect(sbom.components[0]?.hashes).toEqual([{ alg: 'SHA-1', content: '0'.repeat(40) }]);
  });

  const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
  const nested = () => {
    let text = '{}';
    for (let depth = 0; depth < 300; depth += 1) text = `{"a":{"version":"1.0.0","dependencies":${text}}}`;
    return `{"lockfileVersion":1,"dependencies":${text}}`;
  };
  const many = () =>
    packagesOf(
      Object.fromEntries(Array.from({ length: MAX_NODES + 1 }, (_, at) => [`node_modules/p${at}`, {}])),
    );

  test.each([
    ['package-lock.json', 'null'],
    ['package-lock.json', '[]'],
    ['package-lock.json', '{"lockfileVersion": 3'],
    ['package-lock.json', nested()],
    ['package-lock.json', many()],
    ['pnpm-lock.yaml', 'lockfileVersion: 10.0\n'],
    ['pnpm-lock.yaml', 'a: &a [x]\nlockfileVersion: "9.0"\nb: *a\n'],
    ['pnpm-lock.yaml', '{ [ }'],
    ['pnpm-lock.yaml', deep('[', ']', 100_000)],
    ['yarn.lock', 'a@1:\n  version: 1.0.0\n'],
    ['yarn.lock', '# yarn lockfile v1\n  version "1"\n'],
    ['yarn.lock', '__metadata: &a {}\nb: *a\n'],
    ['bun.lock', '{ "packages": '],
    ['bun.lock', deep('[', ']', 100_000)],
    ['Cargo.lock', 'package = 1\n'],
    ['Cargo.lock', `x = ${deep('[', ']', 100_000)}\n`],
    ['poetry.lock', ''],
  ])('%s that can’t be read is refused, without quoting it: %.40s', (name, text) => {
    expect(() => readLockfile(name, text, null)).toThrow(LockfileInvalid);
  });

  test('empty ones have no packages', () => {
    for (const [name, text] of [
      ['package-lock.json', '{}'],
      ['yarn.lock', '# yarn lockfile v1\n'],
      ['pubspec.lock', ''],
      ['gradle.lockfile', 'empty=\n'],
      ['bun.lock', '{}'],
    ] as const) {
      expect(sbomOf(name, text).components ?? [], name).toEqual([]);
    }
  });
});
