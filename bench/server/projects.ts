/** The sites that are measured: each as modules of a Worker, and as a server of Node from the same source. */
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ServerSpec } from '@appflux/protocol';
import { execa } from 'execa';
import { BUILDER, BUILDER_UID, WORKSPACE } from '../../runner/src/sandbox/container-spec.ts';
import { WEB_IMAGE } from '../../runner/src/testing/docker.ts';
import { ROOT } from '../../stack/command.ts';
import { bundleWorker } from '../../stack/edge/bundle.ts';
import { fingerprint, readTree } from '../../stack/fingerprint.ts';

export type Files = Readonly<Record<string, Buffer>>;

export interface Project {
  readonly name: string;
  /** The path of a page that is rendered for each request. */
  readonly path: string;
  readonly spec: ServerSpec;
  readonly modules: Files;
  readonly assets: Files;
  /** How Node runs it. */
  readonly node: { readonly cwd: string; readonly args: readonly string[] };
}

const CACHE = join(ROOT, 'node_modules', '.cache', 'appflux-bench', 'servers');

/** The packager of the web image. */
const PACK = 'node /usr/local/lib/appflux/server/pack.mjs';

/** How Node's own server is made in the container, after the Worker was: into the folder `out/node`. */
const FRAMEWORKS = {
  sveltekit: {
    node: [
      'npm install --no-save @sveltejs/adapter-node@5',
      "sed -i 's/adapter-auto/adapter-node/' vite.config.ts",
      'npm run build',
      'mv build out/node && cp package.json out/node/',
    ],
    args: ['index.js'],
  },
  next: {
    node: [
      // The packager's build has made the folder that Next.js calls standalone.
      'cp -r .next/standalone out/node && mkdir -p out/node/.next && cp -r .next/static out/node/.next/static',
    ],
    args: ['server.js'],
  },
} as const;

/** Builds a site, or reads the last build of the same source. */
export async function project(
  name: 'hono' | keyof typeof FRAMEWORKS,
  say: (text: string) => void,
): Promise<Project> {
  if (name === 'hono') return hono();
  const source = join(ROOT, 'e2e', 'fixtures', 'servers', name);
  const hash = fingerprint(await readTree(source), JSON.stringify(FRAMEWORKS[name]));
  const folder = join(CACHE, `${name}-${hash.slice(0, 16)}`);
  if (!existsSync(folder)) await build(name, source, folder, say);
  const worker = join(folder, 'worker');
  return {
    name,
    path: '/posts/1',
    spec: ServerSpec.parse(JSON.parse(await readFile(join(worker, 'server.json'), 'utf8'))),
    modules: await filesOf(join(worker, 'modules')),
    assets: existsSync(join(worker, 'assets')) ? await filesOf(join(worker, 'assets')) : {},
    node: { cwd: join(folder, 'node'), args: FRAMEWORKS[name].args },
  };
}

async function build(
  name: keyof typeof FRAMEWORKS,
  source: string,
  into: string,
  say: (text: string) => void,
): Promise<void> {
  say(`building ${name} in a container, twice`);
  const work = `${into}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(dirname(work), { recursive: true });
  await cp(source, work, { recursive: true });
  await execa('chown', ['-R', String(BUILDER_UID), work]);
  await chmod(work, 0o777);
  const commands = [
    'npm ci',
    'mkdir /tmp/work && export APPFLUX_SERVER_WORK=/tmp/work',
    `export APPFLUX_SERVER='${JSON.stringify({ kind: name, entry: null })}'`,
    `${PACK} prepare`,
    '( . /tmp/work/environment.sh; npm run build )',
    `${PACK} pack`,
    'mkdir out && mv .appflux-server out/worker',
    ...FRAMEWORKS[name].node,
  ];
  await execa('docker', [
    ...['run', '--rm', '--memory=4g', '--env=CI=true', `--user=${BUILDER}`],
    ...[`--volume=${work}:${WORKSPACE}`, `--workdir=${WORKSPACE}`, WEB_IMAGE],
    ...['bash', '-e', '-c', commands.join('\n')],
  ]);
  await rename(join(work, 'out'), into);
  await rm(work, { recursive: true, force: true });
}

/** Hono needs no container: it is bundled as AppFlux itself is. */
async function hono(): Promise<Project> {
  const folder = join(import.meta.dirname, 'hono');
  const main = await bundleWorker(
    { wranglerConfig: join(folder, 'wrangler.toml'), sources: [folder], files: [] },
    join(CACHE, 'hono'),
  );
  return {
    name: 'hono',
    path: '/posts/1',
    spec: {
      version: 1,
      framework: 'hono',
      main: basename(main),
      compatibilityDate: '2026-11-01',
      compatibilityFlags: [],
      assets: { workerFirst: false, notFound: 'none' },
      vars: {},
      bindings: {},
      crons: [],
    },
    modules: { [basename(main)]: await readFile(main) },
    assets: {},
    node: { cwd: folder, args: ['node.ts'] },
  };
}

/** All files below a folder, by their paths in it. */
async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)])),
  );
}
