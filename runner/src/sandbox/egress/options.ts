/** What the egress proxy of one build is started with. */
import type { Dial, FindHostProxy } from './dial.ts';
import type { TrafficLimits } from './ledger.ts';
import type { Resolve } from './resolver.ts';

export interface EgressLimits extends TrafficLimits {
  /** Simultaneous connections from the build; further ones are closed without an answer. */
  readonly connections: number;
}

/** All in milliseconds. */
export interface EgressTimeouts {
  /** For a request's head, and for the first message in a tunnel. */
  readonly headMs: number;
  /** For a connection to a host. */
  readonly dialMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** The same, once one side has said that it will send no more. */
  readonly halfOpenMs: number;
}

export interface EgressOptions {
  /** Where the Unix socket is made. Its folder is mounted into the container, and should hold nothing else. */
  readonly socketPath: string;
  /** Hosts as `example.org`, `*.example.org` or an address, each with `:port` or else for the web's two ports. */
  readonly allow: readonly string[];
  /** What the reverse proxy offers, or null for none. Its host must be allowed, too. */
  readonly npmRegistry: URL | null;
  readonly log: (text: string) => void;
  /** The port on 127.0.0.1 inside the container that is forwarded to the socket. */
  readonly proxyPort?: number;
  /** The ports of hosts that are allowed without one. */
  readonly ports?: readonly number[];
  /** Ranges that are reached although they are not public, as `10.1.2.0/24`. */
  readonly allowAddresses?: readonly string[];
  /** `host:port` that is reached at whatever address its name has: what a picture is taken of. */
  readonly ownHost?: string;
  /** Every host with a public address is allowed, on `ports`, but for these. Not behind a proxy of the host's network. */
  readonly publicWeb?: { readonly except: readonly string[] };
  readonly limits?: Partial<EgressLimits>;
  readonly timeouts?: Partial<EgressTimeouts>;
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  readonly findHostProxy?: FindHostProxy;
}

export const DEFAULT_PROXY_PORT = 3128;

export const DEFAULT_LIMITS: EgressLimits = { connections: 256, bytesIn: 20e9, bytesOut: 2e9 };

export const DEFAULT_TIMEOUTS: EgressTimeouts = {
  headMs: 20_000,
  dialMs: 15_000,
  idleMs: 300_000,
  halfOpenMs: 60_000,
};

/** A Linux socket address holds 108 bytes, the last of them zero (unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107;

/** The proxy could not be started, by a fault of its settings or of the host. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: 'socket_path_too_long' | 'allowed_host_invalid' | 'allowed_range_invalid' | 'cannot_listen';

  constructor(code: EgressError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
