/** Whether the process that runs the servers of sites answers. */
import { request } from 'node:http';

/**
 * Resolves when the process behind a Unix socket has answered anything, however long that takes.
 * @throws Error of Node if nothing listens there, or the connection is lost
 */
export function ping(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/ping', agent: false }, (response) => {
      response.resume();
      response.once('close', resolve);
    });
    asked.once('error', reject);
    asked.end();
  });
}
