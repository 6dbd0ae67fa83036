/**
 * Frames of the current version, at least one per type; a type without one doesn't compile. Each optional member and
 * each code is in one of them, because these frames are what earlier versions must understand.
 */
import type { z } from 'zod';
import {
  type BuildCandidates,
  DeploymentStatus,
  type DeploymentToRunner,
  FailureCode,
  type FromViewer,
  type Grant,
  Phase,
  type Plan,
  type PoolToRunner,
  type RunnerToDeployment,
  type RunnerToPool,
  type RuntimeFrame,
  type SourceAccess,
  type ViewerFrame,
} from '../src/index.ts';

type Golden<Frame extends { type: string }> = {
  readonly [Type in Frame['type']]: readonly [
    Extract<Frame, { type: Type }>,
    ...Extract<Frame, { type: Type }>[],
  ];
};

const deploymentId = '66f2a1c04b7e9d0000000001';
const attempt = 1;
const ref = { deploymentId, attempt };
const at = '2026-11-01T12:00:00.000Z';
const sha256 = '4e486e5f05645e8f7dc08d1f8050a86b9133ade04fa0431155dc1e8fea07a9a9';

const candidates: z.infer<typeof BuildCandidates> = [
  {
    type: 'web',
    framework: 'vite',
    set: { rootDirectory: './web', type: 'web', framework: null },
  },
];

const fullPlan: Plan = {
  type: 'web',
  framework: 'vite',
  packageManager: 'npm',
  image: 'appflux/web-builder',
  imageDigest: `sha256:${sha256}`,
  tools: { node: '24.21.0' },
  node: '24',
  java: '21',
  flutter: '3.x',
  installCommand: 'npm ci',
  buildCommand: 'npm run build',
  outputs: ['dist'],
  reasons: ['Framework: Vite, because package.json depends on vite.'],
  alternatives: candidates,
  server: { kind: 'node', entry: 'server.js', folder: 'apps/web' },
};

const runnerToPool: Golden<RunnerToPool> = {
  hello: [
    { type: 'hello', version: '0.1.0', labels: [], slots: 1, running: [] },
    {
      type: 'hello',
      version: '0.1.0',
      labels: ['linux'],
      slots: 2,
      running: [ref],
      session: 'a99834e1-2eff-475a-9983-746a0394f214',
      scanner: { policy: 'required', engine: 'ClamAV 1.4.3', signaturesAt: null, lacksSignatures: true },
      executor: 'host',
    },
  ],
  accepted: [{ type: 'accepted', ...ref }],
  freed: [{ type: 'freed', ...ref }],
  machine: [
    {
      type: 'machine',
      node: 'v24.1.0',
      docker: '27.3.1',
      images: [{ name: 'web', createdAt: '2026-11-29T11:39:34.000Z' }],
    },
    { type: 'machine', node: 'v24.1.0', docker: null, images: [] },
  ],
  features: [{ type: 'features', features: ['look'] }],
  looked: [
    {
      type: 'looked',
      id: deploymentId,
      outcome: {
        findings: {
          branch: 'main',
          defaultBranch: 'main',
          branches: ['main', 'next'],
          commit: { hash: 'abc1234', message: 'Fix it' },
          candidates: {
            ways: [{ set: { rootDirectory: null, type: null, framework: null }, plan: fullPlan }],
            problem: { message: 'There are several', hint: 'Choose one', isAmbiguous: true },
          },
        },
      },
    },
    {
      type: 'looked',
      id: deploymentId,
      outcome: {
        error: {
          code: 'source_unavailable',
          message: 'The repository is private.',
          hint: 'Enter an access token.',
          credential: 'missing',
        },
      },
    },
  ],
  disk: [{ type: 'disk', freeBytes: 1e9, totalBytes: 5e10, minFreeBytes: 2147483648, low: true }],
  pictures: [{ type: 'pictures', ready: true }],
  leaving: [{ type: 'leaving' }],
};

const grant: Grant = {
  ...ref,
  leaseToken: 'afl_golden',
  leaseSeconds: 30,
  job: {
    deploymentId,
    app: { id: '66f2a1c04b7e9d0000000002', slug: 'my-app', name: 'My App' },
    environment: 'production',
    trigger: 'push',
    source: {
      kind: 'git',
      repoUrl: 'https://git.example/app.git',
      branch: 'main',
      commit: 'abc1234',
      token: 'short-lived',
      rootDirectory: './web',
    },
    build: {
      framework: null,
      installCommand: 'npm ci',
      buildCommand: null,
      outputs: ['dist'],
      image: null,
      node: '24',
      labels: ['linux'],
      timeoutSeconds: null,
      supersede: true,
      concurrency: 1,
    },
    type: 'web',
    variables: { API_KEY: 'k-7f3a9c1e' },
    files: { KEYSTORE: 'a2V5' },
    limits: {
      memoryBytes: 4_294_967_296,
      cpus: 2,
      pids: 2048,
      diskBytes: 10_737_418_240,
      timeoutSeconds: 1800,
      logBytes: 64_000_000,
      artifactBytes: 4_294_967_296,
    },
    clearCache: false,
    buildNumber: 7,
    url: 'https://appflux.example/a/my-app',
  },
};

