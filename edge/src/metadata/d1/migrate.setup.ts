/** Before the tests of each file: the migrations, applied as `wrangler d1 migrations apply` would. */
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

await applyD1Migrations(env.METADATA, env.MIGRATIONS);
