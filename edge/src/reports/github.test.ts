/** What GitHub shows of deployments, on good days and bad ones (stack/stand-ins/github-app). */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BAD_CREDENTIALS,
  type Fault,
  primaryLimit,
  secondaryLimit,
  UNAVAILABLE,
  UNICORN,
} from '../../../stack/stand-ins/github-app/faults.ts';
import { installationChanged } from '../git-hosts/github-app/events.ts';
import { testGithub } from '../git-hosts/testing/github.ts';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll } from '../testing/worker.ts';
import { githubClient } from './github-client.ts';
import type { ReportFacts } from './host-client.ts';
import { only, reporting, TEAM } from './testing/reporting.ts';
import { sampleFacts } from './testing/sample-facts.ts';
import { commentMarker } from './text.ts';

beforeEach(async () => {
  await forgetAll();
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const queued = (change: Partial<ReportFacts> = {}) =>
  sampleFacts({
    seq: 1,
    state: 'queued',
    startedAt: null,
    finishedAt: null,
    durationSeconds: null,
    ...change,
  });
const building = (change: Partial<ReportFacts> = {}) =>
  sampleFacts({ seq: 2, state: 'building', finishedAt: null, durationSeconds: null, ...change });
const success = (change: Partial<ReportFacts> = {}) => sampleFacts({ seq: 3, ...change });
const failed = (change: Partial<ReportFacts> = {}) =>
  sampleFacts({
    seq: 3,
    state: 'failed',
    failure: { code: 'build_failed', message: 'src/a.ts(3,1): error TS2322: Type mismatch.', hint: 'Look.' },
    urls: { ...sampleFacts().urls, site: null, page: null, qr: null },
    ...change,
  });

/** An app of the same repository. */
const docs = { id: '65f0000000000000000000bb', slug: 'docs', name: 'Docs' };

describe('a deployment', () => {
  test('is a check run, a deployment with its URL, and a comment, each of which follows it to its end', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    await report(queued());
    await until(({ comments }) => expect(comments).toHaveLength(1));
    await report(building());
    await until(({ deploymentStatuses }) => expect(deploymentStatuses).toHaveLength(2));
    await report(success());
    const shown = await until(({ comments }) => expect(comments[0]?.body).toContain('| Ready |'));
    expect(only(shown.checks)).toMatchObject({
      name: 'AppFlux / harbor (preview)',
      external_id: sampleFacts().deploymentId,
      head_sha: sampleFacts().commit,
      status: 'completed',
      conclusion: 'success',
      details_url: sampleFacts().urls.site,
    });
    expect(only(shown.deployments)).toMatchObject({
      environment: 'Preview – harbor',
      transient_environment: true,
      production_environment: false,
    });
    expect(shown.deploymentStatuses.map(({ state }) => state)).toEqual(['queued', 'in_progress', 'success']);
    expect(shown.deploymentStatuses.at(-1)).toMatchObject({ environment_url: sampleFacts().urls.site });
    expect(only(shown.comments)).toMatchObject({ issue: 7 });
    expect(only(shown.comments).body).toContain(sampleFacts().urls.qr);
    expect(shown.statuses).toEqual([]);
  });

  test('that fails has an annotation at each place of an error', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    const annotations = Array.from({ length: 60 }, (_, n) => ({
      path: 'src/a.ts',
      line: n + 1,
      column: n === 0 ? null : 4,
      message: 'TS2322: Type mismatch.',
    }));
    await report(failed({ annotations }));
    const { checks } = await until(({ comments }) => expect(comments).toHaveLength(1));
    const check = only(checks) as unknown as { conclusion: string; output: { annotations: object[] } };
    expect(check.conclusion).toBe('failure');
    expect(check.output.annotations).toHaveLength(50);
    expect(check.output.annotations.slice(0, 2)).toEqual([
      {
        path: 'src/a.ts',
        start_line: 1,
        end_line: 1,
        annotation_level: 'failure',
        message: 'TS2322: Type mismatch.',
      },
      expect.objectContaining({ start_line: 2, end_line: 2, start_column: 4, end_column: 4 }),
    ]);
  });

  test('that made no build is a skipped check, and no deployment', async () => {
    using github = testGithub();
    const { report, until, waiting } = await reporting(github);
    await report(sampleFacts({ state: 'skipped', skipped: 'Nothing of this app changed' }));
    const shown = await until(({ comments }) => expect(comments).toHaveLength(1));
    expect(only(shown.checks)).toMatchObject({ status: 'completed', conclusion: 'skipped' });
    expect(only(shown.comments).body).toContain('Nothing of this app changed');
    expect(await waiting()).toEqual([]);
    expect(shown.deployments).toEqual([]);
  });

  test('that is reported twice, late or out of order stands as it last did', async () => {
    using github = testGithub();
    const { report, until, calls } = await reporting(github);
    await report(success(), building(), queued(), success());
    const shown = await until(({ comments }) => expect(comments).toHaveLength(1));
    expect(only(shown.checks)).toMatchObject({ conclusion: 'success' });
    expect(only(shown.deploymentStatuses)).toMatchObject({ state: 'success' });
    await report(success(), building());
    expect(await calls('POST /api/repos')).toBe(4);
  });
});

