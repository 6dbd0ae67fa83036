/** Jobs and runners for tests. */
import type { OnlineRunner } from '../online-runner.ts';
import type { WaitingJob } from '../waiting-job.ts';

/** A job of the app `app`. The digits of its id say when it was created. */
export const job = (id: string, change: Partial<WaitingJob> = {}): WaitingJob => ({
  deploymentId: id,
  appId: 'app',
  branch: 'main',
  environment: 'production',
  labels: [],
  concurrency: 1,
  createdAt: Number(id.replace(/\D/g, '')) || 0,
  ...change,
});

/** A runner with one free slot. */
export const runner = (id: string, change: Partial<OnlineRunner> = {}): OnlineRunner => ({
  id,
  name: id,
  labels: ['linux'],
  slots: 1,
  busy: 0,
  draining: false,
  ...change,
});
