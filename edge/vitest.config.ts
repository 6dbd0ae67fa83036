/** Tests of the control plane run in workerd, with the bindings of wrangler.toml and the real migrations. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const path = (relative: string) => join(import.meta.dirname, relative);

export default defineConfig({
  root: path('.'),
  plugins: [
    cloudflareTest(async () => ({
      main: path(
        ['src/index.ts', 'src/publish/index.ts', 'src/api/uploads.ts', 'src/storage/index.ts'].every((file) =>
          existsSync(path(file)),
        )
          ? 'src/index.ts'
          : 'src/interim-entry.ts',
      ),
      wrangler: { configPath: path('../wrangler.toml') },
      miniflare: {
        bindings: {
          OPERATOR_SECRET: 'operator-secret-of-the-tests',
          SEALING_KEY: 'c2VhbGluZyBrZXkgb2YgdGhlIHRlc3RzLCAzMiBieXQ=',
          MIGRATIONS: await readD1Migrations(path('migrations')),
        },
      },
    })),
  ],
  test: {
    include: ['src/**/*.test.ts'],
    setupFiles: [path('src/metadata/d1/migrate.setup.ts')],
  },
});
