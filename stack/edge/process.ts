/** Launches edge.ts as a child, and waits until it answers. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from '../child.ts';
import { ROOT } from '../command.ts';
import { LONG_LIVED } from '../long-lived.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { type EdgeConfig, EdgeMessage, temporaryFolder } from './config.ts';

export interface RunningEdge extends Child {
  readonly port: number;
}

/** An edge process that loads its modules, and waits for what it is to run. */
export interface LaunchedEdge {
  /**
   * Runs it. To be called once.
   * @throws StackProblem `edge_failed` with its reason, or `state_newer`
   */
  run(config: EdgeConfig): Promise<RunningEdge>;
  /** Ends it, also while it runs. */
  stop(graceMs: number): Promise<unknown>;
}

/**
 * Launches an edge process.
 * @param options.persist where the instance that it is to run stores its data, absolute
 */
export async function launchEdge(options: {
  persist: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
}): Promise<LaunchedEdge> {
  // A killed process leaves its temporary files behind; the next one with the same state removes them.
  const temporary = temporaryFolder(options.persist);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const child = await startChild({
    command: process.execPath,
    args: [...LONG_LIVED.flags, join(ROOT, 'stack', 'edge.ts')],
    cwd: ROOT,
    env: {
      ...LONG_LIVED.env,
      ...options.env,
      TMPDIR: temporary,
      // Miniflare would ask the network for this machine's location.
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
    },
    logFile: options.logFile,
    ipc: true,
  });
  return { run: (config) => run(child, config, options.logFile), stop: child.stop };
}

/**
 * Starts an edge process.
 * @throws StackProblem `edge_failed` with its reason, or `state_newer`
 */
export async function startEdge(
  config: EdgeConfig,
  options: { env: NodeJS.ProcessEnv; logFile: string },
): Promise<RunningEdge> {
  const launched = await launchEdge({ ...options, persist: config.persist });
  return launched.run(config);
}

async function run(child: Child, config: EdgeConfig, logFile: string): Promise<RunningEdge> {
  const answer = new Promise<EdgeMessage>((resolve, reject) => {
    child.process.once('message', (message) => {
      const parsed = EdgeMessage.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else reject(parsed.error);
    });
  });
  // One that has ended meanwhile takes no message: its end says why.
  child.process.send(config, () => undefined);
  const first = await Promise.race([answer, child.ended]);
  if (typeof first !== 'string' && first.type === 'ready') return { ...child, port: first.port };
  const reason = typeof first === 'string' ? `${first}: ${lastLines(await child.output())}` : first.reason;
  await child.stop(1_000);
  if (typeof first !== 'string' && first.type === 'failed' && first.newer !== undefined) {
    throw new StackProblem('state_newer', first.reason, first.newer);
  }
  throw new StackProblem('edge_failed', `The control plane did not start (${reason})`, `see ${logFile}`);
}