const access: SourceAccess = {
  depth: 'full',
  username: 'deploy',
  ownRepositoryOnly: true,
  ssh: {
    url: 'ssh://git@git.example/app.git',
    privateKey: '-----BEGIN OPENSSH PRIVATE KEY-----',
    hostKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5'],
  },
};

const poolToRunner: Golden<PoolToRunner> = {
  welcome: [
    {
      type: 'welcome',
      runnerId: '66f2a1c04b7e9d0000000003',
      name: 'builder',
      draining: false,
      registered: { name: 'builder', labels: ['linux'], slots: 2 },
      accepts: ['disk', 'machine', 'pictures'],
    },
    {
      type: 'welcome',
      runnerId: '66f2a1c04b7e9d0000000003',
      name: 'one of thousands',
      draining: false,
      returnWithinMs: 40_000,
    },
  ],
  registered: [{ type: 'registered', registered: { name: 'builder', labels: [], slots: 1 } }],
  grant: [
    {
      type: 'grant',
      grant,
      sensitive: ['API_KEY'],
      source: access,
    },
    {
      type: 'grant',
      grant: {
        ...grant,
        job: {
          ...grant.job,
          source: {
            kind: 'upload',
            url: 'https://storage.example/source.zip?X-Amz-Signature=0',
            name: 'site.zip',
            size: 1000,
            sha256,
            rootDirectory: './',
          },
        },
      },
    },
  ],
  look: [
    {
      type: 'look',
      task: {
        id: deploymentId,
        repoUrl: 'https://git.example/app.git',
        branch: 'main',
        rootDirectory: './web',
        token: 'short-lived',
        access,
        servers: true,
      },
    },
  ],
  drain: [{ type: 'drain', draining: true }],
  picture: [
    {
      type: 'picture',
      picture: {
        id: '0b6ff7b5-2cf8-4e3e-8a6a-4a0a3b8f9c11',
        deploymentId,
        url: 'https://d-66f2a1c04b7e9d0000000001-shop.sites.example.com/',
        cookie: { name: '__Host-appflux-access-66f2a1c04b7e9d0000000002', value: 'eyJ9.c2ln' },
      },
    },
  ],
};

const line = { at, phase: 'building' } as const;

/** A code that no runner sends: the edge knows what is in storage. */
const DECIDED_BY_EDGE = 'budget_exceeded';

const finish = (code: FailureCode): Extract<RunnerToDeployment, { type: 'finish' }> => ({
  type: 'finish',
  attempt,
  result: {
    status: 'failed',
    failure: {
      code,
      message: 'exit code 1',
      phase: 'building',
      hint: 'Read the log.',
      candidates,
      location: { path: 'src/main.ts', line: 12, column: 5, seq: 40 },
    },
  },
});

