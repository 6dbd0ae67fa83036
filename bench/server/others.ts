/** What AppFlux is compared with: the same Worker in a workerd of its own, and the same site on Node. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { moduleType } from '@appflux/protocol';
import { type Child, startChild } from '../../stack/child.ts';
import { freePort } from '../../stack/free-port.ts';
import type { Project } from './projects.ts';

export interface Other {
  readonly url: string;
  readonly pid: number;
  /** From the start of the program to the first answer, in milliseconds. */
  readonly coldMs: number;
  stop(): Promise<unknown>;
}

const KINDS = {
  js: 'esModule',
  cjs: 'commonJsModule',
  json: 'json',
  wasm: 'wasm',
  text: 'text',
  data: 'data',
} as const;

/** Gives the Worker what it would have on Cloudflare: assets, and stores that are empty. */
const PRELUDE = `
const cache = { match: async () => undefined, put: async () => {}, delete: async () => false };
Object.defineProperty(globalThis, 'caches', { value: { default: cache, open: async () => cache }, configurable: true });
`;
const entry = (main: string) => `
import './bench-prelude.js';
import worker from './${main}';
const none = { get: async () => null, put: async () => {}, list: async () => ({ keys: [], list_complete: true }), delete: async () => {} };
export default { fetch: (request, env, ctx) => worker.fetch(request, { NOTES: none, NEXT_INC_CACHE_KV: none, ...env }, ctx) };
`;

/** workerd with the Worker of a project as its only service. */
export async function startBare(project: Project): Promise<Other> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-bench-workerd-'));
  for (const [files, into] of [
    [project.modules, 'modules'],
    [project.assets, 'assets'],
  ] as const) {
    await mkdir(join(folder, into));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, into, path)), { recursive: true });
      await writeFile(join(folder, into, path), content);
    }
  }
  await writeFile(join(folder, 'modules', 'bench-entry.js'), entry(project.spec.main));
  await writeFile(join(folder, 'modules', 'bench-prelude.js'), PRELUDE);
  const names = ['bench-entry.js', 'bench-prelude.js', ...Object.keys(project.modules)];
  const modules = names.map(
    (name) =>
      `(name = ${JSON.stringify(name)}, ${KINDS[moduleType(name)]} = embed ${JSON.stringify(`modules/${name}`)})`,
  );
  const port = await freePort();
  const { compatibilityDate, compatibilityFlags } = project.spec;
  await writeFile(
    join(folder, 'workerd.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "site", worker = (
      modules = [${modules.join(', ')}],
      compatibilityDate = "${compatibilityDate < '2026-11-01' ? compatibilityDate : '2026-11-01'}",
      compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
      bindings = [(name = "ASSETS", service = "assets")],
    )),
    (name = "assets", disk = (path = ${JSON.stringify(join(folder, 'assets'))})),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "site")],
);
`,
  );
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const { default: command } = require('workerd') as { default: string };
  return started(project, port, folder, {
    command,
    args: ['serve', '--experimental', join(folder, 'workerd.capnp')],
    cwd: folder,
    env: process.env,
  });
}

/** Node with its own server of a project. */
export async function startNode(project: Project): Promise<Other> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-bench-node-'));
  const port = await freePort();
  const env = {
    ...process.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    HOSTNAME: '127.0.0.1',
    NODE_ENV: 'production',
  };
  const { cwd, args } = project.node;
  return started(project, port, folder, { command: process.execPath, args, cwd, env });
}

async function started(
  project: Project,
  port: number,
  folder: string,
  program: { command: string; args: readonly string[]; cwd: string; env: NodeJS.ProcessEnv },
): Promise<Other> {
  const from = performance.now();
  const child: Child = await startChild({ ...program, logFile: join(folder, 'log') });
  const url = `http://127.0.0.1:${port}`;
  let ended: string | null = null;
  void child.ended.then((ending) => {
    ended = ending;
  });
  for (;;) {
    if (ended !== null) throw new Error(`${project.name}: ${ended}: ${(await child.output()).slice(-2_000)}`);
    const status = await fetch(url + project.path).then(
      (answer) => answer.arrayBuffer().then(() => answer.status),
      // It doesn't listen yet.
      () => null,
    );
    if (status === 200) break;
    if (status !== null) throw new Error(`${project.name}: answered ${status}: ${await child.output()}`);
    await sleep(2);
  }
  return {
    url,
    pid: child.pid,
    coldMs: performance.now() - from,
    stop: async () => {
      await child.stop(2_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
