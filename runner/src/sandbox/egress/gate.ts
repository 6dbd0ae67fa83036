/** Decides whether a build may reach a host, and opens the connection. Everything else goes through here. */
import type { Socket } from 'node:net';
import { type AddressPolicy, addressRefusal } from './address.ts';
import { type HostRule, namesAddress, ruleRefusal } from './allow-list.ts';
import { type Dial, dialThrough, type FindHostProxy } from './dial.ts';
import type { Ledger } from './ledger.ts';
import { Refusal } from './refusal.ts';
import type { Resolve } from './resolver.ts';
import { authorityOf, type Target } from './target.ts';

export interface GateOptions {
  readonly rules: readonly HostRule[];
  readonly ports: readonly number[];
  readonly addresses: AddressPolicy;
  readonly resolve: Resolve;
  readonly dial: Dial;
  readonly findHostProxy: FindHostProxy;
  readonly dialTimeoutMs: number;
  readonly ledger: Ledger;
  /** A host that is reached at whatever address its name has, private ones included; with its port. */
  readonly ownHost?: HostRule;
  /** Every host with a public address is allowed, on `ports`, but for these. */
  readonly publicWeb?: { readonly except: readonly HostRule[] };
}

/** Decides about targets and opens connections to those that are let through. */
export class Gate {
  readonly #options: GateOptions;
  #closed = false;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** From now on nothing gets through: the build has used up its traffic. */
  closeForGood(): void {
    this.#closed = true;
  }

  /**
   * A connection to the target, counted in the ledger.
   * @throws {Refusal} if it is not let through, or does not come about.
   */
  async open(target: Target): Promise<Socket> {
    const { rules, ports, dial, findHostProxy, dialTimeoutMs, ledger } = this.#options;
    const subject = authorityOf(target);
    if (this.#closed) throw new Refusal('traffic_limit', subject);
    const refused = ruleRefusal(target, rules, ports);
    const proxy = findHostProxy(target);
    const isOwn = this.#isOwnHost(target);
    if (refused !== null && !isOwn && !this.#isPublicWeb(target, proxy)) throw new Refusal(refused, subject);

    const addresses = await this.#checkedAddresses(target, proxy !== null);
    let socket: Socket;
    try {
      socket = await (proxy === null
        ? dial(target, addresses, dialTimeoutMs)
        : dialThrough(proxy, target, dialTimeoutMs));
    } catch (error) {
      throw new Refusal('not_reached', subject, errorCode(error), error);
    }
    ledger.track(subject, socket);
    // The connection's user handles its close. An error without a listener must not end the runner.
    socket.on('error', () => undefined);
    // Limits are read again: they may have been passed while this connection was being made.
    if (this.#closed) {
      socket.destroy();
      throw new Refusal('traffic_limit', subject);
    }
    return socket;
  }

  #isOwnHost(target: Target): boolean {
    const { ownHost } = this.#options;
    return ownHost !== undefined && ruleRefusal(target, [ownHost], []) === null;
  }

  /**
   * Whether a host counts as one of the public web, until its addresses are known. A proxy of the host's network would
   * resolve the name itself, perhaps to a private address, so behind one there is no public web.
   */
  #isPublicWeb(target: Target, proxy: URL | null): boolean {
    const { publicWeb, ports } = this.#options;
    if (publicWeb === undefined || target.literal || proxy !== null || !ports.includes(target.port))
      return false;
    return ruleRefusal(target, publicWeb.except, ports) === 'host_not_allowed';
  }

  /**
   * The addresses that may be dialed. A name may have public and other addresses; only the public ones are used. Behind
   * a proxy of the host's network a name may have no address here at all, and that proxy knows it.
   */
  async #checkedAddresses(target: Target, behindProxy: boolean): Promise<readonly string[]> {
    const { rules, addresses: policy, resolve } = this.#options;
    const isOwn = this.#isOwnHost(target);
    if (namesAddress(target, rules) || (isOwn && target.literal)) return [target.host];
    const subject = authorityOf(target);
    let answers: readonly string[];
    try {
      answers = await resolve(target.host);
    } catch (error) {
      if (behindProxy) return [];
      throw new Refusal('not_resolved', subject, errorCode(error), error);
    }
    const usable = answers.filter((address) => isOwn || addressRefusal(address, policy) === null);
    if (usable.length > 0 || (behindProxy && answers.length === 0)) return usable;
    const [first] = answers;
    if (first === undefined) throw new Refusal('not_resolved', subject);
    throw new Refusal('address_not_public', subject, addressRefusal(first, policy));
  }
}

/** The system's short name of what went wrong (ECONNREFUSED), which holds nothing about the host's network. */
function errorCode(error: unknown): string | null {
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}
