/** One process of workerd: its start, until it listens, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Ending } from '../child.ts';
import { messageOf } from '../problem.ts';

const START_WITHIN_MS = 30_000;

/** A line on the pipe by which workerd says what it does. */
const Report = z.looseObject({ event: z.string(), socket: z.string().optional() });

export interface RunningWorkerd {
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** Ends it with TERM, after which it lets requests end, and after `graceMs` with KILL. */
  stop(graceMs: number): Promise<Ending>;
  kill(): void;
}

/** The program of workerd that Miniflare comes with. */
function workerdProgram(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  return (require('workerd') as { default: string }).default;
}

/**
 * Starts workerd, and resolves when it listens. It ends with its parent, however that ends: it would keep the port, and go on
 * writing to the same data as the next start's.
 * @param options.configFile its configuration, absolute
 * @param options.folder where it runs: the paths of sockets are relative to it, and its temporary files are in it
 * @param options.sockets the names of the sockets in it
 * @param options.inspector the address where a debugger attaches; nowhere unless it is set
 * @param options.onPrinted gets what Workers print; it is dropped unless it is set
 * @param options.onError gets its own log
 * @param options.withinMs how long that may take, in milliseconds
 * @throws Error with how it ended, if it did before it listened, or that it was too slow
 */
export async function startWorkerd(options: {
  configFile: string;
  folder: string;
  sockets: readonly string[];
  withinMs?: number;
  inspector?: string;
  onPrinted?: (chunk: Buffer) => void;
  onError: (chunk: Buffer) => void;
}): Promise<RunningWorkerd> {
  const { configFile, folder, sockets, withinMs = START_WITHIN_MS, inspector, onPrinted, onError } = options;
  const child = spawn(
    // prctl(2), PR_SET_PDEATHSIG: a killed process can't end those that it has started, the kernel can.
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      workerdProgram(),
      'serve',
      '--experimental',
      '--control-fd=3',
      ...(inspector === undefined ? [] : [`--inspector-addr=${inspector}`]),
      configFile,
    ],
    {
      cwd: folder,
      env: { TZ: 'UTC', TMPDIR: folder },
      stdio: ['ignore', onPrinted === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  );
  if (onPrinted !== undefined) child.stdout?.on('data', onPrinted);
  child.stderr?.on('data', onError);
  const ended = endingOf(child);
  const listening = isListening(child.stdio[3] as Readable, sockets);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, withinMs);
  const first = await Promise.race([listening, ended]);
  clearTimeout(timer);
  if (first !== null) throw new Error(isLate ? `it did not listen within ${withinMs / 1000} s` : first);
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

/** How it ended, when all that it had written was read as well. */
async function endingOf(child: ChildProcess): Promise<Ending> {
  try {
    const [code, signal] = await once(child, 'close');
    return signal ?? `exit code ${code}`;
  } catch (error) {
    // It could not be started.
    return messageOf(error);
  }
}

/** Resolves to null when workerd has reported on this pipe that it listens on each socket; never, if it ends before. */
async function isListening(control: Readable, sockets: readonly string[]): Promise<null> {
  const missing = new Set(sockets);
  for await (const line of createInterface({ input: control })) {
    const { event, socket } = Report.parse(JSON.parse(line));
    if (event === 'listen' && socket !== undefined) missing.delete(socket);
    if (missing.size === 0) return null;
  }
  return new Promise(() => undefined);
}
