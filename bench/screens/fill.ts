/** An instance with something on every page: apps of several kinds, and deployments that went well, failed, and run. */
import { HEARTBEAT_MS } from '@appflux/protocol';
import { Client } from '../../e2e/instance/client.ts';
import { simulatedBuild } from '../../e2e/instance/simulated-build.ts';
import { sitePublisher } from '../../e2e/sites/publisher.ts';

export interface Filled {
  /** The slug of an app with releases. */
  readonly app: string;
  /** Ids of deployments. */
  readonly success: string;
  readonly compared: string;
  readonly failed: string;
  readonly building: string;
  /** The id of a notification. */
  readonly hook: string;
  /** Lets the build that runs go. */
  stop(): void;
}

/** Lines as tools print them, with colors and errors. */
const LINES = [
  '\u001b[36mvite v8.3.8\u001b[39m building for production...',
  'transforming...',
  '\u001b[32m✓\u001b[39m 124 modules transformed.',
  'dist/index.html                 0.46 kB │ gzip:  0.30 kB',
  'dist/assets/index-DiwrgTd1.js 143.36 kB │ gzip: 46.09 kB',
  'warning: Browserslist: caniuse-lite is outdated',
  'src/pages/Checkout.tsx(41,13): error TS2339: Property ‘totalPrice’ does not exist on type ‘Basket’.',
  'error: script "build" exited with code 2',
];

/** Fills an instance through its API, and with runners that build nothing. */
export async function fill(edge: { url: string; token: string }): Promise<Filled> {
  const client = new Client(edge);
  const site = await sitePublisher(edge, 'harbor-web');
  const page = '<!doctype html><title>Harbor</title><h1>Harbor</h1>';
  const compared = await site.publish({ 'index.html': page, 'assets/app-DiwrgTd1.js': 'export {}' });
  const success = await site.publish({
    'index.html': `${page}<p>Tides of the week</p>`,
    'assets/app-BxT91kQz.js': 'export const tides = [];',
    'robots.txt': 'User-agent: *',
  });
  await settings(client, site.slug);
  await client.createApp({
    name: 'A very long name of an app that nobody would choose but somebody has',
    source: {
      provider: 'git',
      repoUrl: 'https://git.example/department-of-tides/monorepo-of-everything.git',
      branch: 'feature/rename-the-checkout-and-everything-behind-it',
    },
  });
  const failing = await simulatedBuild(edge, 'shop');
  failing.attempt.lines(1, LINES.length, (seq) => LINES[seq - 1] ?? '');
  await failing.attempt.acked();
  failing.attempt.finish({
    status: 'failed',
    failure: {
      code: 'build_failed',
      message: 'npm run build exited with code 2.',
      phase: 'building',
      hint: 'Fix the error in src/pages/Checkout.tsx, and deploy again.',
    },
  });
  await client.untilEnded(failing.id);
  const running = await simulatedBuild(edge, 'tides-app');
  running.attempt.lines(1, 5, (seq) => LINES[seq - 1] ?? '');
  await running.attempt.acked();
  // The lease of a runner that is silent ends while the screenshots are taken.
  const heartbeat = setInterval(() => running.attempt.socket.ping(), HEARTBEAT_MS);
  const { id: hook } = await client.api.hooks.create({
    kind: 'webhook',
    name: 'Chat',
    url: 'https://hooks.example/deployments',
    events: ['deployment.failed'],
  });
  await client.api.tokens.create({ name: 'Nightly', scopes: ['deployments:write'] });
  return {
    app: site.slug,
    success,
    compared,
    failed: failing.id,
    building: running.id,
    hook,
    stop: () => {
      clearInterval(heartbeat);
      running.attempt.socket.socket.close();
    },
  };
}

/** Gives an app one of each of its settings. */
async function settings({ api }: Client, slug: string): Promise<void> {
  await api.apps.setVariable(slug, 'API_URL', { value: 'https://api.example', sensitive: false });
  await api.apps.setVariable(slug, 'MAP_TILES_TOKEN', { value: 'secret-value' });
  await api.deployHooks.create(slug, 'Content of the CMS');
}
