/**
 * `npm run screenshots`: the pictures of README.md and docs/, as WebP in docs/images/: pages of the built dashboard with
 * sample data, light and dark, and the first deployment, animated. The clock stands still, so that a still picture
 * changes only if its page does. Arguments select pictures whose names contain one of them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { BUILD, ensureBuild, launchBrowser } from './browser.ts';
import { stopClock } from './fixed-clock.ts';

const NOW = new Date('2026-06-15T10:00:00Z');
stopClock(NOW);
const { FakeApi } = await import('./fake-api.ts');
const { FIRST_WORLD, firstDeployment } = await import('./first-deployment.ts');
const { SAMPLE, sampleWorld } = await import('./sample-world.ts');

const IMAGES = join(import.meta.dirname, '..', '..', '..', 'docs', 'images');
/** In bytes. People download these with the README. */
const LARGEST = { still: 100_000, animated: 1_500_000 };

/** Some pages show their URL. */
const PORT = 8790;

const VIEWPORT: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  deviceScaleFactor: 1.5,
  reducedMotion: 'reduce',
  timezoneId: 'UTC',
  locale: 'en-US',
};

interface Picture {
  readonly name: string;
  readonly path: string;
  /** What the page has when it is ready. */
  readonly ready: (page: Page) => Promise<void>;
}

const shows = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();

const PICTURES: readonly Picture[] = [
  { name: 'overview', path: '/', ready: shows('Harbor') },
  { name: 'failed-build', path: `/deployments/${SAMPLE.failed}`, ready: shows('Could not resolve') },
  { name: 'deployment', path: `/deployments/${SAMPLE.success}`, ready: shows('modules transformed') },
  { name: 'variables', path: '/apps/harbor-web/settings/variables', ready: shows('MAP_TILES_TOKEN') },
];

/** Opens the dashboard as its signed-in owner, and closes it after the visit. */
async function visit(
  browser: Browser,
  world: ReturnType<typeof sampleWorld>,
  options: BrowserContextOptions,
  act: (page: Page, api: InstanceType<typeof FakeApi>) => Promise<void>,
): Promise<void> {
  const api = new FakeApi(BUILD, world);
  await api.start(PORT);
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    await page.clock.setFixedTime(NOW);
    await page.goto(api.signInLink);
    await page.getByRole('button', { name: 'Account' }).waitFor();
    await act(page, api);
  } finally {
    await context.close();
    await api.stop();
  }
}

async function write(name: string, image: Buffer, largest: number): Promise<void> {
  if (image.length > largest)
    throw new Error(
      `${name} has ${image.length} bytes, and may have ${largest}: show less, or compress more.`,
    );
  await writeFile(join(IMAGES, name), image);
  console.log(`docs/images/${name}  ${Math.ceil(image.length / 1000)} kB`);
}

async function takePicture(browser: Browser, { name, path, ready }: Picture): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await visit(browser, sampleWorld(), { ...VIEWPORT, colorScheme }, async (page, { origin }) => {
      await page.goto(origin + path);
      await ready(page);
      await page.waitForLoadState('networkidle');
      const png = await page.screenshot({ animations: 'disabled' });
      const webp = await sharp(png).webp({ quality: 80, effort: 6, smartSubsample: true }).toBuffer();
      await write(`${name}-${colorScheme}.webp`, webp, LARGEST.still);
    });
  }
}

async function takeFirstDeployment(browser: Browser): Promise<void> {
  const options = { ...VIEWPORT, viewport: { width: 1100, height: 860 }, deviceScaleFactor: 1 };
  await visit(browser, FIRST_WORLD(), options, async (page, api) => {
    const frames: Buffer[] = [];
    const delay: number[] = [];
    await firstDeployment(page, api, async (milliseconds) => {
      frames.push(await page.screenshot({ animations: 'disabled' }));
      delay.push(milliseconds);
    });
    const webp = await sharp(frames, { join: { animated: true } })
      .webp({ quality: 75, effort: 6, delay, loop: 0 })
      .toBuffer();
    await write('first-deployment.webp', webp, LARGEST.animated);
  });
}

const wanted = process.argv.slice(2);
const isWanted = (name: string) => wanted.length === 0 || wanted.some((word) => name.includes(word));
await ensureBuild();
await mkdir(IMAGES, { recursive: true });
const browser = await launchBrowser();
try {
  for (const picture of PICTURES) if (isWanted(picture.name)) await takePicture(browser, picture);
  if (isWanted('first-deployment')) await takeFirstDeployment(browser);
} finally {
  await browser.close();
}
