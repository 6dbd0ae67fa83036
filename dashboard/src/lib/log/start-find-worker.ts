import type { FromWorker } from './find-messages.ts';
import type { StartWorker } from './worker-finder.ts';

/** Starts the worker that finds lines in a log. */
export const startFindWorker: StartWorker = (receive, broken) => {
  const worker = new Worker(new URL('./find-worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => receive(data));
  worker.addEventListener('error', broken);
  return worker;
};
