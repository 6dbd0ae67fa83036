/** Real projects, each with its own package manager, from a ZIP to a site: control plane, runner and engine are real. */
import { createHash } from 'node:crypto';
import type { Deployment, LogLine } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { launchBrowser } from '../browser/launch.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { serveFiles } from '../source/serve.ts';
import { type Fixture, fixtureZip, unzip } from '../source/zip.ts';

let instance: InstanceWithRunner;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  instance = await startWithRunner();
});

afterAll(() => instance?.stop());

interface Built {
  readonly deployment: Deployment;
  readonly log: readonly LogLine[];
  /** The files of the delivered ZIP. */
  readonly files: Map<string, Buffer>;
}

/** Deploys a fixture and opens what it delivers. */
async function build(fixture: Fixture): Promise<Built> {
  const uploadId = await instance.client.upload(`${fixture}.zip`, await fixtureZip(fixture));
  const { slug } = await instance.client.createApp({ name: fixture });
  const { id } = await instance.client.deploy(slug, { uploadId });
  const deployment = await instance.client.untilEnded(id, 280_000);
  const { items: log } = await instance.client.logs(id);
  const told = log.map(({ text }) => text).join('\n');
  expect(deployment.failure, told).toBeNull();
  const [artifact] = deployment.artifacts;
  const bytes = Buffer.from(await (await fetch(artifact?.url ?? '')).arrayBuffer());
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(artifact?.sha256);
  expect(bytes.length).toBe(artifact?.size);
  return { deployment, log, files: await unzip(bytes) };
}

const index = ({ files }: Built) => files.get('index.html')?.toString() ?? '';

describe.each([
  { fixture: 'vite-react', manager: 'yarn', framework: /vite/i, version: '1.2.3' },
  { fixture: 'sveltekit-static', manager: 'pnpm', framework: /svelte/i, version: '0.3.0' },
  { fixture: 'astro', manager: 'bun', framework: /astro/i, version: '2.0.0' },
  { fixture: 'next-export', manager: 'npm', framework: /next/i, version: '4.5.6' },
] as const)('$fixture with $manager', ({ fixture, manager, framework, version }) => {
  it('is detected, installed from its lockfile, built and delivered as a site', async () => {
    const built = await build(fixture);
    const { plan, version: said } = built.deployment;
    expect(plan).toMatchObject({ type: 'web', packageManager: manager });
    expect(plan?.framework).toMatch(framework);
    expect(plan?.installCommand).toMatch(/frozen|npm ci/);
    expect(said).toBe(version);
    expect(index(built)).toMatch(/<title>/);
    if (fixture === 'vite-react') await expectRendered(built.files, 'Built by React');
    else expect(index(built)).toMatch(/<h1[^>]*>Built by (SvelteKit|Astro|Next\.js)<\/h1>/);
    expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
  });
});

it('plain HTML is delivered as it is, without a container', async () => {
  const built = await build('plain-html');
  expect(built.deployment.plan).toMatchObject({
    packageManager: null,
    installCommand: null,
    buildCommand: null,
  });
  expect([...built.files.keys()].sort()).toEqual(['index.html', 'style.css']);
  expect(index(built)).toContain('Built by nobody');
});

/** Opens the site in a real browser: its script has to run for the heading to be there. */
async function expectRendered(files: Map<string, Buffer>, heading: string): Promise<void> {
  const site = await serveFiles(files);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.getByRole('heading', { name: heading }).waitFor({ timeout: 30_000 });
  } finally {
    await browser.close();
    await site.close();
  }
}
