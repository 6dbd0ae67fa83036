/** Whether the control plane can do its work. */
import { Health } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { json, router } from '../http/router.ts';
import { journal } from '../journal.ts';
import { storageWorks } from '../storage/index.ts';
import { VERSION } from '../version.ts';

export const health = router();

health.openapi(
  createRoute({
    method: 'get',
    path: '/api/health',
    summary: 'Get the health of this instance, its storage and its metadata store',
    description:
      'Storage is checked at the S3 endpoint that uploads go to. The result for storage may be a few seconds old.',
    tags: ['operations'],
    responses: { 200: json(Health, 'All parts work'), 503: json(Health, 'A part is down') },
  }),
  async (c) => {
    const [metadata, storage, queue] = await Promise.all([
      works('metadata', () => c.get('metadata').ping()),
      storageWorks(c.env, (error) => journal.error('storage is down', error)),
      works('queue', () => c.env.DEPLOY_QUEUE.metrics()),
    ]);
    const up = metadata && storage && queue;
    const part = (ok: boolean) => (ok ? 'ok' : 'down') as 'ok' | 'down';
    const parts = { metadata: part(metadata), storage: part(storage), queue: part(queue) };
    return c.json({ status: part(up), version: VERSION, parts }, up ? 200 : 503);
  },
);

async function works(name: string, ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    journal.error(`${name} is down`, error);
    return false;
  }
}
