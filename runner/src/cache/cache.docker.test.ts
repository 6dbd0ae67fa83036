/** Caches through the real pipeline: the command line, a fake edge, real containers. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { deployer } from '../testing/cached-build.ts';
import { CliBench, fixtureFiles, NOTHING_LEFT } from '../testing/cli.ts';
import { ensureWebImage } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 240_000 });

const APP = '66f2a1c04b7e9d0000000001';
const OTHER = '66f2a1c04b7e9d0000000002';
const THIRD = '66f2a1c04b7e9d0000000003';

let bench: CliBench;
const deploy = deployer(() => bench);

beforeAll(() => ensureWebImage(connectEngine()), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(() => bench.close());

/** A project whose build runs a command of the test's; it delivers a page. */
const project = (command: string) => ({
  'appflux.json': JSON.stringify({
    buildCommand: `(${command}) && mkdir -p dist && echo hello > dist/index.html`,
    outputs: ['dist'],
  }),
});

/** Shows which files of earlier builds are there, and leaves one that is large enough to be kept. */
const leaving = (name: string) =>
  project(
    `echo "seen: $(ls $APPFLUX_CACHE | tr '\\n' ' ')"; head -c 2000000 /dev/urandom > $APPFLUX_CACHE/${name}`,
  );

const seen = (log: string) => /^seen: (.*)$/m.exec(log)?.[1]?.trim();

