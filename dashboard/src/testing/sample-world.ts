import { type Deployment, failure, type PhaseSpan } from '@appflux/protocol';
import { apiToken, app, artifact, deployment, domain, idOf, member, plan, runner } from './fixtures.ts';
import { FAILED_AT, failedLog, runningLog, successLog } from './sample-log.ts';
import { overview } from './sample-overview.ts';
import { addTriggers, TRIGGERED, triggeredDeployments } from './sample-triggers.ts';
import { emptyWorld, type World } from './world.ts';

/** Ids of sample deployments. */
export const SAMPLE = {
  building: idOf(201),
  queued: idOf(202),
  failed: idOf(203),
  success: idOf(204),
  android: idOf(205),
  ambiguous: idOf(208),
  removed: idOf(209),
};

/** The URL of a deployment's picture. */
const pictureOf = (id: string) => `http://127.0.0.1:8787/api/deployments/${id}/picture?v=1763553600000`;

/** The addresses of a deployment's site. */
const siteOf = (id: string, branch: string) => ({
  site: `http://${id}--harbor-web.sites.localhost:8787`,
  branch: `http://${branch}--harbor-web.sites.localhost:8787`,
});

/** An instance with data, with times relative to now. */
export function sampleWorld(now = Date.now()): World {
  const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const spans = (startedBefore: number, ...lengths: (number | null)[]): PhaseSpan[] => {
    let at = startedBefore;
    return lengths.map((length, index) => {
      const startedAt = ago(at);
      at -= length ?? 0;
      const phase =
        (['preparing', 'scanning', 'detecting', 'building', 'uploading'] as const)[index] ?? 'building';
      return { phase, startedAt, finishedAt: length === null ? null : ago(at) };
    });
  };
  const local = { id: idOf(500), name: 'local-1' };
  const git = (owner: string) => ({
    provider: 'github' as const,
    repoUrl: `https://github.com/${owner}`,
    branch: 'main',
    rootDirectory: './',
    depth: 1 as const,
  });

  const world = emptyWorld();
  world.apps = [
    app({
      release: SAMPLE.success,
      picture: pictureOf(SAMPLE.success),
      previousRelease: idOf(300),
      releasedAt: ago(89_936),
      urls: {
        ...app().urls,
        site: 'http://harbor-web.sites.localhost:8787',
      },
      budgets: [
        { what: 'js', limit: 200_000, compression: 'gzip', on: 'warn' },
        { what: 'total', limit: 20_000_000, compression: 'none', on: 'fail' },
        { what: 'files', pattern: 'fonts/*.woff2', limit: 100_000, compression: 'none', on: 'warn' },
      ],
      envVars: [
        {
          name: 'API_URL',
          environments: ['production', 'preview'],
          sensitive: false,
          automatic: true,
          updatedAt: ago(3 * 86_400),
        },
        {
          name: 'SENTRY_DSN',
          environments: ['production'],
          sensitive: null,
          automatic: true,
          updatedAt: null,
        },
        {
          name: 'MAP_TILES_TOKEN',
          environments: ['production', 'preview'],
          sensitive: true,
          automatic: false,
          updatedAt: ago(7200),
        },
      ],
    }),
    app({
      id: idOf(2),
      slug: 'tide',
      name: 'Tide',
      type: 'android',
      source: git('northwind/tide'),
      files: [{ name: 'KEYSTORE', size: 2731, environments: ['production'] }],
    }),
    app({
      id: idOf(3),
      slug: 'ledger',
      name: 'Ledger for accountants and their clients',
      type: 'desktop',
      source: git('northwind/ledger-desktop'),
    }),
    app({
      id: idOf(4),
      slug: 'docs',
      name: 'Documentation',
      source: { ...git('x/y'), provider: 'git', repoUrl: 'https://git.example.com/northwind/docs.git' },
    }),
    app({
      id: idOf(5),
      slug: 'flyer',
      name: 'Summer flyer',
      type: 'pwa',
      source: { provider: 'upload', rootDirectory: './' },
    }),
    app({ id: idOf(6), slug: 'sandbox', name: 'Sandbox', type: null, source: git('northwind/sandbox') }),
  ];
  const of = (index: number) => {
    const found = world.apps[index];
    if (!found) throw new Error('no such app');
    return { appId: found.id, app: { slug: found.slug, name: found.name } };
  };

  world.deployments = [
    deployment({
      id: SAMPLE.building,
      status: 'building',
      phase: 'building',
      phases: spans(58, 9, 3, 2, null),
      attempt: 1,
      runner: local,
      plan: plan(),
      createdAt: ago(64),
      startedAt: ago(58),
    }),
    ...triggeredDeployments(ago),
    deployment({
      id: SAMPLE.queued,
      ...of(3),
      status: 'queued',
      waitingFor: 'a runner with the label macos: none is online',
      waiting: { reason: 'runner', since: ago(140) },
      commitMessage: 'Describe webhooks',
      createdAt: ago(140),
    }),
    deployment({
      id: SAMPLE.failed,
      status: 'failed',
      phases: spans(5400, 8, 3, 2, 31),
      attempt: 1,
      runner: local,
      plan: plan(),
      failure: {
        ...failure(
          'build_failed',
          'The build command (pnpm run build) ended with exit code 1: Could not resolve "./components/Sidebar" from "src/App.tsx"',
          'building',
          'The file is not in the source. Check its name, which is case-sensitive on Linux, and that it is committed and not in .gitignore.',
        ),
        location: { path: 'src/App.tsx', line: 4, column: 26, seq: FAILED_AT },
      },
      commitHash: '41d0c9ffe2aa5d6c8f3e0b4d7a6c9e1f2d3b4a5c',
      commitMessage: 'Move the sidebar into a component of its own',
      createdAt: ago(5410),
      startedAt: ago(5400),
      finishedAt: ago(5356),
      durationSeconds: 44,
    }),
    deployment({
      id: SAMPLE.success,
      status: 'success',
      phases: spans(90_000, 7, 3, 2, 48, 4),
      attempt: 1,
      runner: local,
      plan: plan({
        imageDigest: `sha256:${'4f1d'.repeat(16)}`,
        tools: {
          node: '24.11.1',
          npm: '11.19.1',
          pnpm: '10.30.0',
          yarn: '1.22.22',
          bun: '1.3.2',
          git: '2.47.3',
        },
      }),
      version: '2.4.0',
      picture: pictureOf(SAMPLE.success),
      budgets: [
        {
          ...{ what: 'js', limit: 200_000, compression: 'gzip', on: 'warn', outcome: 'warned' },
          ...{ bytes: 214_300, files: 9, before: 198_200 },
          largest: [
            { name: 'assets/map-9f2c41aa.js', bytes: 121_400 },
            { name: 'assets/index-4b1d0c3e.js', bytes: 48_800 },
            { name: 'assets/chart-77ab0e12.js', bytes: 30_100 },
          ],
        },
        {
          ...{ what: 'total', limit: 20_000_000, compression: 'none', on: 'fail', outcome: 'passed' },
          ...{ bytes: 12_431_870, files: 1204, before: 12_480_000, largest: [] },
        },
        {
          ...{ what: 'files', pattern: 'fonts/*.woff2', limit: 100_000, compression: 'none', on: 'warn' },
          ...{ outcome: 'passed', bytes: 48_200, files: 2, before: 48_200, largest: [] },
        },
      ],
      site: { kind: 'static', files: 1204, bytes: 12_431_870, newFiles: 3, newBytes: 12_410 },
      artifacts: [artifact()],
      urls: {
        ...deployment().urls,
        page: 'http://127.0.0.1:8787/a/harbor-web',
        ...siteOf(SAMPLE.success, 'main'),
        trace: 'https://traces.example.com/trace/0000000065f0c0ffee0123456789abcd',
      },
      commitHash: 'c27e8d10e2aa5d6c8f3e0b4d7a6c9e1f2d3b4a5c',
      commitMessage: 'Show tides for the next seven days',
      createdAt: ago(90_010),
      startedAt: ago(90_000),
      finishedAt: ago(89_936),
      durationSeconds: 64,
    }),
    deployment({
      id: SAMPLE.android,
      ...of(1),
      status: 'success',
      phases: spans(200_000, 12, 5, 1, 251, 22),
      attempt: 2,
      runner: { id: idOf(501), name: 'basement-xeon' },
      plan: plan({
        type: 'android',
        framework: 'react-native',
        image: 'appflux/android-builder',
        packageManager: 'npm',
        outputs: ['android/app/build/outputs/**/*.apk'],
      }),
      version: '1.0.2',
      pinned: true,
      artifacts: [
        artifact({
          name: 'tide-1.0.2.apk',
          size: 48_230_113,
          contentType: 'application/vnd.android.package-archive',
        }),
        artifact({ name: 'tide-1.0.2.aab', size: 39_110_870, sha256: 'b'.repeat(64) }),
      ],
      branch: 'release/1.0',
      commitMessage: 'Release 1.0.2',
      createdAt: ago(200_020),
      startedAt: ago(200_000),
      finishedAt: ago(199_709),
      durationSeconds: 291,
    }),
    deployment({
      id: idOf(206),
      ...of(2),
      status: 'canceled',
      trigger: 'manual',
      commitMessage: 'Try the new installer',
      phases: spans(400_000, 5, 2),
      attempt: 1,
      createdAt: ago(400_000),
      startedAt: ago(400_000),
      finishedAt: ago(399_990),
      durationSeconds: 10,
    }),
    deployment({
      id: SAMPLE.ambiguous,
      ...of(3),
      status: 'failed',
      commitMessage: 'Two sites in one workspace',
      phases: spans(800_000, 2, 1, 1),
      attempt: 1,
      runner: local,
      failure: failure(
        'ambiguous',
        'This workspace has several sites: "apps/blog", "apps/shop".',
        'detecting',
        'Set the root directory of the app to one of these folders.',
        ['blog', 'shop'].map((name) => ({
          type: 'web' as const,
          framework: name === 'blog' ? 'astro' : 'vite',
          set: { rootDirectory: `apps/${name}`, type: null, framework: null },
        })),
      ),
      createdAt: ago(800_000),
      startedAt: ago(800_000),
      finishedAt: ago(799_996),
      durationSeconds: 4,
    }),
    deployment({
      id: idOf(207),
      ...of(4),
      status: 'success',
      trigger: 'upload',
      uploadName: 'brochure-final.zip',
      commitHash: null,
      commitMessage: null,
      branch: null,
      plan: plan({ framework: 'astro', type: 'pwa' }),
      phases: spans(700_000, 2, 1, 1, 19, 3),
      attempt: 1,
      createdAt: ago(700_000),
      startedAt: ago(700_000),
      finishedAt: ago(699_974),
      durationSeconds: 26,
    }),
    deployment({
      id: SAMPLE.removed,
      ...of(1),
      status: 'success',
      phases: spans(9_000_000, 12, 5, 1, 240, 20),
      attempt: 1,
      runner: local,
      version: '1.0.1',
      artifacts: [artifact({ name: 'tide-1.0.1.apk', size: 47_912_004 })],
      commitMessage: 'Release 1.0.1',
      branch: 'release/1.0',
      artifactsRemovedAt: ago(5_000_000),
      logRemovedAt: ago(400_000),
      createdAt: ago(9_000_020),
      startedAt: ago(9_000_000),
      finishedAt: ago(8_999_722),
      durationSeconds: 278,
    }),
    ...Array.from({ length: 24 }, (_, index) =>
      deployment({
        id: idOf(300 + index),
        status: index % 5 === 3 ? 'failed' : 'success',
        failure:
          index % 5 === 3
            ? failure('out_of_memory', 'The build used all of its 4 GB of memory', 'building')
            : null,
        phases: spans(100_000 + index * 40_000, 7, 3, 2, 40 + index),
        attempt: 1,
        runner: local,
        environment: index % 4 === 1 ? 'preview' : 'production',
        branch: index % 4 === 1 ? 'feature/weather-layer' : 'main',
        ...(index % 5 === 3
          ? {}
          : {
              site: { kind: 'static', files: 1198, bytes: 12_400_210, newFiles: 21, newBytes: 480_120 },
              urls: {
                ...deployment().urls,
                page: 'http://127.0.0.1:8787/a/harbor-web',
                ...siteOf(idOf(300 + index), index % 4 === 1 ? 'feature-weather-layer-5d41' : 'main'),
              },
            }),
        commitMessage:
          ['Add a weather layer', 'Fix login on Safari', 'Update dependencies', 'Cache tiles for a week'][
            index % 4
          ] ?? '',
        createdAt: ago(100_000 + index * 40_000),
        startedAt: ago(99_990 + index * 40_000),
        finishedAt: ago(99_930 + index * 40_000),
        durationSeconds: 52 + index,
      }),
    ),
  ];
  world.logs.set(SAMPLE.building, runningLog(ago(58)));
  world.logs.set(SAMPLE.failed, failedLog(ago(5400)));
  world.logs.set(SAMPLE.success, successLog(ago(90_000)));
  world.logs.set(SAMPLE.android, successLog(ago(200_000)));
  world.domains = [
    domain({
      host: 'harbor.example',
      status: 'pending',
      redirectTo: 'www.harbor.example',
      records: [
        { type: 'TXT', name: '_appflux.harbor.example', value: 'appflux=9b1c4f07e2aa5d6c8f3e0b4d7a6c9e1f' },
        { type: 'A', name: 'harbor.example', value: '203.0.113.7' },
      ],
      error: 'DNS has no such record yet. New records can take some minutes to be seen.',
      checkedAt: ago(40),
      nextCheckAt: ago(-20),
    }),
    domain({
      host: 'tides.northwind.example',
      status: 'failed',
      error: 'Another app has shown that it owns this domain.',
      checkedAt: ago(700_000),
    }),
    domain({ host: 'www.harbor.example', checkedAt: ago(7000) }),
  ];
  world.notes.set(SAMPLE.success, {
    text: '## Tides\n\n- Tides of the next seven days\n- Times in the harbor’s time zone',
    source: 'changelog',
  });
  world.runners = [
    runner({ busy: 1, lastSeenAt: ago(4) }),
    runner({
      id: idOf(501),
      name: 'basement-xeon',
      slots: 8,
      busy: 3,
      labels: ['linux', 'x64', 'web', 'android', 'flutter'],
      announced: {
        labels: ['linux', 'x64', 'web', 'android', 'flutter', 'prod-signing'],
        slots: 16,
        executor: 'docker',
      },
      lastSeenAt: ago(7),
    }),
    runner({
      id: idOf(502),
      name: 'ci-arm64',
      slots: 4,
      announced: { labels: ['linux', 'arm64'], slots: 2, executor: 'docker' },
      status: 'draining',
      busy: 1,
      labels: ['linux', 'arm64'],
      lastSeenAt: ago(2),
    }),
    runner({
      id: idOf(503),
      name: 'old-laptop',
      slots: 1,
      status: 'offline',
      lastSeenAt: ago(260_000),
      labels: ['linux'],
    }),
  ];
  world.members = [
    member(),
    member({ userId: '7d1f0d43-1d2b-4a53-9f0e-2f3f0a1b2c3d', email: 'ada@harbor.example', role: 'admin' }),
    member({
      userId: '1b6a7a0e-54f7-4b0b-8d59-77f0d1f4c9aa',
      email: 'grace@harbor.example',
      role: 'developer',
    }),
  ];
  world.invitations = [
    {
      id: idOf(801),
      role: 'viewer',
      note: 'Joan from design',
      expiresAt: ago(-500_000),
      createdAt: ago(100_000),
    },
  ];
  world.favourites = new Set(['docs']);
  world.attention = [
    {
      kind: 'approval',
      app: { slug: 'harbor-web', name: 'Harbor' },
      deploymentId: TRIGGERED.held,
      number: 30,
      title: 'Draw depths below the tide line',
      since: ago(300),
    },
    {
      kind: 'domain',
      app: { slug: 'harbor-web', name: 'Harbor' },
      host: 'tides.northwind.example',
      status: 'failed',
      error: 'Another app has shown that it owns this domain.',
    },
    {
      kind: 'size_budget',
      app: { slug: 'harbor-web', name: 'Harbor' },
      deploymentId: SAMPLE.success,
      exceeded: ['JavaScript (gzip)'],
    },
    {
      kind: 'runner_asks_more',
      runner: { id: idOf(501), name: 'basement-xeon' },
      differences: ['label prod-signing', '16 slots, registered for 8'],
    },
    {
      kind: 'runner_offline',
      runner: { id: idOf(503), name: 'old-laptop' },
      lastSeenAt: ago(260_000),
    },
    { kind: 'token', id: idOf(702), name: 'Old CI', expiresAt: ago(400_000) },
  ];
  world.overview = overview();
  world.metricsTokens = [{ id: idOf(710), name: 'Prometheus', lastUsedAt: ago(40), createdAt: ago(900_000) }];
  world.links = [
    {
      id: idOf(821),
      kind: 'recovery',
      to: 'grace@harbor.example',
      url: 'http://127.0.0.1:8787/reset-password#token_hash=afp_sample',
      createdAt: ago(400),
      expiresAt: ago(-3200),
      failure: null,
      nextTryAt: null,
    },
    {
      id: idOf(822),
      kind: 'sign_in',
      to: 'ada@harbor.example',
      url: 'http://127.0.0.1:8787/sign-in#token_hash=afs_sample',
      createdAt: ago(2000),
      expiresAt: ago(-1600),
      failure: 'The mail API answered 422: The domain harbor.example is not verified',
      nextTryAt: null,
    },
  ];
  numberByApp(world.deployments);
  addTriggers(world, ago);
  world.hooks = [
    {
      id: idOf(811),
      name: 'Nightly content build',
      lastUsedAt: '2026-11-10T02:00:00.000Z',
      createdAt: '2026-10-01T08:00:00.000Z',
    },
  ];
  const ada = {
    kind: 'user' as const,
    id: '7d1f0d43-1d2b-4a53-9f0e-2f3f0a1b2c3d',
    name: 'ada@harbor.example',
  };
  world.audit = [
    {
      id: idOf(824),
      actor: ada,
      action: 'variable.set',
      target: { kind: 'variable', id: null, name: 'harbor-web: API_URL' },
      at: '2026-11-10T11:40:00.000Z',
    },
    {
      id: idOf(823),
      actor: { kind: 'hook', id: idOf(811), name: 'Nightly content build' },
      action: 'hook.call',
      target: { kind: 'deployment', id: null, name: 'docs' },
      at: '2026-11-10T02:00:00.000Z',
    },
    {
      id: idOf(822),
      actor: { kind: 'operator', id: null, name: 'operator' },
      action: 'runner.token',
      target: { kind: 'token', id: null, name: 'Runner registration' },
      at: '2026-11-09T16:00:00.000Z',
    },
    {
      id: idOf(821),
      actor: ada,
      action: 'session.sign_in',
      target: { kind: 'user', id: null, name: 'ada@harbor.example' },
      at: '2026-11-09T09:00:00.000Z',
    },
  ];
  world.tokens = [
    apiToken({ lastUsedAt: ago(9000), expiresAt: ago(-5_000_000) }),
    apiToken({
      id: idOf(701),
      name: 'Status board in the hallway',
      scopes: ['apps:read', 'deployments:read'],
      expiresAt: null,
      lastUsedAt: ago(40),
    }),
    apiToken({ id: idOf(702), name: 'Old CI', scopes: ['admin'], expiresAt: ago(400_000), lastUsedAt: null }),
  ];
  return world;
}

/** Numbers the deployments of each app, of which the last in the list is the first. */
function numberByApp(deployments: Deployment[]): void {
  const counts = new Map<string, number>();
  for (const one of deployments.toReversed()) {
    one.number = (counts.get(one.appId) ?? 0) + 1;
    counts.set(one.appId, one.number);
  }
}
