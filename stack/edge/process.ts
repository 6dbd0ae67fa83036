/** Starts edge.ts as a child and waits until it answers. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GIVES_MEMORY_BACK } from '../../runner/src/memory.ts';
import { type Child, startChild } from '../child.ts';
import { ROOT } from '../command.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { type EdgeConfig, EdgeMessage } from './config.ts';

export interface RunningEdge extends Child {
  readonly port: number;
}

/**
 * V8 sizes its heaps by the memory of the machine, and first collects old objects when they fill hundreds of megabytes. Each
 * of workerd's isolates needs tens. What is not collected holds memory outside of the heap as well: bodies, streams, sockets.
 */
const V8_FLAGS = '--initial-old-space-size=8';

/**
 * Starts an edge process.
 * @throws StackProblem `edge_failed` with its reason, or `state_newer`
 */
export async function startEdge(
  config: EdgeConfig,
  options: { env: NodeJS.ProcessEnv; logFile: string },
): Promise<RunningEdge> {
  // A killed process leaves its temporary files behind; the next one with the same state removes them.
  const temporary = `${config.persist}-tmp`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const child = await startChild({
    command: process.execPath,
    args: [join(ROOT, 'stack', 'edge.ts')],
    cwd: ROOT,
    env: {
      ...GIVES_MEMORY_BACK,
      ...options.env,
      TMPDIR: temporary,
      // Miniflare would ask the network for this machine's location.
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      MINIFLARE_WORKERD_V8_FLAGS: options.env.MINIFLARE_WORKERD_V8_FLAGS ?? V8_FLAGS,
    },
    logFile: options.logFile,
    ipc: true,
  });
  const answer = new Promise<EdgeMessage>((resolve, reject) => {
    child.process.once('message', (message) => {
      const parsed = EdgeMessage.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else reject(parsed.error);
    });
  });
  child.process.send(config);
  const first = await Promise.race([answer, child.ended]);
  if (typeof first !== 'string' && first.type === 'ready') return { ...child, port: first.port };
  const reason = typeof first === 'string' ? `${first}: ${lastLines(await child.output())}` : first.reason;
  await child.stop(1_000);
  if (typeof first !== 'string' && first.type === 'failed' && first.newer !== undefined) {
    throw new StackProblem('state_newer', first.reason, first.newer);
  }
  throw new StackProblem(
    'edge_failed',
    `The control plane did not start (${reason})`,
    `see ${options.logFile}`,
  );
}
