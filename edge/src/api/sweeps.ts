/** Manual retention: the operator sees what would be removed, and removes it. */
import { SweepReport } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, json, refusals, router } from '../http/router.ts';
import { PositionText, positionText, START } from '../retention/report.ts';
import { sweepFrom } from '../retention/run.ts';
import { operatorOnly } from './operator.ts';
import { sweepUploads } from './uploads.ts';

const Query = z.strictObject({
  dryRun: z.enum(['true', 'false']).default('false'),
  after: PositionText.optional(),
});

export const sweeps = router();

sweeps.openapi(
  createRoute({
    method: 'post',
    path: '/api/ops/sweep',
    tags: ['operator'],
    summary: 'Apply retention to all apps; `dryRun=true` only lists what would be removed',
    description:
      'Handles some apps per call. Call it again with `after` set to `next` until that is null. The cron does the same automatically.',
    security: bearer,
    middleware: operatorOnly,
    request: { query: Query },
    responses: {
      200: json(SweepReport, 'What went or would go, and what could not be removed'),
      ...refusals,
    },
  }),
  async (c) => {
    const { dryRun: asked, after = START } = c.req.valid('query');
    const dryRun = asked === 'true';
    const { metadata, objects, presigner } = c.var;
    const now = Date.now();
    const run = await sweepFrom({ env: c.env, metadata, objects }, { from: after, dryRun, now });
    if (!dryRun && run.next === null) await sweepUploads(metadata, objects, presigner, new Date(now));
    const { items, failures } = run;
    return c.json({ items, failures, dryRun, next: run.next === null ? null : positionText(run.next) }, 200);
  },
);
