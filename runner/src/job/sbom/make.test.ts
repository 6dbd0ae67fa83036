/** SBOMs of whole projects: made in a thread, valid by CycloneDX's own schema, and bounded. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keptJournal } from '../../testing/docker.ts';
import { findLockfiles } from './find.ts';
import { deliverSbom } from './index.ts';
import { makeSbom, type SbomInput } from './make.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', '..', '..', 'e2e', 'fixtures');
const signal = new AbortController().signal;

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'appflux-sbom-'));
});
afterEach(() => rm(top, { recursive: true, force: true }));

/** Writes files below `top`. */
async function given(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), text);
  }
}

const inputOf = (lockfiles: SbomInput['lockfiles']): SbomInput => ({
  app: { name: 'my-app', version: '1.2.3' },
  lockfiles,
  runnerVersion: '0.1.0',
});

const pathsOf = async (root: string, manager: 'npm' | 'pnpm' | 'yarn' | 'bun' | null) =>
  (await findLockfiles({ root: join(top, root), top, manager })).map(({ path }) => path);

describe('the SBOM of a project', () => {
  test.each(['vite-react', 'pwa', 'astro', 'sveltekit-static', 'turborepo', 'next-export'])(
    '%s is valid by CycloneDX’s strict schema',
    async (project) => {
      const root = join(FIXTURES, project);
      const lockfiles = await findLockfiles({ root, top: root, manager: null });
      const one = await makeSbom(inputOf(lockfiles), signal);
      expect(one.problems).toEqual([]);
      const { bytes, sha256, components } = one.sbom ?? {
        bytes: new Uint8Array(),
        sha256: '',
        components: 0,
      };
      expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      const text = gunzipSync(bytes).toString();
      const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
      expect(problems).toBeNull();
      const bom = JSON.parse(text);
      expect(bom).toMatchObject({
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
        metadata: { component: { name: 'my-app', version: '1.2.3' } },
      });
      expect(bom.components).toHaveLength(components);
    },
  );

  test('with lockfiles of several languages has all of them, and names the one that can’t be read', async () => {
    await given({
      'package-lock.json': '{"packages":{"node_modules/a":{"version":"1.0.0"}}}',
      'src-tauri/Cargo.lock':
        '[[package]]\nname = "rand"\nversion = "0.8.5"\nsource = "registry+https://crates.example"\n',
      'android/app/gradle.lockfile': 'androidx.core:core:1.0.0=releaseRuntimeClasspath\n',
      'pubspec.lock': '{',
    });
    const lockfiles = await findLockfiles({ root: top, top, manager: 'npm' });
    const { sbom, problems } = await makeSbom(inputOf(lockfiles), signal);
    expect(problems).toEqual([{ path: 'pubspec.lock', why: 'it is not YAML' }]);
    const text = gunzipSync(sbom?.bytes ?? new Uint8Array()).toString();
    const { components, metadata } = JSON.parse(text);
    expect(components.map(({ purl }: { purl: string }) => purl)).toEqual([
      'pkg:cargo/rand@0.8.5',
      'pkg:maven/androidx.core/core@1.0.0',
      'pkg:npm/a@1.0.0',
    ]);
    expect(metadata.properties.map(({ value }: { value: string }) => value)).toEqual(sbom?.paths.toSorted());
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    // The same lockfiles give the same bytes.
    expect((await makeSbom(inputOf(lockfiles), signal)).sbom?.sha256).toBe(sbom?.sha256);
  });
});

