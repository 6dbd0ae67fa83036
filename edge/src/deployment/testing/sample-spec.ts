/** A spec for tests: an upload of a small site. */
import { BuildSettings } from '@appflux/protocol';
import { DEFAULT_LIMITS } from '../create.ts';
import type { Spec } from '../state.ts';

export function sampleSpec(change: Partial<Spec> = {}): Spec {
  return {
    id: '66f2a1c04b7e9d0000000001',
    ownerId: '7f9c24e8-3b1a-4d3e-9c55-0a2f6d1e8b47',
    app: { id: '66f2a1c04b7e9d0000000002', slug: 'hello', name: 'Hello' },
    trigger: 'upload',
    environment: 'production',
    source: {
      kind: 'upload',
      uploadId: '66f2a1c04b7e9d0000000003',
      key: 'uploads/66f2a1c04b7e9d0000000003/source.zip',
      name: 'hello.zip',
      size: 1000,
      sha256: null,
      rootDirectory: './',
    },
    build: BuildSettings.parse({}),
    type: null,
    variables: {},
    limits: DEFAULT_LIMITS,
    maxAttempts: 3,
    clearCache: false,
    buildNumber: 1,
    createdAt: Date.UTC(2026, 10, 1),
    ...change,
  };
}
