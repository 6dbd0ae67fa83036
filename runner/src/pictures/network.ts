/** The network of a picture: the site's own host, and the public web if this runner's builds have a network. */
import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import { SOCKET_NAME } from '../sandbox/attempt-folder.ts';
import {
  createResolver,
  type Egress,
  type EgressOptions,
  type Resolve,
  startEgress,
} from '../sandbox/egress/index.ts';

/** What a page may load and send, and how many connections it may have open. */
const LIMITS = { connections: 64, bytesIn: 50e6, bytesOut: 5e6 };
const TIMEOUTS = { headMs: 10_000, dialMs: 5_000, idleMs: 20_000, halfOpenMs: 5_000 };

const resolver = createResolver();

/** Names below `localhost` are this machine's (RFC 6761 §6.3), whether or not its resolver knows them. */
const resolve: Resolve = (host) =>
  host.endsWith('.localhost') ? Promise.resolve(['127.0.0.1', '::1']) : resolver(host);

export interface PictureNetwork {
  /** The folder for the proxy's socket. */
  readonly folder: string;
  /** The URL of the site. */
  readonly site: URL;
  /** The URL of the instance: its API is not for the page. */
  readonly instance: URL;
  readonly settings: Pick<Settings, 'network' | 'denyHosts'>;
  readonly log: (text: string) => void;
  /** Tests say where names lead. */
  readonly egress?: Partial<EgressOptions>;
}

/** `host:port` of a URL. */
export const authority = (url: URL): string =>
  `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;

/**
 * Starts the proxy of one picture.
 * @throws {EgressError} if its socket can't be made
 */
export function openPictureNetwork(options: PictureNetwork): Promise<Egress> {
  const { folder, site, instance, settings, log } = options;
  return startEgress({
    socketPath: join(folder, SOCKET_NAME),
    allow: [],
    npmRegistry: null,
    ownHost: authority(site),
    ...(settings.network === 'none'
      ? {}
      : { publicWeb: { except: [instance.hostname, ...settings.denyHosts] } }),
    limits: LIMITS,
    timeouts: TIMEOUTS,
    resolve,
    log,
    ...options.egress,
  });
}
