/** Caches where the host is another one than a root with the engine's own runtime. */
import { stat } from 'node:fs/promises';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { type CachedBuild, deployer } from '../testing/cached-build.ts';
import { CliBench } from '../testing/cli.ts';
import { ensureWebImage } from '../testing/docker.ts';
import { gvisorFor } from '../testing/gvisor.ts';

// Many builds one after the other, on a machine that may have other work.
vi.setConfig({ testTimeout: 600_000 });

const SOCKET = '/var/run/docker.sock';
/** `nobody` of every system that has it. */
const NOBODY = 65_534;

const engine = connectEngine();
let bench: CliBench;
const deploy = deployer(() => bench);

beforeAll(() => ensureWebImage(engine), 600_000);
afterEach(() => bench?.close());

/** Writes files of all sorts into the cache, besides one that is large enough to be kept. */
const leaving = (name: string) => ({
  'appflux.json': JSON.stringify({
    buildCommand: [
      'cd $APPFLUX_CACHE',
      'echo "seen: $(find . -name "*.txt" | sort | tr "\\n" " ")"',
      `rm -rf before && mkdir -p ${name}/deep before && echo ${name} > ${name}/deep/file.txt`,
      `touch before/${name}.txt && ln -sf deep/file.txt ${name}/link && chmod 700 ${name}`,
      `head -c 2000000 /dev/urandom > ${name}/blob`,
      'cd /workspace && mkdir -p dist && echo hello > dist/index.html',
    ].join(' && '),
    outputs: ['dist'],
  }),
});

const seen = ({ log }: CachedBuild) => /^seen: (.*)$/m.exec(log)?.[1]?.trim();

/** Builds until layers are packed; each has to see what all before it have left. */
async function keepsThroughBuilds(): Promise<void> {
  const names = Array.from({ length: 9 }, (_, number) => `n${number}`);
  for (const [at, name] of names.entries()) {
    const built = await deploy(leaving(name));
    expect(built.status, built.log).toBe('success');
    const earlier = names.slice(0, at);
    const expected = [
      ...(at === 0 ? [] : [`./before/n${at - 1}.txt`]),
      ...earlier.map((each) => `./${each}/deep/file.txt`),
    ];
    expect(seen(built), built.log).toBe(expected.join(' '));
  }
  expect((await deploy(leaving('cleared'), { clearCache: true })).cache[0]).toMatch(/^Cache: cleared/);
  expect(seen(await deploy(leaving('after')))).toBe('./before/cleared.txt ./cleared/deep/file.txt');
}

test('under gVisor, builds find what earlier ones kept', async ({ skip }) => {
  const gvisor = await gvisorFor(engine);
  if ('why' in gvisor) return skip(gvisor.why);
  try {
    bench = await CliBench.open();
    await bench.start('--runtime', gvisor.runtime);
    await keepsThroughBuilds();
  } finally {
    await gvisor.remove();
  }
});

test('with a runner that is not root, builds find what earlier ones kept, and nothing stays when it is cleared', async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) return skip('only root can start a runner as somebody else');
  bench = await CliBench.open({ uid: NOBODY, gid: (await stat(SOCKET)).gid });
  const runner = await bench.start();
  await keepsThroughBuilds();
  expect(runner.output).not.toMatch(/could not be (?:kept|tidied up)/);
});
