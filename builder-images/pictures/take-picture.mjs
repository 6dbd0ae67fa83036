// Takes the pictures of one site: `take-picture.mjs` reads the order from APPFLUX_PICTURE (JSON) and prints one line of
// JSON: `{"files":{"wide":"…","phone":"…"}}` with WebP in base64, or `{"failed":"…"}`. The page is hostile: it runs as
// the user of this container, whose limits and time the runner sets, so nothing here is trusted afterwards.
import { cpSync } from 'node:fs';
import { chromium } from 'playwright-core';

/** How long the page may take to load, and to become quiet after that; milliseconds. What it shows then counts. */
const LOAD_MS = 10_000;
const QUIET_MS = 3_000;
const SETTLE_MS = 300;

/** What is tried until a picture is small enough. */
const QUALITIES = [80, 60, 40, 25, 10];

const ARGUMENTS = [
  // The container is the sandbox: it grants none of the rights that Chromium's own needs.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-pings',
  '--block-new-web-contents',
  '--hide-scrollbars',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
];

/** A page that can't be shown, in words for the owner of the site. */
class NoPicture extends Error {}

const { url, cookie, proxy, sizes, maxBytes } = JSON.parse(process.env.APPFLUX_PICTURE ?? '{}');

/** Answers once and ends, whatever of the browser still runs: the container ends with this process. */
function answer(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

const within = (promise, milliseconds) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(resolve, milliseconds))]);

/** Opens the site in a window of one size, and gives its picture. */
async function take(browser, { width, height, isPhone }) {
  const context = await browser.newContext({
    viewport: { width, height },
    isMobile: isPhone,
    hasTouch: isPhone,
    colorScheme: 'light',
    reducedMotion: 'reduce',
    acceptDownloads: false,
    serviceWorkers: 'block',
  });
  await context.addCookies([{ ...cookie, url, httpOnly: true, secure: url.startsWith('https:') }]);
  const page = await context.newPage();
  // Windows and questions of the page's own. Closing fails where the page was faster.
  context.on('page', (other) => other !== page && other.close().catch(() => undefined));
  page.on('dialog', (dialog) => dialog.dismiss().catch(() => undefined));
  page.on('crash', () => answer({ failed: 'It used up its memory, or crashed the browser' }));
  const answered = await page.goto(url, { waitUntil: 'commit', timeout: LOAD_MS }).catch((error) => {
    throw new NoPicture(`It did not answer: ${String(error.message).split('\n')[0]}`);
  });
  // A page that goes on loading is pictured as it is by then.
  await page.waitForLoadState('load', { timeout: LOAD_MS }).catch(() => undefined);
  await page.waitForLoadState('networkidle', { timeout: QUIET_MS }).catch(() => undefined);
  if (new URL(page.url()).origin !== new URL(url).origin) throw new NoPicture('It led to another site');
  const status = answered?.status() ?? 0;
  if (status >= 400) throw new NoPicture(`It answered with status ${status}`);
  await within(
    page.evaluate('document.fonts.ready.then(() => undefined)').catch(() => undefined),
    SETTLE_MS,
  );
  const file = await capture(await context.newCDPSession(page));
  await within(context.close(), QUIET_MS);
  return file;
}

/** The picture in the best quality that is small enough, in base64. */
async function capture(session) {
  for (const quality of QUALITIES) {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
    if (Buffer.byteLength(data, 'base64') <= maxBytes) return data;
  }
  throw new NoPicture('Its picture is too large');
}

try {
  cpSync('/etc/appflux/nssdb', `${process.env.HOME}/.pki/nssdb`, { recursive: true });
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium-headless-shell',
    args: ARGUMENTS,
    // Names of this machine go to the proxy, too, which decides: by itself, Chromium would ask it for none of them.
    proxy: { server: proxy, bypass: '<-loopback>' },
  });
  browser.on('disconnected', () => answer({ failed: 'It ended the browser' }));
  const files = {};
  for (const [size, window] of Object.entries(sizes)) files[size] = await take(browser, window);
  answer({ files });
} catch (error) {
  if (!(error instanceof NoPicture)) process.stderr.write(`${error.stack}\n`);
  answer({ failed: error instanceof NoPicture ? error.message : 'It could not be shown' });
}
