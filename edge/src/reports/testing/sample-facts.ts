import type { ReportFacts } from '../host-client.ts';

/** Facts of a preview that has succeeded, but for `change`. */
export const sampleFacts = (change: Partial<ReportFacts> = {}): ReportFacts => ({
  deploymentId: '65f000000000000000000001',
  seq: 1,
  app: { id: '65f0000000000000000000aa', slug: 'harbor', name: 'Harbor' },
  environment: 'preview',
  state: 'success',
  commit: '1f0e2d3c4b5a69788796a5b4c3d2e1f001234567',
  branch: 'topic',
  pullRequest: { number: 7 },
  failure: null,
  annotations: [],
  skipped: null,
  urls: {
    log: 'https://appflux.example/deployments/65f000000000000000000001',
    site: 'https://65f000000000000000000001--harbor.sites.example',
    page: 'https://appflux.example/a/harbor',
    qr: 'https://appflux.example/qr/65f000000000000000000001.svg',
  },
  createdAt: '2026-11-29T18:00:00.000Z',
  startedAt: '2026-11-29T18:00:02.000Z',
  finishedAt: '2026-11-29T18:00:44.000Z',
  durationSeconds: 42,
  ...change,
});
