/** One process of workerd that runs the servers of sites: its start, until it listens, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Ending } from '../child.ts';
import { extraCertificates } from '../edge/certificates.ts';
import { bundledModules } from '../edge/options.ts';
import { StackProblem } from '../problem.ts';
import { type ServersConfig, socketPaths } from './config.ts';
import { openLog } from './log.ts';
import { type ModuleKind, readHostWorker, workerdConfig } from './workerd-config.ts';

/**
 * V8's heaps are collected when they hold a few megabytes (edge/process.ts says why), and one that needs more than 256 MB
 * ends the process: a server on Cloudflare has 128 MB.
 */
const V8_FLAGS = ['--initial-old-space-size=8', '--max-old-space-size=256'];

const START_WITHIN_MS = 30_000;

const KINDS: Readonly<Record<string, ModuleKind>> = {
  ESModule: 'esModule',
  CompiledWasm: 'wasm',
  Text: 'text',
  Data: 'data',
};

export interface RunningServers {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** Ends it with TERM, and after `graceMs` with KILL. */
  stop(graceMs: number): Promise<Ending>;
  kill(): void;
}

/** The program of workerd that Miniflare comes with. */
function workerdProgram(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  return (require('workerd') as { default: string }).default;
}

/**
 * Starts workerd with the host Worker. It belongs to the process group of its parent, with which it ends.
 * @throws StackProblem `servers_failed` with workerd's own words
 */
export async function startServers(config: z.output<typeof ServersConfig>): Promise<RunningServers> {
  const { host } = socketPaths(config.sockets);
  const folder = `${config.persist}-tmp`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'host'), { recursive: true, mode: 0o700 });
  await mkdir(config.persist, { recursive: true, mode: 0o700 });
  await mkdir(config.sockets, { recursive: true, mode: 0o700 });
  // workerd does not replace the socket of one that was killed.
  await rm(host, { force: true });
  const modules = [];
  for (const { type, path } of bundledModules(config.main)) {
    const name = basename(path);
    await cp(path, join(folder, 'host', name));
    modules.push({ name, kind: KINDS[type] ?? 'data', file: `host/${name}` });
  }
  const file = join(folder, 'workerd.capnp');
  const worker = readHostWorker(config.wranglerConfig);
  const text = workerdConfig({
    worker: { ...worker, vars: { ...worker.vars, ...config.vars } },
    modules,
    persist: config.persist,
    sockets: config.sockets,
    allowPrivate: config.allowPrivate,
    certificates: extraCertificates(),
    v8Flags: V8_FLAGS,
  });
  await writeFile(file, text, { mode: 0o600 });
  await mkdir(dirname(config.logFile), { recursive: true, mode: 0o700 });
  const child = spawn(
    workerdProgram(),
    ['serve', '--experimental', '--control-fd=3', file],
    // What servers print with console.log goes to the first: it has a log of its own, by App.
    { cwd: folder, env: { TZ: 'UTC', TMPDIR: folder }, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const log = openLog(config.logFile);
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
  const ended = endingOf(child);
  void ended.then(() => log.close());
  const listening = isListening(child.stdio[3] as Readable);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_WITHIN_MS);
  const first = await Promise.race([listening, ended]);
  clearTimeout(timer);
  if (first !== null) {
    child.kill('SIGKILL');
    throw new StackProblem(
      'servers_failed',
      `The process for servers of sites did not start (${first}: ${log.last()})`,
      `see ${config.logFile}`,
    );
  }
  return {
    pid: child.pid ?? 0,
    ended,
    kill: () => void child.kill('SIGKILL'),
    async stop(graceMs) {
      child.kill('SIGTERM');
      const killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const ending = await ended;
      clearTimeout(killing);
      return ending;
    },
  };
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  try {
    const [code, signal] = await once(child, 'exit');
    return signal ?? `exit code ${code}`;
  } catch (error) {
    // It could not be started.
    return error instanceof Error ? error.message : String(error);
  }
}

/** Resolves to null when workerd reports on this pipe that it listens; never, if it ends before. */
async function isListening(control: Readable): Promise<null> {
  let text = '';
  for await (const chunk of control) {
    text += String(chunk);
    if (text.includes('"listen"')) return null;
  }
  return new Promise(() => undefined);
}
