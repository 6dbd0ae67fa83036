/** The worker that finds lines in a log. */
import type { FromWorker, ToWorker } from './find-messages.ts';
import { serveFinds } from './serve-finds.ts';

const take = serveFinds({ postMessage: (message: FromWorker) => postMessage(message) }, (...call) =>
  fetch(...call),
);
addEventListener('message', ({ data }: MessageEvent<ToWorker>) => take(data));
