/** A well-formed frame of each kind that the edge accepts, for floods: a kind without a row here does not compile. */
import type { FromViewer, RunnerToDeployment, RunnerToPool } from '@appflux/protocol';

type Makers<Frame extends { type: string }> = {
  readonly [Type in Frame['type']]: (n: number) => Extract<Frame, { type: Type }>;
};

const at = new Date(0).toISOString();
const line = { at, stream: 'stdout', phase: 'building' } as const;

/**
 * Frames of an attempt, the n-th of many. None repeats the one before, because repetitions could be dropped without
 * any work.
 */
export const attemptFrames = (attempt: number): Makers<RunnerToDeployment> => ({
  lines: (n) => ({ type: 'lines', attempt, lines: [{ seq: n + 1, ...line, text: `line ${n + 1}` }] }),
  sync: () => ({ type: 'sync', attempt }),
  phase: (n) => ({ type: 'phase', attempt, phase: n % 2 === 0 ? 'scanning' : 'building', at }),
  source: (n) => ({
    type: 'source',
    attempt,
    commitHash: null,
    commitMessage: `message ${n}`,
    branch: 'main',
  }),
  plan: (n) => ({
    type: 'plan',
    attempt,
    version: `0.0.${n}`,
    plan: {
      type: 'web',
      framework: null,
      packageManager: null,
      image: 'web',
      node: null,
      installCommand: null,
      buildCommand: 'make',
      outputs: [],
      reasons: [],
    },
  }),
  upload: (n) => ({
    type: 'upload',
    attempt,
    request: `upload ${n}`,
    name: 'flood.bin',
    size: 1 + (n % 2),
    sha256: '0'.repeat(64),
    contentType: 'application/octet-stream',
    meta: {},
  }),
  uploaded: (n) => ({
    type: 'uploaded',
    attempt,
    request: `uploaded ${n}`,
    name: 'flood.bin',
    parts: [{ partNumber: 1, etag: `etag ${n}` }],
  }),
  site_base: (n) => ({ type: 'site_base', attempt, request: `site_base ${n}`, branch: 'main' }),
  details: (n) => ({
    type: 'details',
    attempt,
    notes: { text: `notes ${n}`, source: 'changelog' },
    icon: null,
  }),
  budgets: (n) => ({
    type: 'budgets',
    attempt,
    budgets: [{ what: 'total', limit: 1 + n, compression: 'none', on: 'warn' }],
  }),
  finish: () => ({
    type: 'finish',
    attempt,
    result: {
      status: 'failed',
      failure: { code: 'build_failed', message: 'flooded', phase: 'building', hint: 'none' },
    },
  }),
});

/** Frames of a runner to its pool; `deploymentId` is one that it may know. */
export const poolFrames = (deploymentId: string, labels: string[]): Makers<RunnerToPool> => ({
  hello: (n) => ({ type: 'hello', version: '0.1.0', labels, slots: 1 + (n % 2), running: [] }),
  accepted: (n) => ({ type: 'accepted', deploymentId, attempt: 1 + (n % 2) }),
  freed: (n) => ({ type: 'freed', deploymentId, attempt: 2 + (n % 2) }),
  machine: (n) => ({ type: 'machine', node: `v24.0.${n}`, docker: null, images: [] }),
  features: (n) => ({ type: 'features', features: n % 2 === 0 ? ['look'] : [] }),
  looked: () => ({
    type: 'looked',
    id: deploymentId,
    outcome: { error: { code: 'source_unavailable', message: 'The repository is private.', hint: 'None' } },
  }),
  pictures: (n) => ({ type: 'pictures', ready: n % 2 === 0 }),
  leaving: () => ({ type: 'leaving' }),
  disk: (n) => ({ type: 'disk', freeBytes: n, totalBytes: n, minFreeBytes: 0, low: false }),
});

export const viewerFrames: Makers<FromViewer> = { seen: (n) => ({ type: 'seen', length: n }) };
