/** A working copy in which a line of each part is changed while `npm run dev` runs. Each change takes effect. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { launchBrowser } from '../../e2e/browser/launch.ts';
import { ROOT } from '../command.ts';
import { freePort } from '../free-port.ts';

let checkout: string;
let url: string;
let child: ChildProcess;
let output = '';

/** The source files of the checkout, and the packages, hard-linked where the disk allows. */
async function copyCheckout(into: string): Promise<void> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await execa('git', args, { cwd: ROOT });
  for (const path of stdout.split('\0').filter((name) => name !== '')) {
    if (/^(?:e2e|bench|chaos)\//.test(path)) continue;
    await mkdir(dirname(join(into, path)), { recursive: true });
    await cp(join(ROOT, path), join(into, path), { verbatimSymlinks: true }).catch((error) => {
      // Deleted in the checkout, but still in Git's index.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  for (const part of ['.', 'runner', 'stack']) {
    const packages = join(ROOT, part, 'node_modules');
    const linked = await execa('cp', ['-al', packages, join(into, part)], { reject: false });
    if (linked.failed) await execa('cp', ['-a', packages, join(into, part)]);
  }
}

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'appflux-dev-'));
  await copyCheckout(checkout);
  const port = await freePort();
  url = `http://localhost:${port}`;
  child = spawn(process.execPath, [join(checkout, 'stack', 'bootstrap.mjs'), 'dev'], {
    cwd: checkout,
    env: {
      ...process.env,
      APPFLUX_STATE: join(checkout, 'state'),
      APPFLUX_PORT: String(port),
      APPFLUX_SCAN: 'off',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await printed(/^ready {2}http/m);
});

// A change that never takes effect is explained by what the command printed.
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(output.split('\n').slice(-40).join('\n'))));

afterAll(async () => {
  child.kill('SIGINT');
  if (child.exitCode === null) await once(child, 'exit');
  await rm(checkout, { recursive: true, force: true });
});

const printed = (pattern: RegExp) =>
  vi.waitFor(() => expect(output).toMatch(pattern), { timeout: 240_000, interval: 100 });

async function change(path: string, from: string, to: string): Promise<void> {
  const file = join(checkout, path);
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

test('the edge runs a changed line, keeps its state, and keeps the old code when the new does not compile', async () => {
  const title = async () => {
    const response = await fetch(`${url}/api/openapi.json`).catch(() => null);
    if (response === null || !response.ok) return null;
    const { info } = (await response.json()) as { info: { title: string } };
    return info.title;
  };
  const file = 'edge/src/api/index.ts';
  await change(file, "title: 'AppFlux',", "title: 'A changed edge',");
  await expect.poll(title, { timeout: 240_000 }).toBe('A changed edge');
  // The runner's registration is part of the state: it is online again without a new one.
  await printed(/The edge runs the new code/);
  await change(file, "title: 'A changed edge',", "title: 'A broken edge' ++ ,");
  await printed(/The edge keeps the old code/);
  expect(await title()).toBe('A changed edge');
  await change(file, "title: 'A broken edge' ++ ,", "title: 'A repaired edge',");
  await expect.poll(title, { timeout: 240_000 }).toBe('A repaired edge');
});

test('the runner restarts with a changed line and is online again', async () => {
  await change('runner/src/start/start.ts', "'Starting'", "'Starting, changed'");
  await printed(/runner {2}\S+ info {2}Starting, changed/);
  await printed(/Starting, changed[\s\S]*Connected to the pool/);
});

test('the dashboard shows a changed line without reloading the page', async () => {
  await using browser = await launchBrowser();
  const page = await browser.newPage();
  // On the first visit Vite may find packages that it has not prepared yet, and reload the page when it has.
  await page.goto(`${url}/sign-in`, { waitUntil: 'networkidle' });
  // A change is only passed on to a page that is connected, and a page connects after it has been drawn.
  const connected = page.waitForEvent('console', (message) => message.text().includes('[vite] connected'));
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await connected;
  await page.evaluate(() => Object.assign(globalThis, { loadedOnce: true }));
  const file = 'dashboard/src/routes/sign-in/+page.svelte';
  await change(file, ": 'Sign in'}", ": 'Sign in, changed'}");
  await page.getByRole('heading', { name: 'Sign in, changed' }).waitFor({ timeout: 60_000 });
  expect(await page.evaluate(() => 'loadedOnce' in globalThis)).toBe(true);
});
