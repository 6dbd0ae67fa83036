/** Writes what wrangler reads of the file in the first argument to descriptor 3: `WranglerConfig` of config.ts, as JSON. */
import { writeSync } from 'node:fs';
import {
  unstable_readConfig as readConfig,
  unstable_getMiniflareWorkerOptions as workerOptionsOf,
} from 'wrangler';

const [file = ''] = process.argv.slice(2);
const read = {
  config: { ...readConfig({ config: file }) },
  workerOptions: { ...workerOptionsOf(file).workerOptions },
};
const bytes = Buffer.from(JSON.stringify(read));
for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
