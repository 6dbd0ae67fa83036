/** Installed packages that a later build takes over, through the real pipeline. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { RESTORING } from '../job/stage-log.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { type CachedBuild, deployer } from '../testing/cached-build.ts';
import { CliBench, fixtureFiles } from '../testing/cli.ts';
import { ensureWebImage } from '../testing/docker.ts';

// Many builds one after the other, on a machine that may have other work.
vi.setConfig({ testTimeout: 600_000 });

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

  test('are as they were installed, whatever a build did to them afterwards', async () => {
    const spoil = building(
      'echo "throw new Error(1)" > node_modules/vite/package.json; mkdir dist; echo > dist/index.html',
    );
    expect((await deploy(spoil)).status).toBe('success');
    const next = await deploy(project);
    expect([next.status, installed(next)], next.log).toEqual(['success', 'reused']);
  });

  test('of a preview that poisons them are never those of production', async () => {
    await warm();
    const poison = building(
      'echo poisoned > $APPFLUX_CACHE/installed/node_modules/vite/package.json; head -c 2000000 /dev/urandom > $APPFLUX_CACHE/x; npm run build',
    );
    const preview = await deploy(poison, { environment: 'preview' });
    expect([preview.status, installed(preview)], preview.log).toEqual(['success', 'reused']);
    const own = await deploy(project, { environment: 'preview' });
    expect([own.status, installed(own)]).toEqual(['failed', 'reused']);
    const production = await deploy(project);
    expect([production.status, installed(production)], production.log).toEqual(['success', 'reused']);
  });

  test('are installed by the command where what was kept cannot be put in its place', async () => {
    expect((await deploy(building('npm run build && rm -r $APPFLUX_CACHE/installed'))).status).toBe(
      'success',
    );
    const next = await deploy(project);
    expect(next.log).toContain('The packages could not be restored.');
    expect(next.log).toMatch(/^\$ npm ci$/m);
    expect(next.status, next.log).toBe('success');
    expect(installed(await deploy(project))).toBe('reused');
  });
});