describe('lockfiles are found', () => {
  test('nearest to the root, above it in a workspace, and not outside of the source', async () => {
    await given({ 'pnpm-lock.yaml': '', 'apps/web/package.json': '{}', 'apps/docs/pnpm-lock.yaml': '' });
    expect(await pathsOf('apps/web', 'pnpm')).toEqual(['pnpm-lock.yaml']);
    expect(await pathsOf('apps/docs', 'pnpm')).toEqual(['apps/docs/pnpm-lock.yaml']);
    expect(
      await findLockfiles({ root: join(top, 'apps/web'), top: join(top, 'apps'), manager: 'pnpm' }),
    ).toEqual([]);
  });

  test('of the package manager that is used, and of npm the one that it prefers', async () => {
    await given({ 'yarn.lock': '', 'package-lock.json': '{}', 'npm-shrinkwrap.json': '{}' });
    expect(await pathsOf('', 'yarn')).toEqual(['yarn.lock']);
    expect(await pathsOf('', 'npm')).toEqual(['npm-shrinkwrap.json']);
    expect(await pathsOf('', 'bun')).toEqual([]);
  });

  test('not through links, which could lead to the runner’s host', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'appflux-outside-'));
    try {
      await writeFile(join(outside, 'Cargo.lock'), '');
      await symlink(outside, join(top, 'src-tauri'));
      await symlink(join(outside, 'Cargo.lock'), join(top, 'Cargo.lock'));
      expect(await pathsOf('', null)).toEqual([]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test('and one that is too large is not read', async () => {
    await given({ 'package-lock.json': '' });
    await truncate(join(top, 'package-lock.json'), 40 * 1024 * 1024);
    const lockfiles = await findLockfiles({ root: top, top, manager: 'npm' });
    expect(lockfiles).toMatchObject([{ text: null }]);
    expect(await makeSbom(inputOf(lockfiles), signal)).toEqual({
      sbom: null,
      problems: [{ path: 'package-lock.json', why: 'it is larger than 32 MB' }],
    });
  });
});

describe('a lockfile that is meant to harm the runner', () => {
  const lockfile = (text: string) => [
    { path: 'pnpm-lock.yaml', name: 'pnpm-lock.yaml', text, manifest: null },
  ];
  const long = lockfile(
    `lockfileVersion: '9.0'\nx: ${'[a, '.repeat(20_000)}${']'.repeat(20_000)}\n`.repeat(20),
  );

  test('is given up when it takes too long', async () => {
    const making = makeSbom(inputOf(long), signal, { timeMs: 1, memoryMb: 256 });
    await expect(making).rejects.toMatchObject({
      name: 'SbomFailed',
      message: 'it takes longer than 0.001 seconds',
    });
  });

  test('is given up when it takes too much memory', async () => {
    const many = lockfile(`lockfileVersion: '9.0'\n${'a: {b: c}\n'.repeat(300_000)}`);
    const making = makeSbom(inputOf(many), signal, { timeMs: 120_000, memoryMb: 16 });
    await expect(making).rejects.toMatchObject({ name: 'SbomFailed', message: 'it takes too much memory' });
  });

  test('stops with the attempt', async () => {
    const stop = new AbortController();
    const making = makeSbom(inputOf(long), stop.signal);
    stop.abort(new Error('the attempt is over'));
    await expect(making).rejects.toThrow('the attempt is over');
  });
});

describe('delivering an SBOM', () => {
  /** Delivers to an edge that answers each question like this. Returns the questions and the log. */
  async function deliver(lockfiles: SbomInput['lockfiles'], storesSboms = true) {
    const asked: { type: string; name: string }[] = [];
    const lines: string[] = [];
    const { journal } = keptJournal();
    await deliverSbom(
      {
        app: { name: 'my-app', version: null },
        lockfiles,
        artifacts: [{ name: 'sbom.cdx.json.gz' }],
        outDir: top,
        attempt: 1,
        journal,
        connection: {
          storesSboms,
          ask: async (question) => {
            asked.push(question);
            return { type: 'upload_refused', request: question.request, message: 'Storage is full' };
          },
        },
      },
      { signal, log: (text) => lines.push(String(text)) },
    );
    return { asked, lines };
  }
  const npm = [{ path: 'package-lock.json', name: 'package-lock.json', text: '{}', manifest: null }];

  test('is not tried at an edge that stores none', async () => {
    expect(await deliver(npm, false)).toEqual({ asked: [], lines: [] });
  });

  test('without a lockfile the log says so', async () => {
    const { asked, lines } = await deliver([]);
    expect([asked, lines]).toEqual([[], [expect.stringContaining('No lockfile found')]]);
  });

  test('a lockfile that can’t be read, and a refusal of the edge, are in the log and fail nothing', async () => {
    const { asked, lines } = await deliver([
      ...npm,
      { ...npm[0], path: 'b/package-lock.json', text: '[' } as never,
    ]);
    expect(asked).toMatchObject([{ type: 'upload', name: 'sbom-2.cdx.json.gz' }]);
    expect(lines).toEqual([
      '"b/package-lock.json" is not in the SBOM: it is malformed.',
      expect.stringMatching(/^This deployment has no SBOM: .*Storage is full/),
    ]);
  });
});
