/**
 * Screenshots of every page of the dashboard on a real instance: wide and on a phone, light and dark; of a new instance, of
 * one with apps and deployments, and while it doesn't answer. Fails if a page throws, has an accessibility fault, or
 * scrolls sideways on a phone. The folder that it prints is a new one.
 *
 *   npm run bench:screens                     all
 *   npm run bench:screens -- settings phone   those whose names have one of the words
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../e2e/browser/launch.ts';
import { signInLink } from '../e2e/browser/sign-in-link.ts';
import { startInstance } from '../e2e/instance/edge.ts';
import { ensureDashboard } from '../stack/dashboard.ts';
import { SILENT } from '../stack/testing/silent.ts';
import { progress } from './report.ts';
import { fill } from './screens/fill.ts';
import { appPages, type ScreenPage, SIGNED_OUT, teamPages } from './screens/pages.ts';
import { type Screens, startScreens } from './screens/take.ts';

const words = process.argv.slice(2);

await ensureDashboard(join(import.meta.dirname, '..'), process.env, SILENT);
const folder = await mkdtemp(join(tmpdir(), 'appflux-screens-'));
const edge = await startInstance();
const browser = await launchBrowser();
const screens = await startScreens(browser, edge.url, { folder, words });

/** Takes some pages, in a state. */
async function takeAll(pages: readonly ScreenPage[], state: string, act: Screens['take']): Promise<void> {
  for (const page of pages) await act({ ...page, name: `${page.name}.${state}` });
}

try {
  await takeAll(SIGNED_OUT, 'signed-out', screens.take);
  await screens.signIn(await signInLink(edge));
  await takeAll(teamPages(), 'empty', screens.take);
  const filled = await fill(edge);
  progress('the instance has apps and deployments');
  const pages = [...teamPages(), ...appPages(filled)];
  await takeAll(pages, 'full', screens.take);
  await takeAll(pages, 'failing', screens.takeFailing);
  filled.stop();
} finally {
  await browser.close();
  await edge.stop();
}
process.stdout.write(`${screens.count()} screenshots in ${folder}\n`);
if (screens.faults.length > 0) {
  process.stderr.write(`${screens.faults.join('\n')}\n`);
  process.exitCode = 1;
}
