/** What starts deployments, and who is notified of them: for tests and screenshots. */
import type { Deployment, GithubRepository, HookDelivery } from '@appflux/protocol';
import { deployment, idOf } from './fixtures.ts';
import type { World } from './world.ts';

/** Ids of the deployments and hooks below. */
export const TRIGGERED = { held: idOf(210), skipped: idOf(211), pullRequest: idOf(212), tag: idOf(213) };
export const HOOKS = { slack: idOf(831), webhook: idOf(832), email: idOf(833) };

/** The code of the program that waits for approval. */
export const DEVICE_CODE = 'WDJB-MJHT';

const PULL = 'https://github.com/northwind/harbor/pull';

/** Deployments of Harbor that pull requests, tags and skipped pushes made, newest first. `ago` takes seconds. */
export function triggeredDeployments(ago: (seconds: number) => string): Deployment[] {
  return [
    deployment({
      id: TRIGGERED.held,
      trigger: 'pull_request',
      environment: 'preview',
      branch: 'draw-depths',
      commitMessage: 'Draw depths below the tide line',
      pullRequest: { number: 7, title: 'Draw <b>depths</b> & tides', url: `${PULL}/7`, fork: true },
      creator: { kind: 'github', name: 'mallory-sails' },
      approval: { state: 'required', by: null },
      waiting: { reason: 'approval', since: ago(300) },
      waitingFor: 'approval: it comes from a fork',
      createdAt: ago(300),
    }),
    deployment({
      id: TRIGGERED.skipped,
      status: 'canceled',
      commitMessage: 'Describe the map in the README',
      skipped: { reason: 'No changed file matches the include paths: README.md' },
      createdAt: ago(900),
      finishedAt: ago(900),
    }),
    deployment({
      id: TRIGGERED.pullRequest,
      status: 'success',
      trigger: 'pull_request',
      environment: 'preview',
      branch: 'night-mode',
      commitMessage: 'Dim the map at night',
      pullRequest: { number: 6, title: 'Night mode', url: `${PULL}/6`, fork: false },
      approval: null,
      attempt: 1,
      createdAt: ago(2000),
      startedAt: ago(1990),
      finishedAt: ago(1950),
      durationSeconds: 40,
    }),
    deployment({
      id: TRIGGERED.tag,
      status: 'canceled',
      branch: null,
      tag: 'v2.5.0-rc.1',
      commitMessage: 'Prepare 2.5.0',
      creator: { kind: 'token', name: 'Release script' },
      attempt: 1,
      createdAt: ago(3000),
      startedAt: ago(2990),
      finishedAt: ago(2980),
      durationSeconds: 10,
    }),
  ];
}

const repository = (id: number, name: string, over: Partial<GithubRepository> = {}): GithubRepository => ({
  id: String(id),
  fullName: `northwind/${name}`,
  url: `https://github.com/northwind/${name}`,
  private: false,
  archived: false,
  defaultBranch: 'main',
  pushedAt: '2026-11-10T11:00:00.000Z',
  installationId: '41',
  ...over,
});

/** A GitHub App with an installation that works and one that is suspended. */
export function connectGithub(world: World): World {
  world.githubApp = {
    name: 'AppFlux Harbor',
    slug: 'appflux-harbor',
    url: 'https://github.com/apps/appflux-harbor',
    account: 'northwind',
    createdAt: '2026-10-01T08:00:00.000Z',
  };
  world.installations = [
    {
      id: '41',
      account: 'northwind',
      accountType: 'Organization',
      repositories: 'selected',
      url: 'https://github.com/organizations/northwind/settings/installations/41',
      suspendedAt: null,
    },
    {
      id: '43',
      account: 'ada',
      accountType: 'User',
      repositories: 'all',
      url: 'https://github.com/settings/installations/43',
      suspendedAt: '2026-11-09T08:00:00.000Z',
    },
  ];
  world.repositories = [
    repository(1, 'harbor', { private: true, defaultBranch: 'trunk' }),
    repository(2, 'tide'),
    repository(3, 'old-charts', { archived: true, pushedAt: null }),
    ...Array.from({ length: 40 }, (_, index) => repository(10 + index, `chart-${index + 1}`)),
  ];
  world.branches = ['trunk', 'night-mode', 'release/2.5'];
  return world;
}

