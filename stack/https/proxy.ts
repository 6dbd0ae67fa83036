/** The proxy in front of the edge, kept running: TLS, certificates, HTTP/2 and HTTP/3. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CertificateState } from '@appflux/protocol';
import type { Addresses, Https } from '../addresses/addresses.ts';
import { checkPort } from '../preconditions.ts';
import { isStackProblem } from '../problem.ts';
import { supervise } from '../supervise.ts';
import { type CaddyRun, reloadCaddy, startCaddy } from './caddy.ts';
import { type CaddyOptions, caddyConfig } from './caddy-config.ts';
import { checkCertificateFiles } from './certificate-files.ts';
import {
  certificateErrors,
  certificateOf,
  certificateStates,
  endOfLog,
  storedCertificates,
} from './certificates.ts';

const GRACE_MS = 10_000;

/** How often the files of a certificate are looked at, in milliseconds, unless said otherwise. */
const LOOK_EVERY_MS = 60_000;

/** Files of the proxy in a state folder, absolute. */
export interface ProxyFiles {
  readonly config: string;
  readonly storage: string;
  readonly log: string;
}

/**
 * Checks what the proxy needs of this machine.
 * @returns warnings
 * @throws StackProblem `port_taken` or `settings_invalid`
 */
export async function checkProxy(https: Https, addresses: Addresses): Promise<string[]> {
  await checkPort(https.port, https.host, 'APPFLUX_HTTPS_PORT');
  await checkPort(https.httpPort, https.host, 'APPFLUX_HTTP_PORT');
  const { certificates } = https;
  return certificates.from === 'files' ? checkCertificateFiles(certificates, addresses) : [];
}

/** What is known of the instance's certificates; none where it doesn't end TLS itself. */
export async function certificatesOf(
  https: Https | null,
  files: ProxyFiles,
  now = new Date(),
): Promise<CertificateState[]> {
  if (https === null) return [];
  if (https.certificates.from === 'files') {
    const pem = await readFile(https.certificates.cert, 'utf8');
    return certificateStates(certificateOf(pem), new Map(), now);
  }
  const errors = certificateErrors(await endOfLog(files.log));
  return certificateStates(await storedCertificates(files.storage), errors, now);
}

/**
 * Starts the proxy and keeps it running. Certificate files that change are loaded.
 * @throws StackProblem `proxy_failed`
 */
export async function startProxy(options: {
  program: string;
  addresses: Addresses;
  https: Https;
  files: ProxyFiles;
  edgeSocket: string;
  askUrl: string;
  renewal?: CaddyOptions['renewal'];
  /** How often the files of a certificate are looked at, in milliseconds. */
  lookEveryMs?: number;
  env: NodeJS.ProcessEnv;
  say: (text: string, level?: 'info' | 'warn' | 'error') => void;
}): Promise<{ stop(): Promise<void> }> {
  const {
    program,
    addresses,
    https,
    files,
    edgeSocket,
    askUrl,
    renewal,
    lookEveryMs = LOOK_EVERY_MS,
    env,
    say,
  } = options;
  // Beside the edge's, and with a name of the same length: the path of a socket is limited.
  const adminSocket = join(dirname(edgeSocket), 'admin.sock');
  const config = caddyConfig({
    addresses,
    https,
    storage: files.storage,
    edgeSocket,
    adminSocket,
    askUrl,
    ...(renewal === undefined ? {} : { renewal }),
  });
  const run: CaddyRun = {
    program,
    config,
    configFile: files.config,
    logFile: files.log,
    adminSocket,
    env,
    host: https.host,
    port: https.port,
  };
  const start = () => startCaddy(run);
  const proxy = supervise({ name: 'The proxy (Caddy)', first: await start(), start, say });
  const watching = watchFiles(https, addresses, lookEveryMs, say, () => reloadCaddy(run));
  return {
    stop: async () => {
      clearInterval(watching);
      await proxy.stop(GRACE_MS);
    },
  };
}

/** Calls `onChange` when the files of a certificate have changed to a pair that can be used. */
function watchFiles(
  { certificates }: Https,
  addresses: Addresses,
  everyMs: number,
  say: (text: string, level?: 'info' | 'error') => void,
  onChange: () => Promise<void>,
): NodeJS.Timeout | undefined {
  if (certificates.from !== 'files') return undefined;
  const { cert, key } = certificates;
  // A file that is moved there may be older than the one before it.
  const signature = async (file: string) => {
    const { ino, size, mtimeMs } = await stat(file);
    return [ino, size, mtimeMs].join(':');
  };
  let known: string | null = null;
  const look = async () => {
    try {
      const now = (await Promise.all([cert, key].map(signature))).join(' ');
      if (known === null || now === known) {
        known = now;
        return;
      }
      known = now;
      await checkCertificateFiles(certificates, addresses);
      say('The certificate files changed; the proxy loads them');
      await onChange();
    } catch (error) {
      // Being replaced, or not a pair yet: what was loaded stays in use, and the next look decides.
      if (!isStackProblem(error)) return;
      // Caddy itself failed: the next look tries again.
      if (error.code === 'proxy_failed') known = '';
      say(`The certificate files changed and can't be used: ${error.sentence}`, 'error');
    }
  };
  void look();
  return setInterval(() => void look(), everyMs).unref();
}
