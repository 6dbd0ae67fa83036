import { expect, test } from 'vitest';
import type { DeploymentPart } from '../metadata/metadata.ts';
import type { Candidate } from './decide.ts';
import { needsSource } from './source.ts';

const candidate = (parts: DeploymentPart[], members: Partial<Candidate> = {}): Candidate => ({
  at: '2026-11-01T12:00:00.000Z',
  id: '0'.repeat(24),
  environment: 'production',
  status: 'success',
  finishedAt: 0,
  pinned: false,
  parts: new Set(parts),
  ...members,
});

test.each<[string, boolean, Candidate, boolean]>([
  ['one that has its artifacts', true, candidate(['artifacts']), true],
  ['one that has lost them and has its log', true, candidate(['log']), false],
  ['one that never had any and has its log', false, candidate(['log'], { status: 'failed' }), true],
  ['one that has nothing left', false, candidate([], { status: 'failed' }), false],
  ['one that has not ended', false, candidate([], { status: 'queued', finishedAt: null }), true],
  ['one that is pinned', true, candidate([], { pinned: true }), true],
])('%s needs its source or not', (_, delivered, deployment, needed) => {
  expect(needsSource(deployment, delivered)).toBe(needed);
});
