/**
 * How fast a webhook is answered, beside a bare Hono route of the same Worker that only checks its signature; and how long
 * it takes from a push to the live site, with its phases.
 *
 *   npm run bench:trigger                  3 rounds of 5 seconds at 100 a second, 5 pushes
 *   npm run bench:trigger -- --rate 50 --pushes 1
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from '../e2e/instance/client.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median, percentile } from './statistics.ts';
import { pushesToLive } from './trigger/push-to-live.ts';
import { atRate, pushOf, SECRET, signed, type Webhook } from './trigger/webhook.ts';
import { wrapWorker } from './wrapped-worker.ts';

/** How many times as long as the bare route an answer may take. */
const AIM = 2;

const flags = numberFlags({ rounds: 3, seconds: 5, rate: 100, pushes: 5 });
const under = conditions();

const REPOSITORY = 'https://github.com/bench/site.git';
const OTHER = 'https://github.com/bench/other.git';
const commit = () => randomBytes(20).toString('hex');
const repeated = signed('push', pushOf({ repoUrl: REPOSITORY, after: commit() }), randomUUID());

/** Pushes that deploy come at this part of the rate: more would measure how fast deployments are created. */
const DEPLOYING_SHARE = 20;

const CASES: { name: string; share?: number; webhook: (n: number) => Webhook }[] = [
  {
    name: 'an event that deploys nothing',
    webhook: () => signed('star', pushOf({ repoUrl: OTHER, after: commit() })),
  },
  {
    name: 'a push of a repository without an app',
    webhook: () => signed('push', pushOf({ repoUrl: OTHER, after: commit() })),
  },
  { name: 'a delivery that is sent again', webhook: () => repeated },
  {
    name: `a push that deploys, at 1/${DEPLOYING_SHARE} of the rate`,
    share: DEPLOYING_SHARE,
    webhook: (n) =>
      signed('push', pushOf({ repoUrl: REPOSITORY, branch: `branch-${n % 10}`, after: commit() })),
  },
];

const edge = await startInstance({
  config: await wrapWorker('bench/trigger/worker'),
  variables: { CALLS_PER_SECOND: '', GITHUB_WEBHOOK_SECRET: SECRET, GITHUB_API_URL: 'http://127.0.0.1:9' },
});
try {
  const client = new Client(edge);
  const source = { provider: 'github' as const, repoUrl: REPOSITORY, branch: 'main' };
  const { slug } = await client.createApp({ name: 'Bench', source });
  const rows: (string | number)[][] = [];
  for (const { name, share = 1, webhook } of CASES) {
    const measured = { ours: [] as number[][], bare: [] as number[][] };
    for (let turn = 0; turn <= flags.rounds; turn += 1) {
      // Each round starts with the other one; the first is not counted.
      for (const which of turn % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
        const path = which === 'ours' ? '/hooks/github' : '/bench/bare';
        const times = await atRate(`${edge.url}${path}`, {
          ...flags,
          rate: Math.max(1, Math.round(flags.rate / share)),
          webhook,
        });
        progress(
          `${name}, round ${turn}, ${which}: p50 ${round(median(times))} ms, p99 ${round(percentile(times, 0.99))} ms`,
        );
        if (turn > 0) measured[which].push(times);
      }
    }
    const of = (rounds: number[][], share: number) => median(rounds.map((times) => percentile(times, share)));
    const points = [0.5, 0.99].map((share) => [of(measured.ours, share), of(measured.bare, share)] as const);
    rows.push([name, ...points.flatMap(([ours, bare]) => [round(ours), round(bare), round(ours / bare)])]);
  }
  // What waits for a build would keep the runner busy.
  await client.api.apps.delete(slug);
  const live = await pushesToLive(edge, client, { pushes: flags.pushes, progress });
  print(
    'Triggers',
    under,
    table([`webhooks at ${flags.rate}/s`, 'p50 ms', 'bare', 'ratio', 'p99 ms', 'bare', 'ratio'], rows),
    `The aim is a ratio of ${AIM} at most. Bare is a Hono route of the same Worker that only checks the signature.`,
    table(['push to live site, seconds', 'median', 'lowest', 'highest'], live),
  );
} finally {
  await edge.stop();
}
