import type { Progress } from '../progress.ts';

/** A progress that nobody watches. */
export const SILENT: Progress = {
  task: () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined }),
  say: () => undefined,
};
