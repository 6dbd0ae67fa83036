/** The Pages project as wrangler uploads it, to a stand-in for Cloudflare's API: with the steps of a plan. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { writePages } from '../../stack/deploy/pages.ts';
import { planDeploy } from '../../stack/deploy/plan.ts';
import { parseSettings } from '../../stack/deploy/settings.ts';
import { FILES } from '../../stack/deploy/step.ts';
import { runWrangler } from '../../stack/deploy/wrangler.ts';
import { ACCOUNT_ID, TOKEN } from '../../stack/stand-ins/cloudflare/account.ts';
import { type CloudflareStandIn, startCloudflare } from '../../stack/stand-ins/cloudflare/start.ts';
import { SILENT } from '../../stack/testing/silent.ts';

const ROOT = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');

let cloudflare: CloudflareStandIn;
let folder: string;
beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  cloudflare = await startCloudflare();
  folder = await mkdtemp(join(tmpdir(), 'appflux-pages-'));
}, 240_000);
afterAll(async () => {
  await cloudflare.stop();
  await rm(folder, { recursive: true, force: true });
});

test('wrangler uploads the files, the function and its routes', { timeout: 240_000 }, async () => {
  const settings = parseSettings(
    `public_url = "https://apps.example.com"\nsites_domain = "example.net"\naccount_id = "${ACCOUNT_ID}"\ndashboard = "pages"`,
  );
  const { steps } = planDeploy(settings, null, {
    secrets: { values: {}, uploaded: {} },
    migrations: [],
    tags: { worker: 'w', servers: 's', pages: 'build-1' },
    workerBytes: 1,
  });
  await writePages(ROOT, join(folder, FILES.pages), { compatibility_date: '2026-11-01' }, settings);
  const context = {
    root: ROOT,
    folder,
    env: { PATH: process.env.PATH, HOME: folder, CLOUDFLARE_API_BASE_URL: cloudflare.url },
    token: TOKEN,
    accountId: ACCOUNT_ID,
  };
  let output = '';
  for (const { id, action } of steps) {
    if (id.startsWith('pages') && action.kind === 'wrangler')
      output += await runWrangler(context, action.args);
  }
  for (const what of ['_headers', 'Functions bundle', '_routes.json']) {
    expect(output).toContain(`Uploading ${what}`);
  }
  expect(cloudflare.account.projects.get('appflux')?.message).toBe('build-1');
  expect(cloudflare.unknown).toEqual([]);
});