const runnerToDeployment: Golden<RunnerToDeployment> = {
  lines: [
    {
      type: 'lines',
      attempt,
      lines: [
        { seq: 1, ...line, stream: 'system', phase: null, text: 'Attempt 1 on the runner builder.' },
        { seq: 2, ...line, stream: 'stdout', text: 'vite v8 building for production' },
        { seq: 3, ...line, stream: 'stderr', text: '' },
      ],
    },
  ],
  sync: [{ type: 'sync', attempt }],
  phase: [
    { type: 'phase', attempt, phase: 'building', at },
    ...Phase.options.map((phase) => ({ type: 'phase', attempt, phase, at }) as const),
  ],
  source: [
    { type: 'source', attempt, commitHash: 'abc1234', commitMessage: 'Fix it', branch: 'main' },
    { type: 'source', attempt, commitHash: null, commitMessage: null, branch: null },
  ],
  plan: [
    {
      type: 'plan',
      attempt,
      version: '1.0.0',
      plan: fullPlan,
    },
  ],
  upload: [
    {
      type: 'upload',
      attempt,
      request: 'upload-1',
      name: 'site.zip',
      size: 1000,
      sha256,
      contentType: 'application/zip',
      meta: { files: 3, entry: 'index.html' },
    },
  ],
  uploaded: [
    {
      type: 'uploaded',
      attempt,
      request: 'uploaded-1',
      name: 'site.zip',
      parts: [{ partNumber: 1, etag: '"etag-1"' }],
    },
  ],
  site_base: [
    { type: 'site_base', attempt, request: 'base-1', branch: 'main' },
    { type: 'site_base', attempt, request: 'base-2', branch: null },
  ],
  details: [
    {
      type: 'details',
      attempt,
      notes: { text: '- Fixed it', source: 'changelog' },
      icon: { type: 'image/png', content: 'iVBORw0KGgo=' },
    },
    { type: 'details', attempt, notes: { text: '- Fixed it', source: 'tag' }, icon: null },
    { type: 'details', attempt, notes: null, icon: { type: 'image/webp', content: 'UklGRg==' } },
  ],
  budgets: [
    {
      type: 'budgets',
      attempt,
      budgets: [
        { what: 'js', limit: 200_000, compression: 'gzip', on: 'fail' },
        { what: 'files', pattern: 'assets/**', limit: 1_000_000, compression: 'none', on: 'warn' },
      ],
    },
  ],
  finish: [
    { type: 'finish', attempt, result: { status: 'success', artifacts: ['site.zip'] } },
    ...FailureCode.options.filter((code) => code !== DECIDED_BY_EDGE).map((code) => finish(code)),
    { type: 'finish', attempt, result: { status: 'canceled' } },
    { type: 'finish', attempt, result: { status: 'skipped', reason: 'ignoreCommand exited with 0' } },
  ],
};

const deploymentToRunner: Golden<DeploymentToRunner> = {
  welcome: [
    { type: 'welcome', ackedSeq: 3, canceling: false, accepts: ['site_base'] },
    { type: 'welcome', ackedSeq: 0, canceling: true },
  ],
  ack: [{ type: 'ack', seq: 3 }],
  resume: [{ type: 'resume', from: 4 }],
  watched: [
    { type: 'watched', watched: true },
    { type: 'watched', watched: false },
  ],
  upload_granted: [
    {
      type: 'upload_granted',
      request: 'upload-1',
      partSize: 8_388_608,
      parts: [{ partNumber: 1, url: 'https://storage.example/site.zip?X-Amz-Signature=0' }],
    },
  ],
  upload_done: [{ type: 'upload_done', request: 'uploaded-1' }],
  upload_refused: [
    { type: 'upload_refused', request: 'upload-1', message: 'Storage is not available', again: true },
  ],
  site_base: [
    {
      type: 'site_base',
      request: 'base-1',
      base: {
        deploymentId,
        url: 'https://storage.example/manifest.json.gz?X-Amz-Signature=0',
        size: 1000,
        sha256,
      },
    },
    { type: 'site_base', request: 'base-2', base: null },
  ],
  cancel: [{ type: 'cancel', reason: 'requested' }],
  finished: [{ type: 'finished', status: 'success' }],
};

const viewerFrame: Golden<ViewerFrame> = {
  lines: [{ type: 'lines', lines: [...runnerToDeployment.lines[0].lines] }],
  rewind: [{ type: 'rewind', lastSeq: 3 }],
  state: [
    { type: 'state', status: 'building', phase: 'building' },
    ...DeploymentStatus.options.map((status) => ({ type: 'state', status, phase: null }) as const),
  ],
  end: [{ type: 'end', status: 'success' }],
};

const fromViewer: Golden<FromViewer> = { seen: [{ type: 'seen', length: 1_048_576 }] };

const runtimeFrame: Golden<RuntimeFrame> = {
  lines: [
    {
      type: 'lines',
      upTo: 8,
      lines: [
        {
          seq: 7,
          at,
          kind: 'exception',
          level: 'error',
          text: 'Error: no tide',
          stack: 'at load (src/page.ts:3:9)',
          request: { method: 'GET', path: '/tides' },
          cron: '*/15 * * * *',
          deploymentId,
          environment: 'production',
          place: { file: 'src/page.ts', line: 3, column: 9 },
        },
      ],
    },
  ],
  rewind: [{ type: 'rewind', lastSeq: 3 }],
};

/** The golden frames per schema, each of them by type. */
export const GOLDEN: Readonly<Record<string, Readonly<Record<string, readonly { type: string }[]>>>> = {
  RunnerToPool: runnerToPool,
  PoolToRunner: poolToRunner,
  RunnerToDeployment: runnerToDeployment,
  DeploymentToRunner: deploymentToRunner,
  ViewerFrame: viewerFrame,
  FromViewer: fromViewer,
  RuntimeFrame: runtimeFrame,
};
