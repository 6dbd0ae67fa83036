/** The first deployment of a new instance, step by step, as docs/images/first-deployment.webp shows it. */
import type { Page } from 'playwright-core';
import type { FakeApi } from './fake-api.ts';
import { artifact, idOf, plan, runner } from './fixtures.ts';
import { successLog } from './sample-log.ts';
import { emptyWorld, type World } from './world.ts';

/** An instance with a runner and nothing else. */
export const FIRST_WORLD = (): World => ({ ...emptyWorld(), runners: [runner({ busy: 0 })] });

/**
 * Deploys a repository from the empty overview to the published site. Calls `frame` for each picture, with how long it
 * is shown, in milliseconds.
 */
export async function firstDeployment(
  page: Page,
  api: FakeApi,
  frame: (milliseconds: number) => Promise<void>,
): Promise<void> {
  await page.goto(`${api.origin}/`);
  await page.waitForLoadState('networkidle');
  await frame(2000);

  await page.goto(`${api.origin}/new`);
  const url = page.getByLabel('Repository URL');
  await url.waitFor();
  await frame(800);
  for (const typed of ['https://github.com/', 'https://github.com/northwind/harbor']) {
    await url.fill(typed);
    await frame(700);
  }
  await page.getByRole('button', { name: 'Continue' }).first().click();
  await page.getByRole('heading', { name: 'Configure' }).waitFor();
  await page.waitForLoadState('networkidle');
  await frame(2500);
  await page.getByRole('button', { name: 'Continue' }).first().click();
  await page.getByRole('heading', { name: 'Confirm and deploy' }).waitFor();
  await frame(2000);
  await page.getByRole('button', { name: 'Deploy', exact: true }).first().click();
  await page.waitForURL(/\/deployments\//);
  await page.waitForLoadState('networkidle');
  await frame(1000);
  await build(api, frame, page);
}

const PHASES = ['preparing', 'scanning', 'detecting', 'building', 'uploading'] as const;

/** Runs the build that waits: its log in pieces, then its end. */
async function build(api: FakeApi, frame: (milliseconds: number) => Promise<void>, page: Page) {
  const waiting = api.world.deployments[0];
  if (waiting === undefined) throw new Error('there is no deployment');
  const { id } = waiting;
  const startedAt = new Date().toISOString();
  const lines = successLog(startedAt);
  const startOf = (phase: (typeof PHASES)[number]) =>
    lines.find((line) => line.phase === phase)?.at ?? startedAt;
  const spans = (until: number) =>
    PHASES.slice(0, until).map((phase, index) => {
      const next = PHASES[index + 1];
      const finishedAt = index === until - 1 || next === undefined ? null : startOf(next);
      return { phase, startedAt: startOf(phase), finishedAt };
    });
  const begun = {
    status: 'building',
    attempt: 1,
    runner: { id: idOf(500), name: 'local-1' },
    startedAt,
  } as const;
  for (const [index, phase] of PHASES.entries()) {
    const detected = phase === 'building' ? { plan: plan() } : {};
    api.change(id, { ...begun, ...detected, phase, phases: spans(index + 1) });
    const ofPhase = lines.filter((line) => line.phase === phase);
    for (let at = 0; at < ofPhase.length; at += 3) {
      const piece = ofPhase.slice(at, at + 3);
      api.log(id, piece);
      await page.locator(`a[href="#L${piece.at(-1)?.seq}"]`).waitFor();
      await frame(450);
    }
  }
  const finishedAt = lines.at(-1)?.at ?? startedAt;
  const phases = spans(PHASES.length).map((span) => ({ ...span, finishedAt: span.finishedAt ?? finishedAt }));
  for (const app of api.world.apps) Object.assign(app, { release: id, releasedAt: finishedAt });
  api.change(id, {
    status: 'success',
    phase: null,
    phases,
    finishedAt,
    durationSeconds: 31,
    artifacts: [artifact()],
    site: { kind: 'static', files: 214, bytes: 2_431_870, newFiles: 214, newBytes: 2_431_870 },
    urls: { ...waiting.urls, site: 'http://harbor.sites.localhost:8787' },
  });
  await page.reload();
  await page.getByText('Current').first().waitFor();
  await page.waitForLoadState('networkidle');
  await frame(4000);
}
