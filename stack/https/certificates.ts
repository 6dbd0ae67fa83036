/** What certificates an instance has, and what went wrong when it asked for one: from Caddy's files and its log. */
import { X509Certificate } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateState } from '@appflux/protocol';
import { z } from 'zod';

/** A certificate on disk. */
export interface Certificate {
  readonly host: string;
  readonly expiresAt: Date;
}

/** A request for a certificate that failed. */
export interface CertificateError {
  readonly message: string;
  readonly at: Date;
}

const DAY_MS = 24 * 3600 * 1000;

/** How many are reported, those with errors and those that expire first before the others. */
const MOST_REPORTED = 200;

/** How much of the end of the log is read, in bytes. */
const LOG_BYTES = 1024 * 1024;

const MESSAGE_LENGTH = 300;

/** The certificates in Caddy's storage folder, `certificates/{authority}/{host}/{host}.crt`. */
export async function storedCertificates(storage: string): Promise<Certificate[]> {
  const files = await readdir(join(storage, 'certificates'), { recursive: true }).catch(() => {
    // Nothing was obtained yet.
    return [];
  });
  const found = await Promise.all(
    files
      .filter((file) => file.endsWith('.crt'))
      .map(async (file) => certificateOf(await readFile(join(storage, 'certificates', file), 'utf8'))),
  );
  return found.flat();
}

/** The certificate at the beginning of a PEM text, once for each of its names; none where there is none. Pure. */
export function certificateOf(pem: string): Certificate[] {
  try {
    const { subjectAltName = '', validToDate } = new X509Certificate(pem);
    const names = [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = '']) => name);
    return names.map((host) => ({ host, expiresAt: validToDate }));
  } catch {
    // Half written: it is read again the next time.
    return [];
  }
}

const Line = z.object({
  level: z.string(),
  ts: z.number(),
  logger: z.string(),
  msg: z.string(),
  identifier: z.string(),
  error: z.string().optional(),
});

/** The hosts whose last request for a certificate failed, by the lines of Caddy's log. Pure. */
export function certificateErrors(log: string): Map<string, CertificateError> {
  const errors = new Map<string, CertificateError>();
  for (const text of log.split('\n')) {
    const line = text.includes('"identifier"') ? lineOf(text) : null;
    if (line === null) continue;
    if (/^certificate (?:obtained|renewed) successfully$/.test(line.msg)) errors.delete(line.identifier);
    if (line.level !== 'error' || line.error === undefined) continue;
    errors.set(line.identifier, { message: reasonOf(line.error), at: new Date(line.ts * 1000) });
  }
  return errors;
}

function lineOf(text: string): z.infer<typeof Line> | null {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    // Another kind of line, or the first one, cut off.
    return null;
  }
}

/** An error without the host and the URL of the order, which people know or can't use. */
const reasonOf = (error: string): string =>
  error
    .replace(/^\[[^\]]*\] (?:Obtain|Renew): /, '')
    .replace(/^\[[^\]]*\] /, '')
    .replace(/ \((?:order|ca)=[^)]*\)/g, '')
    .slice(0, MESSAGE_LENGTH);

/** The end of a log file; nothing while there is none. */
export async function endOfLog(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const length = Math.min(size, LOG_BYTES);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(length),
      position: size - length,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** What is reported of certificates and errors at a time, worst first. Pure. */
export function certificateStates(
  certificates: readonly Certificate[],
  errors: ReadonlyMap<string, CertificateError>,
  now: Date,
): CertificateState[] {
  const newest = new Map<string, Date>();
  for (const { host, expiresAt } of certificates) {
    const before = newest.get(host);
    if (before === undefined || before < expiresAt) newest.set(host, expiresAt);
  }
  const hosts = [...new Set([...newest.keys(), ...errors.keys()])];
  return hosts
    .map((host): CertificateState => {
      const expiresAt = newest.get(host) ?? null;
      const error = errors.get(host);
      return {
        host,
        expiresAt: expiresAt?.toISOString() ?? null,
        daysLeft: expiresAt === null ? null : Math.floor((expiresAt.getTime() - now.getTime()) / DAY_MS),
        error: error === undefined ? null : { message: error.message, at: error.at.toISOString() },
      };
    })
    .sort((a, b) => rank(a) - rank(b) || a.host.localeCompare(b.host))
    .slice(0, MOST_REPORTED);
}

const rank = ({ error, daysLeft }: CertificateState): number =>
  (error === null ? 100_000 : 0) + Math.min(daysLeft ?? -1, 90_000);
