/** A job and a grant for tests. */
import { randomBytes } from 'node:crypto';
import { Grant, Job } from '@appflux/protocol';

export const SAMPLE_ID = '66f2a1c04b7e9d0012345678';

/** A job that passes the protocol's own check, with some of it changed. */
export function sampleJob(change: Partial<Job> = {}): Job {
  return Job.parse({
    deploymentId: SAMPLE_ID,
    app: { id: '66f2a1c04b7e9d0000000001', slug: 'my-app', name: 'My App' },
    environment: 'production',
    trigger: 'manual',
    source: {
      kind: 'upload',
      url: 'http://127.0.0.1:9/source.zip?X-Amz-Signature=0123456789abcdef',
      name: 'source.zip',
      size: 100,
      sha256: null,
      rootDirectory: './',
    },
    build: {},
    type: null,
    variables: {},
    limits: {
      memoryBytes: 1024 ** 3,
      cpus: 2,
      pids: 512,
      diskBytes: 4 * 1024 ** 3,
      timeoutSeconds: 600,
      logBytes: 64 * 1024 ** 2,
      artifactBytes: 1024 ** 3,
    },
    clearCache: false,
    buildNumber: 1,
    url: 'http://localhost:8787/a/my-app',
    ...change,
  });
}

export function sampleGrant(change: Partial<Grant> = {}, job: Partial<Job> = {}): Grant {
  const deploymentId = change.deploymentId ?? SAMPLE_ID;
  return Grant.parse({
    deploymentId,
    attempt: 1,
    leaseToken: 'lease-token-of-the-test',
    leaseSeconds: 30,
    job: sampleJob({ deploymentId, ...job }),
    ...change,
  });
}

/** A runner's id that no other test has: several may use one engine at the same time. */
export const newRunnerId = () => randomBytes(12).toString('hex');
