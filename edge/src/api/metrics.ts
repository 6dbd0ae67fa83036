/** The metrics of the instance, for Prometheus (docs/monitoring.md). */
import { createRoute, z } from '@hono/zod-openapi';
import { bearer, refusals, router } from '../http/router.ts';
import { collectFacts } from '../metrics/collect.ts';
import { familiesOf } from '../metrics/families.ts';
import { OPEN_METRICS_TYPE, renderOpenMetrics } from '../metrics/open-metrics.ts';
import { VERSION } from '../version.ts';
import { metricsReader } from './operator.ts';

export const metrics = router();

metrics.openapi(
  createRoute({
    method: 'get',
    path: '/api/ops/metrics',
    tags: ['operator'],
    summary: 'Get the metrics of this instance in the OpenMetrics text format',
    description:
      'For the operator, and metrics tokens. A group of metrics that can’t be read is left out; appflux_collector_up says which. Requests and storage errors are counted per isolate.',
    security: bearer,
    middleware: metricsReader,
    responses: {
      200: { description: 'OpenMetrics 1.0.0', content: { [OPEN_METRICS_TYPE]: { schema: z.string() } } },
      ...refusals,
    },
  }),
  async (c) => {
    const facts = await collectFacts(c.env, c.get('metadata'), VERSION);
    return c.body(renderOpenMetrics(familiesOf(facts)), 200, { 'Content-Type': OPEN_METRICS_TYPE });
  },
);
