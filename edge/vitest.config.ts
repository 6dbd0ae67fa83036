/**
 * Tests of the control plane run in workerd, with the bindings of wrangler.toml and the real migrations.
 * Storage is an S3 server (vitest.s3.ts), so that what is uploaded by presigned requests is what is read.
 */
import { dirname, join } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { RETRIES, UNIT_WORKERS } from '../stack/testing/workers.ts';
import './vitest.domains.ts';
import './vitest.github.ts';
import './vitest.issuers.ts';
import './vitest.mail.ts';
import './vitest.receivers.ts';
import './vitest.s3.ts';
import './vitest.servers.ts';

/** The control plane's name in the pool of the tests, which is made from that of the project. */
const RUNNER = 'vitest-plugin-runner-_appflux_edge';
const SERVER_HOST = 'appflux-servers';

const path = (relative: string) => join(import.meta.dirname, relative);

/** The server host as an auxiliary Worker, with the bindings of wrangler.servers.toml. */
const serverHost = (main: string) => ({
  name: SERVER_HOST,
  modules: [{ type: 'ESModule' as const, path: main }],
  modulesRoot: dirname(main),
  compatibilityDate: '2026-11-01',
  workerLoaders: { LOADER: {} },
  durableObjects: {
    SERVER_STATE: { className: 'ServerStateObject', useSQLite: true },
    STATE_INDEX: { className: 'StateIndexObject', useSQLite: true },
  },
  serviceBindings: { CONTROL: { name: RUNNER, entrypoint: 'ServerControl' } },
});

export default defineConfig({
  root: path('.'),
  plugins: [
    cloudflareTest(async ({ inject }) => {
      const s3 = inject('s3');
      return {
        main: path('src/index.ts'),
        wrangler: { configPath: path('../wrangler.toml') },
        miniflare: {
          serviceBindings: { SERVERS: SERVER_HOST },
          workers: [serverHost(inject('serverHost'))],
          // Further databases of metadata; a test that wants several binds them itself.
          d1Databases: { TEST_METADATA_1: 'metadata-1', TEST_METADATA_2: 'metadata-2' },
          // Bound beside the ones of wrangler.toml: tests give them to a mailer themselves.
          email: {
            send_email: [
              { name: 'TEST_EMAIL' },
              { name: 'TEST_EMAIL_RESTRICTED', allowed_sender_addresses: ['other@example.com'] },
            ],
          },
          bindings: {
            OPERATOR_SECRET: 'operator-secret-of-the-tests',
            SEALING_KEY: 'c2VhbGluZyBrZXkgb2YgdGhlIHRlc3RzLCAzMiBieXQ=',
            DNS_OVER_HTTPS_URL: `${inject('domains')}/dns-query`,
            STORAGE_DRIVER: 's3',
            S3_ENDPOINT: s3.endpoint,
            S3_BUCKET: s3.bucket,
            S3_ACCESS_KEY_ID: s3.accessKeyId,
            S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
            GITHUB_WEBHOOK_SECRET: 'a-webhook-secret-of-the-tests',
            // Nothing listens there: what GitHub's API would be asked is unknown.
            GITHUB_API_URL: 'http://127.0.0.1:9',
            MIGRATIONS: await readD1Migrations(path('migrations')),
          },
        },
      };
    }),
  ],
  test: {
    include: ['src/**/*.test.ts'],
    maxWorkers: UNIT_WORKERS,
    // Passwords are slow to try by design, and the machine may be busy with other tests.
    testTimeout: 30_000,
    retry: RETRIES,
    // An awaited state may take a while if other tests use the processors as well.
    expect: { poll: { timeout: 15_000 } },
    // Files of a worker share a workerd, which makes them three times faster; each begins with nothing kept (src/testing/setup.ts).
    isolate: false,
    globalSetup: [
      path('vitest.s3.ts'),
      path('vitest.servers.ts'),
      path('vitest.domains.ts'),
      path('vitest.issuers.ts'),
      path('vitest.github.ts'),
      path('vitest.mail.ts'),
      path('vitest.receivers.ts'),
      path('../stack/foreign-s3/serve.ts'),
    ],
    setupFiles: [path('src/testing/setup.ts')],
  },
});
