/**
 * The only network access of a build. Its container has no interface; a Unix socket leads to this proxy, which lets
 * through HTTPS and HTTP to the allowed hosts, resolves their names itself and connects to public addresses only.
 */
import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { addressPolicy } from './address.ts';
import { type HostRule, parseRule, ruleRefusal, WEB_PORTS } from './allow-list.ts';
import { dialDirectly, hostProxyFromEnvironment } from './dial.ts';
import { proxyEnvironment } from './environment.ts';
import { Gate } from './gate.ts';
import { type EgressReport, Ledger } from './ledger.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_PROXY_PORT,
  DEFAULT_TIMEOUTS,
  EgressError,
  type EgressOptions,
  MAX_SOCKET_PATH_BYTES,
} from './options.ts';
import { type RegistryFacts, registryVariables } from './registry/override.ts';
import { RegistryProxy, registryTarget } from './registry/reverse-proxy.ts';
import { createResolver } from './resolver.ts';
import { createProxyServer } from './server.ts';

export { allowedHosts, parseEgressFile } from './allow-list.ts';
export type { EgressReport } from './ledger.ts';
export { EgressError, type EgressLimits, type EgressOptions } from './options.ts';
export type { RefusalReason } from './refusal.ts';
export { readRegistryFacts } from './registry/facts.ts';
export type { PackageManager, RegistryFacts } from './registry/override.ts';
export { renderReport } from './report.ts';
export { createResolver, type Resolve } from './resolver.ts';

/** The proxy of one build. */
export interface Egress {
  /** Variables for the container that tell its tools of the proxy. */
  readonly environment: Readonly<Record<string, string>>;
  /** Further variables that point the project's package manager at the registry's reverse proxy, where that is safe. */
  registryEnvironment(facts: RegistryFacts): Record<string, string>;
  /** What has been let through and refused so far. */
  report(): EgressReport;
  /** Ends every connection and removes the socket. Called a second time, it does nothing. */
  close(): Promise<void>;
}

/** How often traffic is checked against its limits, in milliseconds. */
const MEASURE_EVERY_MS = 200;

/** Names are remembered across the builds of a runner. */
const sharedResolver = createResolver();

/**
 * Starts the proxy of one build and resolves once it listens. The socket may be connected to by any user, since the
 * build's user inside the container is none of the host's: the folder above the mounted one must be the runner's alone.
 * @throws {EgressError} if a setting is wrong or the socket cannot be made.
 */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const ports = options.ports ?? WEB_PORTS;
  const proxyUrl = `http://127.0.0.1:${options.proxyPort ?? DEFAULT_PROXY_PORT}`;
  const { rules, upstream } = orFail('allowed_host_invalid', () =>
    withRegistry(options.allow.map(parseRule), options.npmRegistry),
  );
  const wide = orFail('allowed_host_invalid', () => ({
    ...(options.ownHost === undefined ? {} : { ownHost: parseRule(options.ownHost) }),
    ...(options.publicWeb === undefined
      ? {}
      : { publicWeb: { except: options.publicWeb.except.map(parseRule) } }),
  }));
  const addresses = orFail('allowed_range_invalid', () => addressPolicy(options.allowAddresses ?? []));

  const ledger = new Ledger(limits, options.log);
  const gate = new Gate({
    rules,
    ports,
    addresses,
    resolve: options.resolve ?? sharedResolver,
    dial: options.dial ?? dialDirectly,
    findHostProxy: options.findHostProxy ?? hostProxyFromEnvironment,
    dialTimeoutMs: timeouts.dialMs,
    ledger,
    ...wide,
  });
  const registry =
    upstream === null
      ? null
      : new RegistryProxy({ upstream, proxyUrl: `${proxyUrl}/`, gate, ledger, idleMs: timeouts.idleMs });
  const { server, clients } = createProxyServer({
    gate,
    ledger,
    registry,
    limits,
    timeouts,
    proxyAuthority: new URL(proxyUrl).host,
  });

  await listen(server, options.socketPath);
  const meter = setInterval(() => {
    if (!ledger.measure()) return;
    gate.closeForGood();
    ledger.cutAll();
  }, MEASURE_EVERY_MS);
  meter.unref();

  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    clearInterval(meter);
    gate.closeForGood();
    const closed = once(server, 'close');
    server.close();
    for (const client of clients) client.destroy();
    ledger.measure();
    ledger.cutAll();
    await registry?.close();
    await closed;
  };

  return {
    environment: proxyEnvironment(proxyUrl),
    registryEnvironment: (facts) => (registry === null ? {} : registryVariables(facts, `${proxyUrl}/`)),
    report: () => ledger.report(),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * The rules and the registry to offer. A registry that is not on an allowed host is not offered: its owner has taken it
 * away. One that is may have a port of its own, which the list of hosts does not tell.
 */
function withRegistry(
  rules: readonly HostRule[],
  registry: URL | null,
): { rules: readonly HostRule[]; upstream: URL | null } {
  const target = registry === null ? null : registryTarget(registry);
  if (registry === null || target === null) return { rules, upstream: null };
  if (ruleRefusal(target, rules, [target.port]) !== null) return { rules, upstream: null };
  const upstream = new URL(registry);
  upstream.username = '';
  upstream.password = '';
  upstream.search = '';
  upstream.hash = '';
  if (!upstream.pathname.endsWith('/')) upstream.pathname += '/';
  return { rules: [...rules, { host: target.host, below: false, port: target.port }], upstream };
}

function orFail<T>(code: EgressError['code'], work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EgressError(code, error instanceof Error ? error.message : String(error), error);
  }
}

/** Listens on the socket, in the place of one that a killed runner may have left. */
async function listen(server: Server, socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw new EgressError(
      'socket_path_too_long',
      `The socket path is longer than ${MAX_SOCKET_PATH_BYTES} bytes. Choose a state folder with a shorter path.`,
    );
  }
  try {
    const left = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (left?.isSocket()) await unlink(socketPath);
    server.listen(socketPath);
    await once(server, 'listening');
    await chmod(socketPath, 0o666);
  } catch (error) {
    server.close();
    throw new EgressError('cannot_listen', 'The socket for the build’s network could not be created.', error);
  }
}
