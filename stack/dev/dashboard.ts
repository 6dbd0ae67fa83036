/**
 * The dashboard of `npm run dev`: Vite's server with hot reload, which forwards everything that is not a page to the
 * edge.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../child.ts';
import { environmentOfOwn } from '../npm.ts';
import { lastLines, StackProblem } from '../problem.ts';

const READY_WITHIN_MS = 60_000;

/**
 * Starts Vite on a port, in front of the edge at `edgeUrl`, and waits until it answers.
 * @throws StackProblem `dashboard_failed` with the end of its output
 */
export async function startDevDashboard(options: {
  root: string;
  port: number;
  edgeUrl: string;
  env: NodeJS.ProcessEnv;
  logFile: string;
}): Promise<Child> {
  const { root, port, edgeUrl, env, logFile } = options;
  const vite = await startChild({
    command: process.execPath,
    args: [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'dev',
      '--host',
      'localhost',
      '--port',
      String(port),
      '--strictPort',
    ],
    cwd: join(root, 'dashboard'),
    env: { ...environmentOfOwn(env), APPFLUX_URL: edgeUrl },
    logFile,
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  let ending: string | null = null;
  void vite.ended.then((how) => {
    ending = how;
  });
  while (ending === null && performance.now() < deadline) {
    const answers = await fetch(`http://localhost:${port}/`).then(
      ({ ok }) => ok,
      // Not listening yet: ask again until it ends or the timeout is over.
      () => false,
    );
    if (answers) return vite;
    await sleep(100);
  }
  const output = await vite.output();
  await vite.stop(1_000);
  throw new StackProblem(
    'dashboard_failed',
    `Vite did not start (${lastLines(output) || (ending ?? 'it does not answer')})`,
    `see ${logFile}`,
  );
}
