/** What every proxy in front of an instance must let through: a large upload, and a log while it is written. */
import { randomBytes } from 'node:crypto';
import { LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX, ViewerFrame } from '@appflux/protocol';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { agentByLoopback } from '../instance/caller.ts';
import { Client } from '../instance/client.ts';
import type { EdgeInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';

const UPLOAD_BYTES = 40 * 1024 * 1024;

/** Does both by the instance's public URL; `localUrl` is for the runner. */
export async function uploadAndFollow(
  { edge, localUrl }: { edge: EdgeInstance; localUrl: string },
  ca: string,
): Promise<void> {
  const client = new Client(edge);
  // Multipart, each part to a presigned URL of the public address.
  const source = await client.upload('site.zip', randomBytes(UPLOAD_BYTES));
  const { id, attempt } = await simulatedBuild({ ...edge, url: localUrl }, 'through', source);
  const { lines, stop } = await followThrough(edge, id, ca);
  for (let n = 1; n <= 3; n += 1) {
    attempt.lines(n * 10 - 9, n * 10);
    // Each batch arrives while the build goes on: nothing on the way waits for more.
    await expect.poll(() => lines.filter((text) => text.startsWith('line ')).length).toBe(n * 10);
  }
  stop();
  await client.cancel(id);
}

/** Follows a deployment's log by the instance's public URL: its lines so far, which grow until `stop`. */
export async function followThrough(
  edge: Pick<EdgeInstance, 'url' | 'token'>,
  id: string,
  ca: string,
): Promise<{ lines: readonly string[]; stop(): void }> {
  const live = `${edge.url.replace(/^http/, 'ws')}/api/deployments/${id}/logs/live?after=0`;
  const protocols = [LOGS_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + edge.token];
  const socket = new WebSocket(live, protocols, { agent: agentByLoopback(ca) });
  const lines: string[] = [];
  socket.on('message', (data) => {
    const frame = ViewerFrame.parse(JSON.parse(data.toString()));
    if (frame.type === 'lines') lines.push(...frame.lines.map(({ text }) => text));
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { lines, stop: () => socket.terminate() };
}
