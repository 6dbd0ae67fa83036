/** The metrics of a team's pool, for what adds and removes its runners (docs/runners.md). */
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, needs, refusals, router } from '../http/router.ts';
import { lastDays } from '../metadata/day.ts';
import { OPEN_METRICS_TYPE, renderOpenMetrics } from '../metrics/open-metrics.ts';
import { poolFamilies } from '../metrics/pool-families.ts';
import { poolOf } from '../pools/team-pool.ts';

export const poolMetrics = router();

poolMetrics.openapi(
  createRoute({
    method: 'get',
    path: '/api/pool/metrics',
    tags: ['runners'],
    summary: 'Get the figures of your pool of runners in the OpenMetrics text format',
    description: 'Jobs that wait and slots, by labels. For autoscaling.',
    security: bearer,
    middleware: [needs('deployments:read')] as const,
    responses: {
      200: { description: 'OpenMetrics 1.0.0', content: { [OPEN_METRICS_TYPE]: { schema: z.string() } } },
      ...refusals,
    },
  }),
  async (c) => {
    const { ownerId } = c.get('caller');
    const now = Date.now();
    const [figures, { waitingSeconds }] = await Promise.all([
      poolOf(c.env, ownerId).figures(),
      c.get('metadata').analytics.builds({ ownerId }, lastDays(1, now)),
    ]);
    const text = renderOpenMetrics(poolFamilies(figures, waitingSeconds, now));
    return c.body(text, 200, { 'Content-Type': OPEN_METRICS_TYPE });
  },
);
