/**
 * Webhooks of Git hosts: the size cap, then the signature over the raw bytes, then the payload. What follows from an event
 * is decided by the object of the repository's triggers.
 */
import { AppFluxError, ErrorBody, GitProvider, WebhookAnswer } from '@appflux/protocol';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bounded } from '../git-hosts/bounded.ts';
import {
  type GitEvent,
  type InstallationEvent,
  isProvider,
  type Provider,
  type RepositoryBound,
} from '../git-hosts/event.ts';
import { installationChanged } from '../git-hosts/github-app/events.ts';
import { gitHost, parseEvents } from '../git-hosts/index.ts';
import { type Signer, signersOf, teamOf } from '../git-hosts/signers.ts';
import { type ApiEnv, json, router } from '../http/router.ts';
import { isDue } from '../identity/authenticate.ts';
import { journal } from '../journal.ts';
import { resumeReports } from '../reports/report.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { triggersOf } from '../triggers/object.ts';

/** GitHub sends no larger payload (docs.github.com/webhooks/webhook-events-and-payloads, "Payload cap"). */
export const MAX_PAYLOAD_BYTES = 25 * 1024 * 1024;

/** A longer id of a delivery is hashed. Those of all hosts are UUIDs. */
const MAX_DELIVERY_ID = 100;

const PENDING = 'The delivery is stored. What it deploys is decided in a moment.';

export const gitHooks = router();

const responses = {
  202: json(WebhookAnswer, 'The deployments that it caused, or why it caused none'),
  400: json(ErrorBody, 'The body is not JSON'),
  401: json(ErrorBody, 'No signature, or not by a secret that is valid here'),
  404: json(ErrorBody, 'Not a Git host whose webhooks are accepted'),
  413: json(ErrorBody, 'The payload is larger than 25 MB'),
  422: json(ErrorBody, 'Not the payload of its event'),
};

const query = z.object({
  team: z.string().optional().openapi({ description: 'Selects the webhook secrets of a team.' }),
});

gitHooks.openAPIRegistry.registerPath({
  method: 'post',
  path: '/hooks/github',
  summary: 'Receive a webhook of GitHub',
  description: 'Signed by `X-Hub-Signature-256`. The same delivery gets the same answer.',
  tags: ['hooks'],
  request: { query },
  responses,
});

gitHooks.openAPIRegistry.registerPath({
  method: 'post',
  path: '/hooks/git/{provider}',
  summary: 'Receive a webhook of another Git host',
  tags: ['hooks'],
  request: { query, params: z.object({ provider: GitProvider }) },
  responses,
});

gitHooks.post('/hooks/github', (c) => receive(c, 'github'));

gitHooks.post('/hooks/git/:provider', (c) => {
  const provider = c.req.param('provider');
  if (isProvider(provider)) return receive(c, provider);
  throw new AppFluxError('not_found', `Webhooks of ${provider.slice(0, 60)} are not accepted`, {
    hint: `Accepted are ${GitProvider.options.join(', ')}.`,
  });
});

async function receive(c: Context<ApiEnv>, provider: Provider): Promise<Response> {
  const { headers } = c.req.raw;
  const parts = { env: c.env, metadata: c.get('metadata') };
  const signers = signersOf(parts, provider, c.req.query('team') ?? null);
  let next = await signers.next();
  if (next.done) throw unsigned('No webhook secret is set up for this URL');
  const host = gitHost(provider);
  const raw = await payloadOf(c.req.raw);
  while (!next.done && !host.verify(headers, raw, [next.value.secret])) next = await signers.next();
  if (next.done)
    throw unsigned('Invalid webhook signature: missing, or made with a secret that is not set up here');
  const signer = next.value;
  c.executionCtx.waitUntil(noteUse(c, signer));
  const body = bodyOf(headers, raw);
  const id = `${provider}:${await idOf(host.deliveryId(headers), raw)}`;
  const events = parseEvents(provider, headers, body).map(bounded);
  const ownerId = events.some((event) => 'repository' in event) ? await teamOf(parts, signer, body) : null;
  // A push of several refs to some hosts is one delivery; each is decided by itself.
  const answers = await Promise.all(
    events.map((event, index) => {
      const deliveryId = index === 0 ? id : `${id}#${index}`;
      return answerTo(c, signer, { deliveryId, ownerId, event });
    }),
  );
  return c.json(together(answers), 202);
}

