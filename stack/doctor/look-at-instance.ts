/** What `npm run doctor` finds out about the instance: its addresses, certificates, state folder and backups. */
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { execa } from 'execa';
import type { Finding } from '../../runner/src/doctor/checks.ts';
import type { Addresses } from '../addresses/addresses.ts';
import { isAddress, isLoopback } from '../addresses/host.ts';
import { addressesFor, type Resolve, unusedBelow } from '../addresses/resolving.ts';
import { readStatus } from '../backup/status.ts';
import { canInstallPackages } from '../debian.ts';
import { findCaddy } from '../https/caddy.ts';
import { checkCertificateFiles } from '../https/certificate-files.ts';
import { certificatesOf } from '../https/proxy.ts';
import { checkPort } from '../preconditions.ts';
import { isStackProblem, type StackProblem } from '../problem.ts';
import { statePaths } from '../state.ts';
import {
  checkBackup,
  checkCertificates,
  checkName,
  checkPortOf,
  checkSecrets,
  type PortFacts,
} from './instance.ts';
import { checkCaddy } from './machine.ts';

/** How long a listener of this machine may take to accept, in milliseconds. */
const ACCEPTS_WITHIN_MS = 3_000;

/** A problem of the stack as a finding. */
export const findingOf = ({ message, advice }: StackProblem): Finding => ({
  level: 'bad',
  text: message,
  advice: advice.charAt(0).toUpperCase() + advice.slice(1),
});

/** Whether the ports can be used or, while the instance is running, are served. */
export async function lookAtPorts({ edge, https }: Addresses, running: boolean): Promise<Finding[]> {
  const ports = [
    { name: 'AppFlux', ...edge, variable: 'APPFLUX_PORT' },
    ...(https === null
      ? []
      : [
          { name: 'https', host: https.host, port: https.port, variable: 'APPFLUX_HTTPS_PORT' },
          { name: 'http', host: https.host, port: https.httpPort, variable: 'APPFLUX_HTTP_PORT' },
        ]),
  ];
  return Promise.all(
    ports.map(async ({ name, host, port, variable }) => {
      const facts: PortFacts = {
        name,
        host,
        port,
        running,
        accepts: running && (await accepts(host, port)),
        problem: running ? null : await problemOf(checkPort(port, host, variable)),
      };
      return checkPortOf(facts);
    }),
  );
}

/** The problem that a check throws; null if it passes. */
async function problemOf(check: Promise<unknown>): Promise<StackProblem | null> {
  try {
    await check;
    return null;
  } catch (error) {
    if (isStackProblem(error)) return error;
    throw error;
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: ACCEPTS_WITHIN_MS });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** Whether visitors find the names; none of an instance that only this machine reaches. */
export async function lookAtNames(
  { publicHost, sitesHost }: Pick<Addresses, 'publicHost' | 'sitesHost'>,
  resolve?: Resolve,
): Promise<Finding[]> {
  const own = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  const names = [
    {
      host: publicHost,
      asked: publicHost,
      name: publicHost,
      required: true,
      advice: 'Add an A or AAAA record for it with the address of this machine',
    },
    {
      host: sitesHost,
      asked: unusedBelow(sitesHost),
      name: `*.${sitesHost}`,
      required: false,
      advice: `Add the record *.${sitesHost} CNAME ${publicHost}, or one record per app`,
    },
  ].filter(({ host }) => !isLoopback(host) && !isAddress(host));
  return Promise.all(
    names.map(async ({ asked, name, required, advice }) =>
      checkName({ name, addresses: await addressesFor(asked, resolve), own, required, advice }),
    ),
  );
}

/** Certificates and Caddy, where the instance ends TLS itself. */
export async function lookAtTls(addresses: Addresses, state: string): Promise<Finding[]> {
  const { https, publicHost, publicUrl } = addresses;
  if (https === null) {
    if (!publicUrl.startsWith('https:')) return [];
    return [
      { level: 'ok', text: 'TLS: terminated by something else, whose certificate is not checked here' },
    ];
  }
  const caddy = await caddyFinding();
  const { certificates } = https;
  if (certificates.from === 'files') {
    let warnings: string[];
    try {
      warnings = await checkCertificateFiles(certificates, addresses);
    } catch (error) {
      if (isStackProblem(error)) return [caddy, findingOf(error)];
      throw error;
    }
    const advice = 'Use a certificate that covers the domain of sites as well';
    const incomplete = warnings.map((text): Finding => ({ level: 'weak', text, advice }));
    const states = await certificatesOf(https, statePaths(state).proxy);
    return [caddy, ...incomplete, ...checkCertificates(states, 'files', publicHost)];
  }
  const states = await certificatesOf(https, statePaths(state).proxy);
  // A certificate names an IPv6 address without the brackets of a URL.
  return [caddy, ...checkCertificates(states, 'acme', publicHost.replace(/^\[|\]$/g, ''))];
}

async function caddyFinding(): Promise<Finding> {
  const program = findCaddy();
  if (program === null) return checkCaddy(null, canInstallPackages());
  const { stdout } = await execa(program, ['version'], { stdin: 'ignore', reject: false });
  return checkCaddy(stdout ?? '', canInstallPackages());
}

/** The state folder's secrets and the backups of the instance. */
export async function lookAtState(state: string, now = new Date()): Promise<Finding[]> {
  const { secrets } = statePaths(state);
  let mode: number | null;
  try {
    ({ mode } = await stat(secrets));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      return [
        {
          level: 'bad',
          text: `The state folder ${state} belongs to another user`,
          advice: 'Run this as the user that runs the instance',
        },
      ];
    }
    if (code !== 'ENOENT') throw error;
    mode = null;
  }
  if (mode === null) return [checkSecrets(secrets, null)];
  try {
    return [checkSecrets(secrets, mode), checkBackup(await readStatus(state), now)];
  } catch (error) {
    if (isStackProblem(error)) return [checkSecrets(secrets, mode), findingOf(error)];
    throw error;
  }
}
