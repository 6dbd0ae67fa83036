import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AllowedHosts,
  BindingName,
  MAPS_FOLDER,
  moduleType,
  publicEntries,
  SERVER_FOLDER,
  SERVER_LIMITS,
  ServerSpec,
  type SiteFile,
  StateScope,
  serverProblem,
  siteEntry,
} from './index.ts';

const file = (path: string, size = 10, length = size): SiteFile => ({
  path,
  size,
  sha256: '0'.repeat(64),
  crc32: 0,
  pack: 0,
  offset: 0,
  length,
  method: 'deflate',
  br: null,
});

const spec: ServerSpec = {
  version: 1,
  framework: 'sveltekit',
  main: 'index.js',
  compatibilityDate: '2026-11-01',
  compatibilityFlags: ['nodejs_compat'],
  assets: { workerFirst: false, notFound: 'none' },
  vars: {},
  bindings: {},
  crons: [],
};
const main = file(`${SERVER_FOLDER}index.js`);

describe('what a manifest with a server consists of', () => {
  test('modules, source maps and files', () => {
    const map = file(`${MAPS_FOLDER}index.js.map`);
    expect(serverProblem(spec, [file('index.html'), main, map])).toBeNull();
    expect(serverProblem(undefined, [file('index.html'), file('.appfluxrc')])).toBeNull();
  });

  test.each([
    ['a module without a server', undefined, [main], /can’t have "\.appflux\/server\/index\.js"/],
    ['the reserved folder as a file', undefined, [file('.appflux')], /belongs to AppFlux/],
    ['no main module', spec, [file(`${SERVER_FOLDER}other.js`)], /"index\.js" is missing/],
    ['a main module among the files', spec, [file('index.js')], /is missing/],
    ['another reserved file', spec, [main, file('.appflux/other')], /neither a module nor a source map/],
    ['large modules', spec, [main, file(`${SERVER_FOLDER}a.js`, SERVER_LIMITS.moduleBytes, 1)], /32 MiB/],
    [
      'modules that compress badly',
      spec,
      [main, file(`${SERVER_FOLDER}a.wasm`, SERVER_LIMITS.compressedBytes)],
      /compressed modules of the server have 10 MiB/,
    ],
    ['large maps', spec, [main, file(`${MAPS_FOLDER}a.map`, SERVER_LIMITS.mapBytes + 1, 1)], /64 MiB/],
    [
      'many modules',
      spec,
      [main, ...Array.from({ length: SERVER_LIMITS.modules }, (_, at) => file(`${SERVER_FOLDER}${at}.js`))],
      /2000 modules at most/,
    ],
  ])('not %s', (_, server, files, message) => {
    expect(serverProblem(server, files)).toMatch(message);
  });

  test('nothing of the reserved folder is public', () => {
    const entries = [main, file('a/.appflux/b'), file('.appflux-a')].map(siteEntry);
    expect(publicEntries({ files: entries }).map(([path]) => path)).toEqual(['a/.appflux/b', '.appflux-a']);
  });
});

test('how a module is loaded', () => {
  expect(
    ['a.js', 'a.mjs', 'a.cjs', 'a.json', 'a.wasm', 'a.html', 'a.bin', 'a', 'js'].map(moduleType),
  ).toEqual(['js', 'js', 'cjs', 'json', 'wasm', 'text', 'data', 'data', 'data']);
});

test.each(['ASSETS', 'APPFLUX_X', 'lower', '1A', '_A', '', 'A'.repeat(64), 'A-B', 'A\n'])(
  'no binding is called %j',
  (name) => {
    expect(BindingName.safeParse(name).success).toBe(false);
  },
);

test.each(['DB', 'CACHE_2', 'A'.repeat(63)])('a binding may be called %s', (name) => {
  expect(BindingName.parse(name)).toBe(name);
});

test('hosts of an allowlist', () => {
  expect(
    AllowedHosts.parse(['api.example.com', '*.example.com', 'example.com:8443', '1.2.3.4']),
  ).toHaveLength(4);
  for (const host of ['*', '*example.com', 'a.*.com', 'https://example.com', 'EXAMPLE.com', 'a/b', 'a:0', ''])
    expect(AllowedHosts.safeParse([host]).success, host).toBe(false);
});

test('a scope of state names a fork’s deployment, and nothing else', () => {
  const id = '66f2a1c04b7e9d0000000001';
  expect(StateScope.parse(`fork-${id}`)).toBe(`fork-${id}`);
  for (const scope of ['fork-', `fork-${id}x`, `fork-${id}:DB`, 'Production', `x-fork-${id}`])
    expect(StateScope.safeParse(scope).success, scope).toBe(false);
});

test('a spec parses to itself, and unknown members are refused', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.jsonValue(), { maxKeys: 5 }),
      (vars) => {
        // Members of this name are dropped: nothing of a project becomes the prototype of an object.
        fc.pre(!JSON.stringify(vars).includes('__proto__'));
        const parsed = ServerSpec.safeParse({ ...spec, vars });
        // JSON has no -0.
        if (parsed.success) expect(JSON.stringify(parsed.data.vars)).toBe(JSON.stringify(vars));
      },
    ),
  );
  expect(ServerSpec.safeParse({ ...spec, outbound: true }).success).toBe(false);
});
