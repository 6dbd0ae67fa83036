/** A runner for tests of the control plane: it takes a deployment, opens its attempt's socket and sends what the test wants. */
import { env } from 'cloudflare:workers';
import { type Grant, LEASE_TOKEN_HEADER } from '@appflux/protocol';
import { metadataOf } from '../metadata/index.ts';
import type { RunnerRecord } from '../metadata/metadata.ts';
import { runnerRecord } from '../metadata/testing/sample-records.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { hex } from '../storage/hex.ts';
import { request } from './worker.ts';

type Frame = {
  type: string;
  parts?: { partNumber: number; url: string }[];
  partSize?: number;
  watched?: boolean;
};

/** A runner of a team, registered; gives its id and credential. */
export async function givenRunner(
  ownerId: string,
  change: Partial<Pick<RunnerRecord, 'labels' | 'slots'>> = {},
): Promise<{ id: string; credential: string }> {
  const credential = makeToken('runner');
  const record = runnerRecord({ ...change, ownerId, credentialHash: await hashToken(credential) });
  await metadataOf(env).runners.insert(record);
  return { id: record.id, credential };
}

/** Opens the socket of an attempt through the Worker, as runners do. */
export async function connectAttempt(
  { deploymentId, attempt, leaseToken }: Pick<Grant, 'deploymentId' | 'attempt' | 'leaseToken'>,
  credential: string,
  headers: Record<string, string> = {},
) {
  const { webSocket, status } = await request(
    `/api/deployments/${deploymentId}/attempts/${attempt}/connect`,
    { token: credential, headers: { Upgrade: 'websocket', [LEASE_TOKEN_HEADER]: leaseToken, ...headers } },
  );
  if (webSocket === null) throw new Error(`no socket was given, but ${status}`);
  const frames: Frame[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
  });
  let notify: () => void = () => undefined;
  webSocket.addEventListener('message', ({ data }) => {
    frames.push(JSON.parse(String(data)));
    notify();
  });
  webSocket.accept();
  const either = async (...types: string[]): Promise<Frame> => {
    for (;;) {
      const frame = frames.shift();
      if (frame !== undefined && types.includes(frame.type)) return frame;
      if (frame === undefined) await new Promise<void>((resolve) => (notify = resolve));
    }
  };
  const next = (type: string) => either(type);
  const send = (frame: object) => webSocket.send(JSON.stringify({ attempt, ...frame }));
  return { closed, next, either, send };
}

export type Connected = Awaited<ReturnType<typeof connectAttempt>>;

/** The lease of a deployment that is queued, for that runner. */
export async function leaseOf(deploymentId: string, runner: { id: string }): Promise<Grant> {
  const answer = await env.DEPLOYMENTS.getByName(deploymentId).claim({ id: runner.id, name: 'one' });
  if ('refused' in answer) throw new Error(`refused: ${answer.refused}`);
  return answer.granted;
}

/** Asks for an upload of `size` bytes; gives the addresses to PUT them to. The SHA-256 matters when it is completed. */
export async function uploadOf(
  { send, next }: Connected,
  name: string,
  size: number,
  sha256 = '0'.repeat(64),
) {
  const file = { name, size, sha256, contentType: 'application/zip', meta: {} };
  send({ type: 'upload', request: name, ...file });
  return (await next('upload_granted')).parts ?? [];
}

/** Delivers an artifact: asks, puts the bytes, and says that they are there. */
export async function deliver(connected: Connected, name: string, bytes: string): Promise<void> {
  const parts = [];
  const sha256 = hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(bytes)));
  for (const { partNumber, url } of await uploadOf(connected, name, bytes.length, sha256)) {
    const put = await fetch(url, { method: 'PUT', body: bytes });
    parts.push({ partNumber, etag: put.headers.get('etag') ?? '' });
  }
  connected.send({ type: 'uploaded', request: name, name, parts });
  await connected.next('upload_done');
}
