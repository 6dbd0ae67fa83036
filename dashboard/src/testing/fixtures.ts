/** Records as the API returns them, for tests and screenshots. */
import {
  type ApiToken,
  type App,
  type Artifact,
  DEFAULT_TRIGGERS,
  type Deployment,
  type Domain,
  LatestDeployment,
  type Member,
  type Plan,
  type Runner,
} from '@appflux/protocol';

export const ORIGIN = 'http://127.0.0.1:8787';
export const OWNER = '3f0f3c52-7f25-4c1e-9a57-0d9f5a0f9a11';

/** An id of 24 hex digits from a small number. */
export const idOf = (number: number): string =>
  (0x66f2a1c0 + number).toString(16).padEnd(24, '04b7e9d00123456');

export function app(over: Partial<App> = {}): App {
  const slug = over.slug ?? 'harbor-web';
  return {
    id: idOf(1),
    ownerId: OWNER,
    name: 'Harbor',
    slug,
    type: 'web',
    detectedType: null,
    source: {
      provider: 'github',
      repoUrl: 'https://github.com/northwind/harbor',
      branch: 'main',
      rootDirectory: './',
      depth: 1,
    },
    build: {
      framework: null,
      installCommand: null,
      buildCommand: null,
      outputs: [],
      image: null,
      node: null,
      labels: [],
      timeoutSeconds: null,
      supersede: true,
      concurrency: 1,
    },
    retention: { artifacts: null, logs: null },
    retentionDefaults: { artifacts: { keepLast: 10, days: 30 }, logs: { keepLast: 50, days: 90 } },
    envVars: [],
    files: [],
    release: null,
    previousRelease: null,
    releasedAt: null,
    releaseLocked: false,
    autoRelease: true,
    access: { production: 'public', previews: 'public' },
    hasPassword: false,
    spaFallback: null,
    rewriteHosts: [],
    budgets: [],
    server: { allowHosts: null },
    triggers: DEFAULT_TRIGGERS,
    picture: null,
    urls: { self: `${ORIGIN}/api/apps/${slug}`, page: `${ORIGIN}/a/${slug}` },
    createdAt: '2026-10-01T08:00:00.000Z',
    ...over,
  };
}

export function plan(over: Partial<Plan> = {}): Plan {
  return {
    type: 'web',
    framework: 'vite',
    packageManager: 'pnpm',
    image: 'appflux/web-builder',
    node: '24',
    installCommand: 'pnpm install --frozen-lockfile',
    buildCommand: 'pnpm run build',
    outputs: ['dist'],
    reasons: [
      'Framework vite: vite.config.ts is there and vite is a dependency.',
      'Package manager pnpm: pnpm-lock.yaml is there.',
      'Node 24: the engines field of package.json says >=22.',
    ],
    ...over,
  };
}

export function deployment(over: Partial<Deployment> = {}): Deployment {
  const id = over.id ?? idOf(100);
  return {
    id,
    appId: idOf(1),
    app: { slug: 'harbor-web', name: 'Harbor' },
    number: 1,
    status: 'queued',
    phase: null,
    phases: [],
    waitingFor: null,
    waiting: null,
    trigger: 'push',
    creator: { kind: 'github', name: 'ada' },
    pullRequest: null,
    skipped: null,
    approval: null,
    tag: null,
    commitHash: '9b1c4f07e2aa5d6c8f3e0b4d7a6c9e1f2d3b4a5c',
    commitMessage: 'Keep the map centered while the sidebar opens',
    branch: 'main',
    uploadName: null,
    prebuilt: false,
    environment: 'production',
    version: null,
    attempt: 0,
    runner: null,
    plan: null,
    failure: null,
    artifacts: [],
    artifactUrl: null,
    site: null,
    budgets: [],
    pictureError: null,
    picture: null,
    urls: {
      self: `${ORIGIN}/api/deployments/${id}`,
      logs: `${ORIGIN}/api/deployments/${id}/logs`,
      live: `${ORIGIN.replace('http', 'ws')}/api/deployments/${id}/logs/live`,
    },
    createdAt: '2026-11-10T11:58:00.000Z',
    startedAt: null,
    finishedAt: null,
    durationSeconds: null,
    pinned: false,
    promotedAt: null,
    artifactsRemovedAt: null,
    logRemovedAt: null,
    ...over,
  };
}

/** A deployment as lists of apps have it. */
export const latestOf = (one: Deployment): LatestDeployment =>
  LatestDeployment.strip().parse({
    ...one,
    plan: one.plan && { type: one.plan.type, framework: one.plan.framework },
  });

export function artifact(over: Partial<Artifact> = {}): Artifact {
  const name = over.name ?? 'harbor-web.zip';
  return {
    name,
    size: 2_431_870,
    sha256: '5d41402abc4b2a76b9719d911017c592ae2c1b0f4d8e6a7f3c9b0a1d2e3f4a5b',
    contentType: 'application/zip',
    url: `${ORIGIN}/dl/${idOf(100)}/${encodeURIComponent(name)}`,
    meta: {},
    ...over,
  };
}

export function runner(over: Partial<Runner> = {}): Runner {
  return {
    id: idOf(500),
    name: 'local-1',
    labels: ['linux', 'x64', 'web'],
    slots: 2,
    busy: 0,
    version: '0.1.0',
    status: 'online',
    lastSeenAt: '2026-11-10T11:59:55.000Z',
    createdAt: '2026-10-01T08:00:00.000Z',
    ...over,
  };
}

export function apiToken(over: Partial<ApiToken> = {}): ApiToken {
  return {
    id: idOf(700),
    name: 'Release script',
    scopes: ['apps:read', 'deployments:write'],
    expiresAt: '2027-01-10T00:00:00.000Z',
    lastUsedAt: '2026-11-10T09:12:00.000Z',
    createdAt: '2026-10-10T00:00:00.000Z',
    ...over,
  };
}

export function member(over: Partial<Member> = {}): Member {
  return {
    userId: OWNER,
    email: 'owner@harbor.example',
    role: 'owner',
    createdAt: '2026-10-01T08:00:00.000Z',
    ...over,
  };
}

export function domain(over: Partial<Domain> = {}): Domain {
  const host = over.host ?? 'www.example.com';
  return {
    host,
    status: 'active',
    redirectTo: null,
    records: [
      {
        type: 'CNAME',
        name: host,
        value: 'domain-5d41402abc4b2a76b9719d911017c592.sites.harbor.example',
      },
    ],
    error: null,
    checkedAt: '2026-11-10T11:58:00.000Z',
    nextCheckAt: null,
    createdAt: '2026-11-01T08:00:00.000Z',
    ...over,
  };
}