/** Fills in schedules, credentials, notifications and a login that waits. `ago` takes seconds. */
export function addTriggers(world: World, ago: (seconds: number) => string): void {
  world.schedules = [
    {
      cron: '0 3 * * *',
      environment: 'production',
      nextAt: ago(-40_000),
      lastAt: ago(46_000),
      lastDeploymentId: idOf(204),
      missed: 2,
    },
    {
      cron: '30 6 * * 1-5',
      branch: 'next',
      environment: 'preview',
      nextAt: ago(-60_000),
      lastAt: null,
      lastDeploymentId: null,
      missed: 0,
    },
  ];
  world.webhookSecrets = [
    {
      id: idOf(841),
      provider: 'gitea',
      name: 'northwind/docs',
      url: 'http://127.0.0.1:8787/hooks/git/gitea?team=3f0f3c52-7f25-4c1e-9a57-0d9f5a0f9a11',
      lastUsedAt: ago(7200),
      createdAt: ago(400_000),
    },
  ];
  const shared = { enabled: true, disabledReason: null, createdAt: ago(900_000), apps: [], environments: [] };
  world.notifications = [
    {
      ...shared,
      id: HOOKS.slack,
      kind: 'slack',
      name: 'Team channel',
      target: 'https://hooks.slack.com/…',
      events: ['deployment.failed', 'deployment.recovered', 'deployment.waiting'],
      environments: ['production'],
      lastDelivery: { id: idOf(851), event: 'deployment.failed', status: 'delivered', at: ago(5300) },
    },
    {
      ...shared,
      id: HOOKS.webhook,
      kind: 'webhook',
      name: '',
      target: 'https://status.harbor.example/…',
      events: ['deployment.succeeded', 'deployment.failed'],
      apps: ['harbor-web', 'tide'],
      enabled: false,
      disabledReason: 'Every request failed for a day. The last answer was HTTP 500.',
      lastDelivery: { id: idOf(852), event: 'deployment.succeeded', status: 'failed', at: ago(90_000) },
    },
    {
      ...shared,
      id: HOOKS.email,
      kind: 'email',
      name: 'On call',
      target: 'oncall@harbor.example',
      events: ['deployment.failed'],
      lastDelivery: null,
    },
  ];
  world.deliveries = [
    ...deliveriesOf(HOOKS.webhook, ago),
    { ...delivered(idOf(851), ago(5300)), hookId: HOOKS.slack },
  ];
  world.device = {
    userCode: DEVICE_CODE,
    client: 'appflux CLI on harbor-laptop',
    address: '203.0.113.7',
    createdAt: ago(20),
    expiresAt: ago(-880),
  };
}

const delivered = (id: string, at: string): HookDelivery => ({
  id,
  event: 'deployment.failed',
  deploymentId: idOf(203),
  app: 'harbor-web',
  status: 'delivered',
  attempts: [{ at, durationMs: 112, status: 200, error: null }],
  nextAttemptAt: null,
  createdAt: at,
  request: {
    target: 'https://hooks.slack.com/…',
    headers: { 'Content-Type': 'application/json' },
    body: '{"text":"Harbor: the deployment failed"}',
  },
  response: { status: 200, headers: {}, body: 'ok' },
});

function deliveriesOf(hookId: string, ago: (seconds: number) => string): World['deliveries'] {
  const request = {
    target: 'https://status.harbor.example/…',
    headers: {
      'Content-Type': 'application/json',
      'X-AppFlux-Event': 'deployment.succeeded',
      'X-AppFlux-Signature-256': `sha256=${'9b1c4f07'.repeat(8)}`,
    },
    body: JSON.stringify({ event: 'deployment.succeeded', app: { slug: 'harbor-web', name: 'Harbor' } }),
  };
  const failed = { durationMs: 340, status: 500, error: 'The receiver answered 500' };
  return [
    {
      ...delivered(idOf(853), ago(600)),
      hookId,
      event: 'deployment.failed',
      status: 'pending',
      attempts: [
        { at: ago(600), ...failed },
        { at: ago(540), durationMs: 10_000, status: null, error: 'No answer within 10 seconds' },
      ],
      nextAttemptAt: ago(-300),
      request,
      response: null,
    },
    {
      ...delivered(idOf(852), ago(90_000)),
      hookId,
      event: 'deployment.succeeded',
      status: 'failed',
      attempts: [{ at: ago(90_000), ...failed }],
      request,
      response: {
        status: 500,
        headers: { 'content-type': 'text/html' },
        body: '<h1>Internal Server Error</h1>',
      },
    },
    {
      ...delivered(idOf(854), ago(200_000)),
      hookId,
      event: 'test',
      deploymentId: null,
      app: null,
      request,
    },
  ];
}