describe('the comment', () => {
  test('lists all apps of the pull request, and there is one', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    const other = '65f000000000000000000002';
    await report(building(), building({ deploymentId: other, app: docs }));
    await until(({ comments }) => expect(comments[0]?.body).toContain('| Docs | Building |'));
    await report(failed({ deploymentId: other, app: docs }), success());
    const { comments } = await until((shown) =>
      expect(shown.comments[0]?.body).toContain('| Docs | Failed |'),
    );
    expect(only(comments).body).toContain('| Harbor | Ready |');
  });

  test('shows the newest deployment of an app, whichever reports last', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    const newer = { deploymentId: '65f000000000000000000003', createdAt: '2026-11-29T19:00:00.000Z' };
    await report(success(newer), failed());
    const { comments } = await until(({ checks }) => expect(checks).toHaveLength(2));
    expect(only(comments).body).toContain('| Harbor | Ready |');
  });

  test('is another one for each pull request, and none without one', async () => {
    using github = testGithub();
    const { report, until, idle } = await reporting(github);
    await report(
      success(),
      success({ deploymentId: '65f000000000000000000004', pullRequest: { number: 8 } }),
      success({ deploymentId: '65f000000000000000000005', pullRequest: null, environment: 'production' }),
    );
    const { comments, deployments } = await until(({ checks }) => expect(checks).toHaveLength(3));
    await idle();
    expect(comments.map(({ issue }) => issue)).toEqual([7, 8]);
    expect(deployments.at(-1)).toMatchObject({
      environment: 'Production – harbor',
      production_environment: true,
    });
  });

  test('that somebody deleted is recreated', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    await report(building());
    await until(({ comments }) => expect(comments).toHaveLength(1));
    await github.control({ removeComments: true });
    await report(success());
    const { comments } = await until((shown) => expect(shown.comments[0]?.body).toContain('| Ready |'));
    only(comments);
  });

  test('of somebody else is left alone, even if it begins with our marker', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    const body = `${commentMarker(TEAM)}\nMine`;
    await github.control({ comment: { repository: 'octo-org/site', issue: 7, by: 'eve', body } });
    await report(success());
    const { comments } = await until((shown) => expect(shown.comments).toHaveLength(2));
    expect(comments.map(({ by }) => by)).toEqual(['eve', 'appflux-test[bot]']);
    expect(comments[0]?.body).toBe(body);
  });

  test('is found on a later page', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    for (let n = 0; n < 130; n += 1)
      await github.control({
        comment: { repository: 'octo-org/site', issue: 7, by: 'ada', body: String(n) },
      });
    await github.control({
      comment: {
        repository: 'octo-org/site',
        issue: 7,
        by: 'appflux-test[bot]',
        body: `${commentMarker(TEAM)}\nold`,
      },
    });
    await report(success());
    const { comments } = await until((shown) => expect(shown.comments.at(-1)?.body).toContain('| Ready |'));
    expect(comments).toHaveLength(131);
  });

  test('in a locked conversation is given up, and the rest is not', async () => {
    using github = testGithub();
    const { report, until, idle, repository, calls } = await reporting(github);
    await github.control({ change: [{ id: repository, locked: [7] }] });
    await report(success());
    await until(({ checks, deploymentStatuses }) => {
      expect(checks).toHaveLength(1);
      expect(deploymentStatuses).toHaveLength(1);
    });
    await idle();
    expect(await calls('POST /api/repos/octo-org/site/issues/7/comments')).toBe(1);
  });

  test('with markup in names and messages has one row for the app', async () => {
    using github = testGithub();
    const { report, until } = await reporting(github);
    const name = '<img src=x onerror=alert(1)> | [x](https://evil.example) @octocat';
    await report(
      failed({ app: { ...docs, name }, failure: { code: 'build_failed', message: name, hint: '' } }),
    );
    const { comments } = await until((shown) => expect(shown.comments).toHaveLength(1));
    const body = String(only(comments).body);
    expect(body).not.toContain('<img');
    expect(body).not.toContain('@octocat');
    expect(
      body
        .split('\n')
        .find((line) => line.includes('| Failed |'))
        ?.split('|'),
    ).toHaveLength(7);
  });
});

