/** The unchanged control plane, with a route beside it that does nothing but check the signature of a webhook. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import type { Env } from '../../../edge/src/env.ts';
import edge from '../../../edge/src/index.ts';
import type { QueueMessage } from '../../../edge/src/queue-messages.ts';

export * from '../../../edge/src/index.ts';

const BARE_PATH = '/bench/bare';

const bare = new Hono<{ Bindings: Env }>().post(BARE_PATH, async (c) => {
  const raw = await c.req.arrayBuffer();
  const signature = c.req.header('X-Hub-Signature-256') ?? '';
  const actual = createHmac('sha256', c.env.GITHUB_WEBHOOK_SECRET ?? '')
    .update(new Uint8Array(raw))
    .digest();
  const claimed = Buffer.from(signature.slice('sha256='.length), 'hex');
  const isValid = claimed.length === actual.length && timingSafeEqual(claimed, actual);
  return isValid ? c.json({ ok: true }, 202) : c.json({ ok: false }, 401);
});

export default {
  fetch: (request, env, ctx) =>
    new URL(request.url).pathname === BARE_PATH
      ? bare.fetch(request, env, ctx)
      : edge.fetch(request, env, ctx),
  queue: edge.queue,
  scheduled: edge.scheduled,
} satisfies ExportedHandler<Env, QueueMessage>;
