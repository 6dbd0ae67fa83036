/** The proxy in front of the edge, kept running: TLS, certificates, HTTP/2 and HTTP/3. */
import { readFile, stat } from 'node:fs/promises';
import type { CertificateState } from '@appflux/protocol';
import type { Addresses, Https } from '../addresses/addresses.ts';
import { checkPort } from '../preconditions.ts';
import { isStackProblem } from '../problem.ts';
import { supervise } from '../supervise.ts';
import { startCaddy } from './caddy.ts';
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

/** How often the files of a certificate are looked at, in milliseconds. */
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
  env: NodeJS.ProcessEnv;
  say: (text: string, level?: 'info' | 'warn' | 'error') => void;
}): Promise<{ stop(): Promise<void> }> {
  const { program, addresses, https, files, edgeSocket, askUrl, renewal, env, say } = options;
  const config = caddyConfig({
    addresses,
    https,
    storage: files.storage,
    edgeSocket,
    askUrl,
    ...(renewal === undefined ? {} : { renewal }),
  });
  const start = () =>
    startCaddy({
      program,
      config,
      configFile: files.config,
      logFile: files.log,
      env,
      host: https.host,
      port: https.port,
    });
  const proxy = supervise({ name: 'The proxy (Caddy)', first: await start(), start, say });
  const watching = watchFiles(https, addresses, say, async () => {
    // Without its admin API Caddy loads files when it starts; the supervision starts it again.
    await proxy.current()?.stop(GRACE_MS);
  });
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
  say: (text: string, level?: 'info' | 'error') => void,
  onChange: () => Promise<void>,
): NodeJS.Timeout | undefined {
  if (certificates.from !== 'files') return undefined;
  const { cert, key } = certificates;
  const changedAt = async () =>
    Math.max(...(await Promise.all([cert, key].map(async (file) => (await stat(file)).mtimeMs))));
  let known: number | null = null;
  const look = async () => {
    try {
      const at = await changedAt();
      if (known === null || at === known) {
        known = at;
        return;
      }
      known = at;
      await checkCertificateFiles(certificates, addresses);
      say('The certificate files changed; the proxy loads them');
      await onChange();
    } catch (error) {
      // Being replaced, or not a pair yet: what was loaded stays in use, and the next look decides.
      if (isStackProblem(error))
        say(`The certificate files changed and can't be used: ${error.sentence}`, 'error');
    }
  };
  void look();
  return setInterval(() => void look(), LOOK_EVERY_MS).unref();
}