/** Faults that pass by themselves. */
const PASSING: [string, Fault][] = [
  ['502 with a page that is no JSON', UNICORN],
  ['503', UNAVAILABLE],
  ['an answer that breaks off', 'half'],
  ['an answer that is lost', 'lost'],
  ['401: the token has expired', BAD_CREDENTIALS],
  ['403: a secondary limit with Retry-After', secondaryLimit(120)],
  ['429: a secondary limit without a word about its end', secondaryLimit(null, 429)],
  ['403: the primary limit', primaryLimit(Math.floor(Date.now() / 1000) + 1800)],
  [
    '422: a commit that the API doesn’t know yet',
    { status: 422, body: '{"message":"No commit found for SHA: 1f0e2d3c4b5a"}' },
  ],
];

/** The calls that a deployment with a comment takes until it has succeeded, each of which meets the fault once. */
const CALLS = [
  'POST /api/app/installations',
  'GET /api/repos/octo-org/site/commits',
  'POST /api/repos/octo-org/site/check-runs',
  'GET /api/repos/octo-org/site/deployments',
  'POST /api/repos/octo-org/site/deployments?',
  '/statuses',
  'GET /api/repos/octo-org/site/issues',
  'POST /api/repos/octo-org/site/issues',
  'PATCH /api/repos/octo-org/site/check-runs',
  'PATCH /api/repos/octo-org/site/issues',
];

describe.each(PASSING)('%s', (name, fault) => {
  test('loses nothing and repeats nothing, whichever call meets it', async () => {
    using github = testGithub();
    const { report, pass, waiting } = await reporting(github);
    // Of a token, 422 says that there will be none.
    const met = name.startsWith('422') ? CALLS.slice(1) : CALLS;
    await github.control({ faults: met.map((call) => ({ on: call.replace('?', ''), fault })) });
    const settle = () =>
      vi.waitFor(
        async () => {
          if ((await waiting()).length > 0) await pass(HOUR);
          expect(await waiting()).toEqual([]);
        },
        { timeout: 20_000, interval: 20 },
      );
    await report(building());
    await settle();
    await report(success());
    await settle();
    const { faults, checks, deployments, deploymentStatuses, comments } = await github.control();
    expect(faults).toEqual([]);
    expect(only(checks)).toMatchObject({ conclusion: 'success' });
    expect(only(deployments)).toBeDefined();
    expect(deploymentStatuses.at(-1)).toMatchObject({ state: 'success' });
    expect(only(comments).body).toContain('| Ready |');
  });
});

test('nothing is sent while a limit lasts, and then the last state is', async () => {
  using github = testGithub();
  const { report, until, pass, calls } = await reporting(github);
  await report(queued());
  await until(({ comments }) => expect(comments).toHaveLength(1));
  const before = await calls('');
  await github.control({ faults: [{ on: '/check-runs/', fault: secondaryLimit(600) }] });
  await report(building());
  await until((shown) => expect(shown.calls).toHaveLength(before + 1));
  await report(success());
  await pass(9 * MINUTE);
  expect(await calls('')).toBe(before + 1);
  await pass(2 * MINUTE);
  const shown = await until(({ comments }) => expect(comments[0]?.body).toContain('| Ready |'));
  // What it was meanwhile is nobody's business any more.
  expect(shown.deploymentStatuses.map(({ state }) => state)).toEqual(['queued', 'success']);
});