async function answerTo(
  c: Context<ApiEnv>,
  signer: Signer,
  { deliveryId, ownerId, event }: { deliveryId: string; ownerId: string | null; event: GitEvent },
): Promise<WebhookAnswer> {
  if (!('repository' in event)) {
    // Only GitHub itself reports what became of the App's installations.
    if (event.kind === 'installation' && signer.actsFor === 'installation')
      c.executionCtx.waitUntil(noteInstallation(c, event));
    return withoutRepository(event);
  }
  return ownerId === null
    ? { ignored: 'The webhook is of no team: connect the installation of the GitHub App first' }
    : deliver(c, { deliveryId, ownerId, event });
}

/** One answer to a delivery of several events: all deployments, or why there are none. */
function together(answers: readonly WebhookAnswer[]): WebhookAnswer {
  const [only] = answers;
  if (only === undefined) return { ignored: 'The delivery has no event' };
  if (answers.length === 1) return only;
  const caused = answers.flatMap((answer) => ('deployments' in answer ? [answer] : []));
  if (caused.length === 0) {
    const reasons = answers.flatMap((answer) => ('ignored' in answer ? [answer.ignored] : []));
    return { ignored: [...new Set(reasons)].join('; ') };
  }
  const isPending = caused.some(({ pending }) => pending !== undefined);
  return {
    deployments: caused.flatMap(({ deployments }) => deployments),
    ...(isPending ? { pending: PENDING } : {}),
  };
}

/** Brings what is known of an installation up to date. */
async function noteInstallation(c: Context<ApiEnv>, event: InstallationEvent): Promise<void> {
  try {
    const parts = { env: c.env, metadata: c.get('metadata') };
    const installation = await installationChanged(parts.env, parts.metadata, event);
    if (installation?.suspendedAt === null) await resumeReports(parts, installation);
  } catch (error) {
    // GitHub couldn't be asked. The installation is asked about again when it is used, and the event may be redelivered.
    journal.error(`installation ${event.installationId} could not be looked up`, error, { source: 'github' });
  }
}

async function deliver(
  c: Context<ApiEnv>,
  delivery: { deliveryId: string; ownerId: string; event: RepositoryBound },
): Promise<WebhookAnswer> {
  const [repoKey] = delivery.event.repository.keys;
  if (repoKey === undefined) return { ignored: 'The payload has no URL of a repository' };
  const received = await triggersOf(c.env, delivery.ownerId, repoKey).receive(delivery);
  return 'pending' in received ? { deployments: [], pending: PENDING } : received;
}

function withoutRepository(event: Exclude<GitEvent, RepositoryBound>): WebhookAnswer {
  switch (event.kind) {
    case 'ping':
      return { ignored: 'The webhook is set up: AppFlux received its ping' };
    case 'installation':
      return { ignored: 'Installations of the GitHub App deploy nothing' };
    case 'ignored':
      return { ignored: event.reason };
  }
}

const unsigned = (message: string) =>
  new AppFluxError('unauthorized', message, {
    hint: 'Set the same secret at the Git host and in AppFlux, under Settings, Git; docs/git.md says how.',
  });

/** Remembers that a team's secret is in use, at most once an hour. */
async function noteUse(c: Context<ApiEnv>, { record }: Signer): Promise<void> {
  const now = new Date();
  if (record === null || !isDue(record.lastUsedAt, now)) return;
  await c.get('metadata').webhookSecrets.touch(record.id, now.toISOString());
}

const tooLarge = () =>
  new AppFluxError('body_too_large', 'The payload is larger than 25 MB', {
    hint: 'Deploy the commit from the dashboard, or by a deploy hook.',
  });

/** The bytes of a request. Throws AppFluxError `body_too_large`, without reading more, past the cap. */
async function payloadOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('Content-Length') ?? 0) > MAX_PAYLOAD_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_PAYLOAD_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const raw = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    raw.set(chunk, at);
    at += chunk.byteLength;
  }
  return raw;
}

/** The payload: the body, or its `payload` field if the host sends a form, as GitHub does if it is set so. */
function bodyOf(headers: Headers, raw: Uint8Array): unknown {
  const text = new TextDecoder().decode(raw);
  const isForm = headers.get('Content-Type')?.toLowerCase().startsWith('application/x-www-form-urlencoded');
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text);
  } catch (cause) {
    throw new AppFluxError('bad_request', 'The payload is not JSON', {
      hint: 'Set the content type of the webhook to application/json.',
      cause,
    });
  }
}

/** The host's id of a delivery. Without one, deliveries of the same bytes are the same. */
async function idOf(id: string | null, raw: Uint8Array<ArrayBuffer>): Promise<string> {
  if (id === null) return `sha256:${await sha256Hex(raw)}`;
  return id.length <= MAX_DELIVERY_ID ? id : `sha256:${await sha256Hex(new TextEncoder().encode(id))}`;
}
