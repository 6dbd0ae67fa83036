/** Installed packages that a later build takes over, through the real pipeline. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { RESTORING } from '../job/stage-log.ts';
import { diskLimit } from '../sandbox/disk/limit.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { type CachedBuild, deployer } from '../testing/cached-build.ts';
import { CliBench, fixtureFiles } from '../testing/cli.ts';
import { ensureWebImage } from '../testing/docker.ts';

// Many builds one after the other, on a machine that may have other work.
vi.setConfig({ testTimeout: 600_000 });

const APP = '66f2a1c04b7e9d0000000001';
const OTHER = '66f2a1c04b7e9d0000000002';

let bench: CliBench;
let project: Record<string, string>;
const deploy = deployer(() => bench);

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  project = await fixtureFiles();
}, 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
  await bench.start();
});
afterEach(() => bench.close());

/** Whether the packages were installed by the command or reused; null where the log says neither or both. */
function installed({ log }: CachedBuild): 'by command' | 'reused' | null {
  const lines = log.split('\n');
  const [command, taken] = [lines.includes('$ npm ci'), lines.includes(`${RESTORING} npm ci`)];
  if (command === taken) return null;
  return command ? 'by command' : 'reused';
}

/** Empties a folder, which is there still. */
async function emptyFolder(folder: string) {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

/** Changes what is kept of installed packages, where the runner keeps them. */
async function changePackages(change: (folder: string) => Promise<unknown>) {
  const layers = join(bench.state, 'cache', APP, 'layers');
  for (const layer of await readdir(layers)) {
    const path = join(layers, layer);
    const isImage = (await stat(path)).isFile();
    const at = isImage ? `${path}-mounted` : path;
    if (isImage) {
      await mkdir(at);
      await execa('mount', ['-o', 'loop', path, at]);
    }
    try {
      const packages = isImage ? join(at, 'upper') : at;
      if (existsSync(join(packages, 'vite'))) await change(packages);
    } finally {
      if (isImage) await execa('umount', [at]).then(() => rmdir(at));
    }
  }
}

/** Puts a folder in the place of each file of packages, as earlier versions of the runner kept them. */
async function unpackImages() {
  const plain = join(bench.state, 'plain');
  await changePackages((packages) => execa('cp', ['-a', packages, plain]));
  const layers = join(bench.state, 'cache', APP, 'layers');
  for (const layer of await readdir(layers)) {
    if (!(await stat(join(layers, layer))).isFile()) continue;
    await rm(join(layers, layer));
    await rename(plain, join(layers, layer));
  }
}

/** How many layers of packages are files. */
async function keptFiles(): Promise<number> {
  const layers = join(bench.state, 'cache', APP, 'layers');
  const kept = await Promise.all((await readdir(layers)).map((layer) => stat(join(layers, layer))));
  return kept.filter((layer) => layer.isFile()).length;
}

/** The project with another build command. */
const building = (buildCommand: string) => ({
  ...project,
  'appflux.json': JSON.stringify({ buildCommand }),
});

async function warm(change: Record<string, string> = {}) {
  const first = await deploy({ ...project, ...change });
  expect([first.status, installed(first)], first.log).toEqual(['success', 'by command']);
}

describe('installed packages', () => {
  test('are reused by the next build with the same lockfile, which is built as well', async () => {
    await warm();
    const next = await deploy({ ...project, 'src/main.jsx': "document.title = 'changed';\n" });
    expect([next.status, installed(next)], next.log).toEqual(['success', 'reused']);
    expect(next.log).toMatch(/^Installed in \d/m);
    expect(next.log).toMatch(/vite v8/);
    expect(next.log).not.toMatch(/^added \d+ packages/m);
  });

  test('are installed again with another lockfile, another Node, another variable, or a cleared cache', async () => {
    await warm();
    const lockfile =
      project['package-lock.json']?.replaceAll('"version": "1.2.3"', '"version": "1.2.4"') ?? '';
    expect(lockfile).not.toBe(project['package-lock.json']);
    expect(installed(await deploy({ ...project, 'package-lock.json': lockfile }))).toBe('by command');
    const node = await deploy({ ...project, '.nvmrc': '22\n' });
    expect([node.status, installed(node)], node.log).toEqual(['success', 'by command']);
    expect(installed(await deploy(project, { variables: { NODE_ENV: 'development' } }))).toBe('by command');
    await warm();
    expect(installed(await deploy(project, { clearCache: true }))).toBe('by command');
    expect(installed(await deploy(project))).toBe('reused');
  });

  test('are not those of a build that failed, nor of another app', async () => {
    const failed = await deploy(building('exit 3'));
    expect([failed.status, installed(failed)]).toEqual(['failed', 'by command']);
    await warm();
    expect(installed(await deploy(project, { appId: OTHER }))).toBe('by command');
  });

  test.each([
    ['changed', 'echo "throw new Error(1)" > node_modules/vite/package.json', 'the build changed'],
    ['added', 'cp -a node_modules/vite node_modules/other', 'the build (changed|added)'],
    ['removed', 'rm -r node_modules/react', 'the build (changed|added or removed)'],
  ])('that a build has %s are not kept, and the log says why', async (_, command, reason) => {
    const spoil = await deploy(building(`npm run build && ${command}`));
    expect(spoil.status, spoil.log).toBe('success');
    expect(spoil.log).toMatch(
      new RegExp(`^Installed packages are not kept for the next build: ${reason}`, 'm'),
    );
    const next = await deploy(project);
    expect([next.status, installed(next)], next.log).toEqual(['success', 'by command']);
  });

  test('are kept without what tools put beside them', async () => {
    const tool = 'mkdir -p node_modules/.tool && echo x > node_modules/.tool/state';
    expect((await deploy(building(`npm run build && ${tool}`))).status).toBe('success');
    const next = await deploy(building('ls -A node_modules && npm run build'));
    expect([next.status, installed(next)], next.log).toEqual(['success', 'reused']);
    expect(next.log).toMatch(/^vite$/m);
    expect(next.log).not.toMatch(/^\.(?:tool|vite-temp)$/m);
  });

  test('that a build reuses and changes stay as they were, for previews as for production', async () => {
    await warm();
    const poison = building(
      'npm run build && echo poisoned > node_modules/vite/package.json && rm -r node_modules/react && head -c 2000000 /dev/urandom > $APPFLUX_CACHE/x',
    );
    for (const environment of ['preview', 'production'] as const) {
      const poisoned = await deploy(poison, { environment });
      expect([poisoned.status, installed(poisoned)], poisoned.log).toEqual(['success', 'reused']);
    }
    for (const environment of ['preview', 'production'] as const) {
      const next = await deploy(project, { environment });
      expect([next.status, installed(next)], next.log).toEqual(['success', 'reused']);
    }
  });

  test('of a project whose build removes them are in a folder that can be removed', async () => {
    const removing = await deploy(building('npm run build && rm -rf node_modules && mkdir node_modules'));
    expect(removing.status, removing.log).toBe('success');
    expect(installed(await deploy(project))).toBe('by command');
  });

  test('are reused from where an earlier version of the runner kept them', async () => {
    await warm();
    await unpackImages();
    expect(await keptFiles()).toBe(0);
    const next = await deploy(project);
    expect([next.status, installed(next)], next.log).toEqual(['success', 'reused']);
  });

  test('are one file where the runner may mount, which none has open after the build', async ({ skip }) => {
    const limit = await diskLimit();
    if (limit.kind === 'watch') return skip(limit.why);
    await warm();
    expect(await keptFiles()).toBe(1);
    for (const clearCache of [false, true])
      expect((await deploy(project, { clearCache })).status).toBe('success');
    await vi.waitFor(async () => {
      expect((await execa('losetup', ['--noheadings', '--output', 'BACK-FILE'])).stdout).not.toContain(
        bench.state,
      );
    });
  });

  test('are installed by the command where their file is no file system any more', async ({ skip }) => {
    const limit = await diskLimit();
    if (limit.kind === 'watch') return skip(limit.why);
    await warm();
    const layers = join(bench.state, 'cache', APP, 'layers');
    for (const layer of await readdir(layers))
      if ((await stat(join(layers, layer))).isFile()) await truncate(join(layers, layer), 4096);
    const next = await deploy(project);
    expect([next.status, installed(next)], next.log).toEqual(['success', 'by command']);
    expect(installed(await deploy(project))).toBe('reused');
  });

  test('are installed by the command where those of an earlier build are damaged', async () => {
    await warm();
    await changePackages(emptyFolder);
    const next = await deploy(project);
    expect(next.log).toContain('The packages could not be restored.');
    expect(next.log).toMatch(/^\$ npm ci$/m);
    expect(next.status, next.log).toBe('success');
    expect(installed(await deploy(project))).toBe('by command');
    expect(installed(await deploy(project))).toBe('reused');
  });
});