test('an outage of a day is the end of it, and the next deployment is reported', async () => {
  using github = testGithub();
  const { report, until, pass, waiting } = await reporting(github);
  const down = { faults: Array.from({ length: 200 }, () => ({ on: '/access_tokens', fault: UNAVAILABLE })) };
  await github.control(down);
  await report(success());
  await vi.waitFor(async () => {
    await pass(6 * HOUR);
    expect(await waiting()).toEqual([]);
  }, 20_000);
  await github.control({ faults: [] });
  await report(success({ deploymentId: '65f000000000000000000006', pullRequest: null }));
  const { checks } = await until((shown) => expect(shown.deploymentStatuses).toHaveLength(1));
  expect(only(checks)).toMatchObject({ external_id: '65f000000000000000000006' });
});

test('a suspended installation is not called until it is unsuspended', async () => {
  using github = testGithub();
  const { report, until, resume, installation, waiting, calls } = await reporting(github);
  const changed = (action: 'suspend' | 'unsuspend') =>
    installationChanged(env, metadataOf(env), { action, installationId: String(installation) });
  await github.control({ change: [{ id: installation, suspendedAt: '2026-11-29T12:00:00Z' }] });
  await changed('suspend');
  await report(building());
  await vi.waitFor(async () => expect((await waiting())[0]?.failure).toContain('is suspended'));
  await report(success());
  expect(await calls('/repos/')).toBe(0);
  await github.control({ change: [{ id: installation, suspendedAt: null }] });
  await changed('unsuspend');
  await resume();
  const { checks } = await until(({ comments }) => expect(comments[0]?.body).toContain('| Ready |'));
  expect(only(checks)).toMatchObject({ conclusion: 'success' });
});

test('a check or deployment that was deleted at GitHub is recreated', async () => {
  using github = testGithub();
  const { report, until } = await reporting(github);
  await report(building());
  await until(({ comments }) => expect(comments).toHaveLength(1));
  await github.control({ removeChecks: true, removeDeployments: true });
  await report(success());
  const shown = await until(({ comments }) => expect(comments[0]?.body).toContain('| Ready |'));
  expect(only(shown.checks)).toMatchObject({ conclusion: 'success' });
  only(shown.deployments);
});

test('a repository that was renamed is followed to its new name', async () => {
  using github = testGithub();
  const { report, until, repository } = await reporting(github);
  await report(building());
  await until(({ comments }) => expect(comments).toHaveLength(1));
  await github.control({ change: [{ id: repository, name: 'renamed', formerly: 'octo-org/site' }] });
  await report(success());
  const shown = await until(({ comments }) => expect(comments[0]?.body).toContain('| Ready |'));
  expect(only(shown.checks)).toMatchObject({ conclusion: 'success' });
  expect(shown.calls.some(({ status }) => status === 307)).toBe(true);
});

test('a repository that no installation covers is not reported to, and not asked again', async () => {
  using github = testGithub();
  const { report, idle, installation, calls } = await reporting(github);
  await github.control({ change: [{ id: installation, selection: 'selected', repositories: [] }] });
  await report(success());
  await idle();
  expect(await calls('/repos/')).toBe(0);
});

describe('with a person’s token', () => {
  test('a commit’s status and one comment say the same', async () => {
    using github = testGithub();
    await github.control({ repositories: [{ owner: 'ada', name: 'site', people: { ada: 'admin' } }] });
    const { token } = await github.control({ personalToken: 'ada' });
    const client = githubClient({
      api: env.GITHUB_API_URL ?? '',
      fullName: 'ada/site',
      token: token ?? '',
      appId: null,
    });
    expect([client.statusPerDeployment, client.setDeployment]).toEqual([false, undefined]);
    await client.setStatus(building(), null);
    await client.setStatus(
      failed({ failure: { code: 'internal', message: '😀'.repeat(300), hint: '' } }),
      null,
    );
    const marker = commentMarker(TEAM);
    const id = await client.comment(7, marker, `${marker}\none`, null);
    expect(await client.comment(7, marker, `${marker}\ntwo`, null)).toBe(id);
    const { statuses, comments } = await github.control();
    expect(statuses.map(({ state, context }) => [state, context])).toEqual([
      ['pending', 'AppFlux / harbor (preview)'],
      ['failure', 'AppFlux / harbor (preview)'],
    ]);
    expect(only(comments)).toMatchObject({ by: 'ada', body: `${marker}\ntwo` });
  });
});
