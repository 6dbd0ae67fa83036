/** Keeps two processes from being the same runner. */
import { createServer } from 'node:net';
import { RunnerProblem } from '../problem.ts';

/**
 * Takes the lock of a runner until the process ends. A second process with the same registration would sweep
 * away the first one's builds. The lock is a listening socket in Linux' abstract namespace (unix(7)): it
 * leaves no file behind, and the kernel lets go of it whichever way the process ends. Other systems have no
 * such thing; there, the edge's closing of the older connection has to do.
 *
 * @returns lets go of the lock
 */
export async function lockRunner(runnerId: string): Promise<() => void> {
  if (process.platform !== 'linux') return () => undefined;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new RunnerProblem(
              'Another process is running with this registration',
              'Stop it, or register this runner separately with its own state folder',
              error,
            )
          : error,
      );
    });
    server.listen(`\0appflux-runner-${runnerId}`, resolve);
  });
  server.unref();
  return () => void server.close();
}
