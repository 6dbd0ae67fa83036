/**
 * The first five minutes: from an instance that is ready to a live site, in a real browser. The sample with one click, and a
 * ZIP of the same project. Each round is a new instance with its owner's first sign-in; the builder image is warm.
 *
 *   npm run bench:first-five                 3 rounds
 *   npm run bench:first-five -- --rounds 1
 */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { deploySample, deployZip } from '../e2e/browser/first-site.ts';
import { launchBrowser } from '../e2e/browser/launch.ts';
import { signInLink } from '../e2e/browser/sign-in-link.ts';
import { startWithRunner } from '../e2e/instance/with-runner.ts';
import { filesIn, zipOf } from '../e2e/source/zip.ts';
import { ensureDashboard } from '../stack/dashboard.ts';
import { SILENT } from '../stack/testing/silent.ts';
import { numberFlags } from './flags.ts';
import { conditions, print, progress, round, table } from './report.ts';
import { median } from './statistics.ts';

const ROOT = join(import.meta.dirname, '..');
const SAMPLE = join(ROOT, 'samples', 'first-light');

/** The aims: seconds from `ready` to the live site, and clicks. */
const AIMS = { sample: { seconds: 30, clicks: 1 }, zip: { seconds: 30, clicks: 4 } };

const flags = numberFlags({ rounds: 3 });
const heading = conditions();
await ensureDashboard(ROOT, process.env, SILENT);
const buffer = await zipOf(await filesIn(SAMPLE));

interface Measured {
  readonly fromReady: number[];
  readonly fromClick: number[];
  clicks: number;
}
const measured: Record<keyof typeof AIMS, Measured> = {
  sample: { fromReady: [], fromClick: [], clicks: 0 },
  zip: { fromReady: [], fromClick: [], clicks: 0 },
};

const WAYS: Record<keyof typeof AIMS, (page: Page) => Promise<number>> = {
  sample: async (page) => {
    await deploySample(page);
    return 1;
  },
  zip: async (page) => {
    const { clicks } = await deployZip(page, {
      name: 'first-light.zip',
      mimeType: 'application/zip',
      buffer,
    });
    return clicks;
  },
};

const browser = await launchBrowser();
try {
  for (let turn = 1; turn <= flags.rounds; turn += 1) {
    for (const way of ['sample', 'zip'] as const) {
      const instance = await startWithRunner();
      try {
        const page = await (await browser.newContext()).newPage();
        const ready = performance.now();
        await page.goto(await signInLink(instance.edge));
        await page.getByRole('button', { name: 'Deploy the sample' }).waitFor();
        const start = performance.now();
        measured[way].clicks = await WAYS[way](page);
        const end = performance.now();
        measured[way].fromReady.push((end - ready) / 1000);
        measured[way].fromClick.push((end - start) / 1000);
        progress(`round ${turn}, ${way}: ${round((end - ready) / 1000)} s from ready to the live site`);
        await page.context().close();
      } finally {
        await instance.stop();
      }
    }
  }
  const rows = (['sample', 'zip'] as const).map((way) => [
    way,
    round(median(measured[way].fromReady)),
    AIMS[way].seconds,
    round(median(measured[way].fromClick)),
    measured[way].clicks,
    AIMS[way].clicks,
  ]);
  print(
    'From `ready` to a live site, median of the rounds',
    heading,
    table(['way', 'seconds', 'aim', 'from the first click', 'clicks', 'aim'], rows),
  );
} finally {
  await browser.close();
}