describe('a warm build', () => {
  test('installs from what a cold one kept, without a network; another app cannot', async () => {
    await bench.start();
    const files = await fixtureFiles();
    const cold = await deploy(files);
    expect(cold.status, cold.log).toBe('success');
    expect(cold.cache[0]).toMatch(/^Cache: miss, none saved for this app and image \(.* s\)\.$/);
    expect(cold.cache[1]).toMatch(/^Cache: saved [\d.]+ MB of changes, [\d.]+ MB in total \(.* s\)\.$/);

    const offline = { variables: { npm_config_offline: 'true' } };
    const warm = await deploy(files, offline);
    expect(warm.status, warm.log).toBe('success');
    expect(warm.cache[0]).toMatch(/^Cache: hit, same lockfile; [\d.]+ MB from production \(/);

    const other = await deploy(files, { ...offline, appId: OTHER });
    expect(other.status).toBe('failed');
    expect(other.cache).toEqual([expect.stringMatching(/^Cache: miss/)]);
  });

  test('finds the folders of frameworks in the project, and has them although install recreated them', async () => {
    await bench.start();
    const files = {
      'package.json': '{"name":"linked","version":"1.0.0"}',
      'appflux.json': JSON.stringify({
        installCommand: 'rm -rf node_modules && mkdir -p node_modules/some',
        buildCommand:
          'cat node_modules/.cache/tool/state || true; mkdir -p node_modules/.cache/tool dist && echo "state of $APPFLUX_BUILD_NUMBER" > node_modules/.cache/tool/state; head -c 2000000 /dev/urandom > node_modules/.cache/tool/blob; echo hi > dist/index.html',
        outputs: ['dist'],
      }),
    };
    expect((await deploy(files, { buildNumber: 7 })).log).not.toContain('state of 7');
    expect((await deploy(files, { buildNumber: 8 })).log).toMatch(/^state of 7$/m);
  });
});

describe('what is kept', () => {
  test('costs a build its cache only, where it cannot be mounted', async () => {
    await bench.start();
    expect((await deploy(leaving('one'))).status).toBe('success');
    const layers = join(bench.state, 'cache', APP, 'layers');
    for (const layer of await readdir(layers)) {
      await rm(join(layers, layer), { recursive: true });
      await writeFile(join(layers, layer), 'no folder');
    }
    const next = await deploy(leaving('two'));
    expect([next.status, seen(next.log)]).toEqual(['success', '']);
    expect(next.cache[1]).toBe('Cache: cannot be mounted on this runner; starting without it.');
    expect(seen((await deploy(leaving('three'))).log)).toBe('two');
  });

  test('is of builds that went well, of production for everyone, and of previews for previews only', async () => {
    await bench.start();
    expect(seen((await deploy(leaving('one'))).log)).toBe('');
    const preview = await deploy(leaving('poison'), { environment: 'preview' });
    expect(seen(preview.log)).toBe('one');
    expect(seen((await deploy(leaving('two'))).log)).toBe('one');
    expect(seen((await deploy(leaving('more'), { environment: 'preview' })).log)).toBe('one poison');
    const failed = await deploy(
      project('touch $APPFLUX_CACHE/bad; head -c 2000000 /dev/urandom > $APPFLUX_CACHE/x; exit 3'),
    );
    expect([failed.status, failed.cache.length]).toEqual(['failed', 1]);
    expect(seen((await deploy(leaving('three'))).log)).toBe('one two');
  });

  test('is forgotten where a deployment asks for it, also if that one fails', async () => {
    await bench.start();
    await deploy(leaving('one'));
    const cleared = await deploy(project('ls $APPFLUX_CACHE; exit 1'), { clearCache: true });
    expect(cleared.cache[0]).toMatch(/^Cache: cleared by this deployment/);
    const next = await deploy(leaving('two'));
    expect(seen(next.log)).toBe('');
    expect(next.cache[0]).toMatch(/^Cache: miss/);
  });

  test('is used after the runner was killed in the middle of a build, which leaves nothing', async () => {
    const runner = await bench.start();
    await deploy(leaving('one'));
    const endless = await bench.grantFor(
      project('touch $APPFLUX_CACHE/half; echo started; sleep 600'),
      { deploymentId: 'f'.repeat(24) },
      { deploymentId: 'f'.repeat(24) },
    );
    await bench.until(
      () => endless.lines.some(({ text }) => text === 'started'),
      () => endless.log,
    );
    runner.child.kill('SIGKILL');
    await runner.exit;
    await bench.start();
    expect(seen((await deploy(leaving('two'))).log)).toBe('one');
    await expect.poll(() => bench.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('stays whole through many builds, although deleted, changed and renamed: its layers are packed', async () => {
    const runner = await bench.start();
    await deploy(
      project(
        'cd $APPFLUX_CACHE; mkdir -p d/e gone; echo a > d/e/a; echo b > b; echo c > gone/c; head -c 2000000 /dev/zero > z',
      ),
    );
    await deploy(
      project(
        'cd $APPFLUX_CACHE; rm -r gone; mkdir gone; mv d moved; echo changed >> b; head -c 2000000 /dev/zero > z1',
      ),
    );
    for (let n = 2; n < 9; n += 1) {
      const { status, log } = await deploy(project(`head -c 2000000 /dev/zero > $APPFLUX_CACHE/z${n}`));
      expect(status, log).toBe('success');
    }
    const folder = join(bench.state, 'cache', APP);
    const entry = async () => {
      const [name = ''] = await readdir(join(folder, 'entries'));
      return JSON.parse(await readFile(join(folder, 'entries', name), 'utf8')) as { layers: unknown[] };
    };
    await bench.until(
      async () => (await entry()).layers.length <= 3,
      () => `the layers were never packed: ${runner.output}`,
    );
    const { log } = await deploy(
      project('cd $APPFLUX_CACHE; echo "seen: $(find . -type f ! -name "z*" | sort | tr "\\n" " ")"; cat b'),
    );
    expect(seen(log)).toBe('./b ./moved/e/a');
    expect(log).toMatch(/^b\nchanged$/m);
  });

  test('of two builds of one app at the same time, one is the next one’s, whole', async () => {
    await bench.start('--slots', '2');
    await deploy(leaving('one'));
    const source = project(
      'touch $APPFLUX_CACHE/$NAME-began; head -c 2000000 /dev/urandom > $APPFLUX_CACHE/$NAME; sleep 1',
    );
    const both = ['left', 'right'].map((name, index) => {
      const deploymentId = `${index + 1}`.repeat(24);
      return bench.grantFor(source, { deploymentId }, { deploymentId, variables: { NAME: name } });
    });
    const attempts = await Promise.all(both);
    await bench.until(
      () => bench.edge.poolFrames.filter(({ type }) => type === 'freed').length >= 3,
      () => attempts.map(({ log }) => log).join('\n'),
    );
    for (const { result, log } of attempts) expect(result, log).toMatchObject({ status: 'success' });
    expect(seen((await deploy(leaving('next'))).log)).toMatch(
      /^(left left-began one|one right right-began)$/,
    );
  });
});

describe('the room for caches', () => {
  test('goes to what was used last; a cache that is too large is dropped', async () => {
    await bench.start('--cache-size', '8m');
    const write = (bytes: number) =>
      project(`head -c ${bytes} /dev/urandom > $APPFLUX_CACHE/blob-$APPFLUX_BUILD_NUMBER`);
    await deploy(write(3_000_000), { appId: APP });
    await deploy(write(3_000_000), { appId: OTHER });
    await deploy(project('true'), { appId: APP });
    await deploy(write(3_000_000), { appId: THIRD });
    const apps = async () =>
      (await readdir(join(bench.state, 'cache'))).filter((name) => name.length === 24).sort();
    await bench.until(
      async () => (await apps()).length === 2,
      () => 'nothing was evicted',
    );
    expect(await apps()).toEqual([APP, THIRD]);
    expect((await deploy(project('true'), { appId: OTHER })).cache[0]).toMatch(/miss/);
    const grown = await deploy(write(3_000_000), { appId: APP, buildNumber: 2 });
    expect(grown.cache[1]).toMatch(
      /^Cache: not saved, it has grown to 6\.0 MB; the next build starts without a cache/,
    );
    expect((await deploy(project('true'), { appId: APP })).cache[0]).toMatch(/miss/);
  });

  test('can be none', async () => {
    await bench.start('--cache-size', 'off');
    const first = await deploy(leaving('one'));
    expect([first.status, first.cache]).toEqual(['success', []]);
    expect(seen((await deploy(leaving('two'))).log)).toBe('');
  });
});

describe('a hostile cache', () => {
  test('reaches nothing of the host, neither used nor removed', async () => {
    const host = await mkdtemp(join(tmpdir(), 'appflux-host-'));
    try {
      await mkdir(join(host, 'kept'));
      await writeFile(join(host, 'kept/file'), 'of the host');
      await bench.start();
      const planted = await deploy(
        project(
          [
            'cd $APPFLUX_CACHE',
            `ln -s ${host} npm && ln -s / root && ln -s ../../../../.. up`,
            'cp /bin/bash suid && chmod 6755 suid',
            'mkfifo pipe && mkdir shut && touch shut/in && chmod 000 shut',
            'mkdir -p $(printf "deep/%.0s" $(seq 900))',
            'touch "$(printf "line\\nbreak")" "$(printf "\\377")"',
            'mknod device c 1 3 2>/dev/null; ls -d device 2>/dev/null',
            'head -c 2000000 /dev/urandom > blob',
          ].join('; '),
        ),
      );
      expect(planted.status, planted.log).toBe('success');
      expect(planted.cache[1]).toMatch(/^Cache: saved/);
      expect(planted.log).not.toMatch(/^device$/m);
      const warm = await deploy(
        project(
          'echo "in npm: $(ls -A $APPFLUX_CACHE/npm/ 2>&1)"; $APPFLUX_CACHE/suid -p -c "id -u"; grep " /cache " /proc/mounts; touch $APPFLUX_CACHE/npm/new 2>&1 || true',
        ),
      );
      expect(warm.log).toMatch(/^in npm: ls: cannot access/m);
      expect(warm.log).toMatch(/^10001$/m);
      expect(warm.log).toMatch(/^overlay \/cache overlay rw,nosuid,nodev/m);
      await deploy(project('true'), { clearCache: true });
      await bench.until(
        async () => (await readdir(join(bench.state, 'cache', 'trash'))).length === 0,
        () => 'the trash is not empty',
      );
      expect(await readdir(join(host, 'kept'))).toEqual(['file']);
    } finally {
      await rm(host, { recursive: true });
    }
  });
});
