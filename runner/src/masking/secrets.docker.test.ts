/** Where a variable's value is while a build runs and after it, looked for with a real runner and a real engine. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { CliBench, NOTHING_LEFT } from '../testing/cli.ts';
import { containersOf, ensureWebImage } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

const SECRET = 'correct-horse+battery/staple="x"';
const engine = connectEngine();

let bench: CliBench;

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(async () => {
  await bench.endAll();
  expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  await bench.close();
});

/** Builds with the variable API_KEY; `during` is called once the build has printed `ready`, and lets it go on. */
async function build(script: string, during?: () => Promise<void>) {
  const runner = await bench.start();
  const files = {
    'package.json': '{"name":"leaky","version":"1.0.0"}',
    'build.cjs': script,
    'appflux.json': JSON.stringify({
      installCommand: 'true',
      buildCommand: 'node build.cjs',
      outputs: ['dist'],
    }),
  };
  const attempt = await bench.grantFor(files, {}, { variables: { API_KEY: SECRET } });
  if (during !== undefined) {
    await bench.until(
      () => /^ready$/m.test(attempt.log),
      () => `${attempt.log}\n${runner.output}`,
    );
    await during();
    await letGoOn();
  }
  await bench.until(
    () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
    () => `${attempt.log}\n${runner.output}`,
  );
  await expect.poll(() => bench.leftovers()).toEqual(NOTHING_LEFT);
  return { attempt, runner };
}

/** Keeps a build going until the test has seen what it came for. */
const WAIT = "const wait = setInterval(() => require('fs').existsSync('go-on') && clearInterval(wait), 20);";

/** Ends that wait, by a file beside the build's script. */
async function letGoOn(): Promise<void> {
  const entries = await readdir(bench.state, { recursive: true, withFileTypes: true });
  const script = entries.find(({ name }) => name === 'build.cjs');
  await writeFile(join(script?.parentPath ?? '', 'go-on'), '');
}

/** Larger ones are images of file systems: what is in them is seen where they are mounted. */
const LARGEST_FILE = 256 * 1024 ** 2;

/** Every file below a folder that holds the secret in the clear. */
async function filesHolding(folder: string, secret: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || (await stat(path)).size > LARGEST_FILE) continue;
    if ((await readFile(path)).includes(secret)) found.push(path);
  }
  return found;
}

const PAGE = "require('fs').mkdirSync('dist'); require('fs').writeFileSync('dist/index.html', 'x');";

describe('a variable of an app', () => {
  test('is in no line of the log in any form that is masked: split over two writes, base64, URL, JSON', async () => {
    const { attempt } = await build(`${PAGE}
      const key = process.env.API_KEY, half = key.length / 2;
      const say = (text) => require('fs').writeSync(1, text);
      say('split ' + key.slice(0, half));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
      say(key.slice(half) + '\\n');
      say('base64 ' + Buffer.from('user:' + key).toString('base64') + '\\n');
      say('url ' + encodeURIComponent(key) + '\\n');
      say('json ' + JSON.stringify({ key }) + '\\n');
      console.error('stderr ' + key);`);
    expect(attempt.result, attempt.log).toMatchObject({ status: 'success' });
    expect(attempt.log).toMatch(/^split \*\*\*$/m);
    expect(attempt.log).toMatch(/^url \*\*\*$/m);
    expect(attempt.log).toMatch(/^json \{"key":"\*\*\*"\}$/m);
    expect(attempt.log).toMatch(/^stderr \*\*\*$/m);
    const base64 = /^base64 (.*)$/m.exec(attempt.log)?.[1] ?? '';
    expect(Buffer.from(base64.replaceAll('***', ''), 'base64').toString()).not.toContain('horse');
  });

  test('is masked in what a failure quotes of the output', async () => {
    const { attempt } = await build("throw new Error('cannot log in with ' + process.env.API_KEY)");
    expect(attempt.result, attempt.log).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(attempt.result)).toContain('cannot log in with ***');
    expect(JSON.stringify(attempt.result)).not.toContain('horse');
  });

  test('is in no label of its container, in its command or its name', async () => {
    let inspected = '';
    await build(`${PAGE} console.log('ready'); ${WAIT}`, async () => {
      const [id = ''] = await containersOf(engine, bench.edge.runnerId);
      const { Config, HostConfig, Name, Path, Args, Mounts } = await engine.getContainer(id).inspect();
      expect(Config.Env).toContain(`API_KEY=${SECRET}`);
      inspected = JSON.stringify({ ...Config, Env: [], HostConfig, Name, Path, Args, Mounts });
    });
    expect(inspected).toContain('appflux-build');
    expect(inspected).not.toContain('horse');
  });

  test('is on no disk of the runner while it builds, nor afterwards', async () => {
    const { runner } = await build(
      `${PAGE} console.log(process.env.API_KEY + '\\nready'); ${WAIT}`,
      async () => expect(await filesHolding(bench.state, SECRET)).toEqual([]),
    );
    expect(await filesHolding(bench.state, SECRET)).toEqual([]);
    expect(runner.output).not.toContain('horse');
  });

  test('is in no core dump: a build that crashes leaves none', async () => {
    const { attempt } = await build(
      `${PAGE} const { spawnSync } = require('child_process');
      spawnSync('sh', ['-c', 'ulimit -c unlimited; kill -SEGV $$'], { cwd: '/workspace' });
      const { execSync } = require('child_process');
      console.log('limit', execSync('ulimit -Hc', { shell: '/bin/bash' }).toString().trim());
      console.log('files', require('fs').readdirSync('/workspace').sort().join(' '));`,
    );
    expect(attempt.log).toMatch(/^limit [01]$/m);
    expect(attempt.log).toMatch(/^files appflux\.json build\.cjs dist package\.json$/m);
  });
});
