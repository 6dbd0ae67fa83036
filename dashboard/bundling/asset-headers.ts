/** The headers of the dashboard's files where Cloudflare serves them without running the Worker. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from '@sveltejs/kit';

/**
 * The file `_headers` for Cloudflare's static assets and Pages. Files below `immutable` have their names from their
 * content, whichever language they are for.
 * Source: https://developers.cloudflare.com/workers/static-assets/headers/
 */
export const ASSET_HEADERS = `/_appflux/*
  X-Content-Type-Options: nosniff
  Referrer-Policy: no-referrer
  Cross-Origin-Resource-Policy: same-origin

/_appflux/immutable/*
  Cache-Control: public, max-age=31536000, immutable
`;

/** An adapter that writes `_headers` beside the files of another one, into `folder`. */
export function withAssetHeaders(adapter: Adapter, folder: string): Adapter {
  return {
    ...adapter,
    async adapt(builder) {
      await adapter.adapt(builder);
      await writeFile(join(folder, '_headers'), ASSET_HEADERS);
    },
  };
}
