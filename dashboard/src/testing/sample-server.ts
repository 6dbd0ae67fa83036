/** A site with a server: for tests and screenshots. */
import type { RuntimeAnalytics, RuntimeLine } from '@appflux/protocol';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import type { World } from './world.ts';

/** A line of the log of Harbor's server. */
export const runtimeLine = (seq: number, over: Partial<RuntimeLine> = {}): RuntimeLine => ({
  seq,
  at: new Date(Date.now() - (500 - seq) * 1000).toISOString(),
  kind: 'console',
  level: 'info',
  text: `tides of station ${seq} read in ${(seq * 7) % 40} ms`,
  stack: null,
  request: { method: 'GET', path: `/stations/${seq % 12}` },
  cron: null,
  deploymentId: SAMPLE.success,
  environment: 'production',
  place: null,
  ...over,
});

const LINES: RuntimeLine[] = [
  ...Array.from({ length: 230 }, (_, index) => runtimeLine(index + 1)),
  runtimeLine(231, { level: 'warn', text: 'cache is 92 % full' }),
  runtimeLine(232, {
    kind: 'exception',
    level: 'error',
    text: 'TypeError: Cannot read properties of undefined (reading "tide")',
    stack: 'at load (src/routes/stations/[id]/+page.server.ts:14:32)\nat respond (src/hooks.server.ts:9:10)',
    place: { file: 'src/routes/stations/[id]/+page.server.ts', line: 14, column: 32 },
    request: { method: 'GET', path: '/stations/none' },
  }),
  runtimeLine(233, {
    kind: 'notice',
    level: 'warn',
    text: 'AppFlux refused a request to 169.254.169.254: it is a private address',
  }),
  runtimeLine(234, { kind: 'cron', text: 'Scheduled run ended', request: null, cron: '*/15 * * * *' }),
  runtimeLine(235, {
    level: 'debug',
    text: '<script>alert("not markup")</script> \u202Eabc',
    environment: 'preview',
  }),
];

function busyHours(count: number): RuntimeAnalytics {
  const from = Math.floor(Date.now() / 3_600_000) - count + 1;
  const hours = Array.from({ length: count }, (_, index) => {
    const requests = Math.round(420 + 380 * Math.sin(index / 3.8));
    return {
      at: new Date((from + index) * 3_600_000).toISOString(),
      requests,
      errors: index % 7 === 3 ? 34 : 0,
      p50Ms: 3.4,
      p95Ms: 48,
      cpuMs: 0,
    };
  });
  const sum = (key: 'requests' | 'errors') => hours.reduce((total, hour) => total + hour[key], 0);
  return {
    hours,
    totals: { requests: sum('requests'), errors: sum('errors'), p50Ms: 3.4, p95Ms: 51, cpuMs: 0 },
  };
}

const MIB = 1024 * 1024;
const quotaBytes = 1024 * MIB;

/** The sample world, in which Harbor's site has a server. */
export function serverWorld(): World {
  const world = sampleWorld();
  const released = world.deployments.find(({ id }) => id === SAMPLE.success);
  if (released) {
    released.site = { kind: 'server', files: 214, bytes: 3_251_000, newFiles: 12, newBytes: 204_800 };
    if (released.plan)
      released.plan = {
        ...released.plan,
        framework: 'svelte-kit',
        server: { kind: 'sveltekit', entry: null },
      };
  }
  return Object.assign(world, {
    runtimeLines: LINES,
    serverHours: busyHours,
    serverState: [
      { environment: 'production', binding: 'DB', kind: 'sqlite', bytes: 38 * MIB, entries: 7, quotaBytes },
      {
        environment: 'production',
        binding: 'CACHE',
        kind: 'kv',
        bytes: 412 * MIB,
        entries: 18_402,
        quotaBytes,
      },
      { environment: 'preview', binding: 'DB', kind: 'sqlite', bytes: 204_800, entries: 7, quotaBytes },
    ],
  } satisfies Partial<World>);
}

/** The same before anybody has asked for anything. */
export const unusedServerWorld = (): World =>
  Object.assign(serverWorld(), { runtimeLines: [], serverHours: null, serverState: [] });
