/** Where a clamd listens. */
import { z } from 'zod';

export type ClamdAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** The setting: an existing clamd, or one that the runner starts. */
export type ScannerAddress = ClamdAddress | { readonly kind: 'managed' };

/** The port that clamd's own documentation uses. */
const CLAMD_PORT = 3310;

/**
 * Reads `managed`, `/path/to/clamd.sock`, `unix:/path/to/clamd.sock` or `tcp://host:port`. clamd knows no passwords
 * and no encryption: a TCP address should be on this host or on a network that is trusted with the sources.
 */
export const ScannerAddressText = z.string().transform((text, context): ScannerAddress => {
  const trimmed = text.trim();
  if (trimmed === 'managed') return { kind: 'managed' };
  const path = /^(?:unix:(?:\/\/)?)?(\/[^\0]+)$/.exec(trimmed)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const url = /^tcp:\/\//.test(trimmed) ? URL.parse(trimmed.replace(/^tcp:/, 'http:')) : null;
  if (url === null || url.username !== '' || url.search !== '' || url.pathname !== '/') {
    context.addIssue(
      'The scanner address must be `managed`, a socket path (/run/clamav/clamd.ctl) or tcp://host:port',
    );
    return z.NEVER;
  }
  // 80 is what the URL parser leaves out.
  const port = url.port !== '' ? Number(url.port) : /:80\/?$/.test(trimmed) ? 80 : CLAMD_PORT;
  return { kind: 'tcp', host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
});
