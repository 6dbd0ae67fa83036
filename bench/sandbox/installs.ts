/** The same install and build with the engine's default bridge and through the runner's proxy, alternately. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { BuildBench, plan } from '../../runner/src/testing/build.ts';
import { progress, round, table } from '../report.ts';
import { median } from '../statistics.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

interface Commands {
  readonly lockfile: string;
  /** Creates the lockfile if there is none. */
  readonly lock: string;
  readonly install: string;
  readonly build: string;
}

const MANAGERS: Readonly<Record<Manager, Commands>> = {
  npm: {
    lockfile: 'package-lock.json',
    lock: 'npm install --package-lock-only',
    install: 'npm ci',
    build: 'npm run build',
  },
  pnpm: {
    lockfile: 'pnpm-lock.yaml',
    lock: 'pnpm install --lockfile-only',
    install: 'pnpm install --frozen-lockfile',
    build: 'pnpm run build',
  },
  yarn: {
    lockfile: 'yarn.lock',
    lock: 'yarn install --ignore-scripts',
    install: 'yarn install --frozen-lockfile',
    build: 'yarn run build',
  },
  bun: {
    lockfile: 'bun.lock',
    lock: 'bun install --lockfile-only',
    install: 'bun install --frozen-lockfile',
    build: 'bun run build',
  },
};

type Network = 'bridge' | 'proxy';

const REACT = join(import.meta.dirname, '../../runner/fixtures/react-vite');
/** Dependencies of a project of some size besides its framework: hundreds of packages to fetch. */
const TOOLS = { eslint: '10.15.0', express: '5.3.0', mocha: '12.0.3', webpack: '5.112.2' };

const ROOM = { memoryBytes: 4 * 1024 ** 3, diskBytes: 10 * 1024 ** 3 };

/** Measures each manager; returns a table of seconds and of ratios, which are computed per round. */
export async function measureInstalls(rounds: number): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const manager of Object.keys(MANAGERS) as Manager[]) {
    const project = await lockedProject(manager);
    try {
      // Not counted, so that neither way includes one-time costs.
      await seconds(manager, 'bridge', project);
      await seconds(manager, 'proxy', project);
      const times: Record<Network, number>[] = [];
      for (let turn = 0; turn < rounds; turn += 1) {
        const early = turn % 2 === 0 ? null : await seconds(manager, 'bridge', project);
        const proxy = await seconds(manager, 'proxy', project);
        const bridge = early ?? (await seconds(manager, 'bridge', project));
        times.push({ bridge, proxy });
        progress(
          `${manager} ${turn + 1}/${rounds}: bridge ${bridge.toFixed(2)} s, proxy ${proxy.toFixed(2)} s`,
        );
      }
      const ratios = times.map(({ bridge, proxy }) => proxy / bridge);
      rows.push([
        manager,
        round(median(times.map(({ bridge }) => bridge))),
        round(median(times.map(({ proxy }) => proxy))),
        round(median(ratios)),
        round(Math.min(...ratios)),
        round(Math.max(...ratios)),
      ]);
    } finally {
      await rm(project, { recursive: true });
    }
  }
  return table(
    ['install and build', 'bridge s (median)', 'proxy s (median)', 'ratio (median)', 'lowest', 'highest'],
    rows,
  );
}

/** The project with a lockfile of this manager, created by the manager itself, and no other. */
async function lockedProject(manager: Manager): Promise<string> {
  const { lockfile, lock } = MANAGERS[manager];
  const project = await mkdtemp(join(tmpdir(), 'appflux-bench-'));
  await cp(REACT, project, { recursive: true });
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8'));
  Object.assign(manifest.devDependencies, TOOLS);
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  for (const other of Object.values(MANAGERS)) await rm(join(project, other.lockfile), { force: true });
  await inContainer('bridge', project, { buildCommand: lock }, async (root) => {
    await writeFile(join(project, lockfile), await readFile(join(root, lockfile)));
  });
  return project;
}

async function seconds(manager: Manager, network: Network, project: string): Promise<number> {
  const { install, build } = MANAGERS[manager];
  const commands = { packageManager: manager, installCommand: install, buildCommand: build };
  const tookMs = await inContainer(network, project, commands, async (root) => {
    // A comparison with a build that did nothing would be worthless.
    await readFile(join(root, 'dist', 'index.html'));
  });
  return tookMs / 1000;
}

/** Runs commands as a real attempt does, without a cache; returns the milliseconds from first to last. */
async function inContainer(
  network: Network,
  project: string,
  commands: Parameters<typeof plan>[0],
  check: (root: string) => Promise<void>,
): Promise<number> {
  const bench = new BuildBench(connectEngine());
  try {
    const { failure, text, root, tookMs } = await bench.run({
      plan: plan(commands),
      settings: { network },
      limits: ROOM,
      ownDisk: true,
      files: (folder) => cp(project, folder, { recursive: true }),
    });
    if (failure !== null) throw new Error(`${failure}\n${text}`);
    await check(root);
    return tookMs;
  } finally {
    await bench.close();
  }
}
