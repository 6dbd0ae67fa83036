/** Before the tests of each file: an empty database, migrated as `wrangler d1 migrations apply` would. */
import { forgetAll } from './worker.ts';

await forgetAll();
