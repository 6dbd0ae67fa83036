/** The hosts that a build may reach. */
import { parseHost, type Target } from './target.ts';

/** `host`, `*.suffix` (any name below it, not itself) or an address; with `:port`, for that port only. */
export interface HostRule {
  readonly host: string;
  readonly below: boolean;
  readonly port: number | null;
}

/** The ports that a rule without a port of its own stands for. */
export const WEB_PORTS: readonly number[] = [80, 443];

/**
 * Reads one rule.
 * @throws {Error} with a sentence for the person who wrote it.
 */
export function parseRule(text: string): HostRule {
  const trimmed = text.trim();
  const parts = /^(\*\.)?(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(trimmed);
  const host = parseHost(parts?.[2] ?? '');
  const port = parts?.[3] === undefined ? null : Number(parts[3]);
  const below = parts?.[1] !== undefined;
  if (host === null || (below && host.literal) || port === 0 || (port !== null && port > 65_535)) {
    throw new Error(
      `“${trimmed}” is not a valid host. Use a name (example.org), a suffix (*.example.org) or either with a port (example.org:8443).`,
    );
  }
  return { host: host.host, below, port };
}

/** Why the rules do not let a target through, or null if they do. */
export function ruleRefusal(
  target: Target,
  rules: readonly HostRule[],
  ports: readonly number[] = WEB_PORTS,
): 'address_literal' | 'host_not_allowed' | 'port_not_allowed' | null {
  const named = rules.filter((rule) => matchesHost(rule, target));
  if (named.some((rule) => (rule.port === null ? ports.includes(target.port) : rule.port === target.port))) {
    return null;
  }
  if (named.length > 0) return 'port_not_allowed';
  return target.literal ? 'address_literal' : 'host_not_allowed';
}

/** Whether the rules name this very address: then its owner wants it reached, whatever range it lies in. */
export function namesAddress(target: Target, rules: readonly HostRule[]): boolean {
  return target.literal && rules.some((rule) => matchesHost(rule, target));
}

function matchesHost(rule: HostRule, target: Target): boolean {
  if (rule.below) return !target.literal && target.host.endsWith(`.${rule.host}`);
  return rule.host === target.host;
}

/**
 * The hosts of `/etc/appflux/egress` in a builder image: one a line, `#` begins a comment.
 * @throws {Error} if a line is no host.
 */
export function parseEgressFile(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const hosts = lines.filter((line) => line !== '');
  for (const host of hosts) parseRule(host);
  return hosts;
}

/**
 * The hosts that one build may reach: what its image asks for and the host's owner adds, without the entries that the
 * owner takes away. An app may only narrow that: each host it names (null: it names none) counts if it is allowed anyway.
 * @throws {Error} if an entry is no host.
 */
export function allowedHosts(sources: {
  readonly image: readonly string[];
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly only: readonly string[] | null;
}): string[] {
  const removed = new Set(sources.remove.map(spelling));
  const allowed = new Set(
    [...sources.image, ...sources.add].map(spelling).filter((host) => !removed.has(host)),
  );
  if (sources.only === null) return [...allowed];
  const rules = [...allowed].map(parseRule);
  return [...new Set(sources.only.map(spelling))].filter((text) => {
    const wanted = parseRule(text);
    return rules.some((rule) => covers(rule, wanted));
  });
}

function spelling(text: string): string {
  const rule = parseRule(text);
  const host = rule.host.includes(':') ? `[${rule.host}]` : rule.host;
  return `${rule.below ? '*.' : ''}${host}${rule.port === null ? '' : `:${rule.port}`}`;
}

function covers(rule: HostRule, wanted: HostRule): boolean {
  const portFits =
    rule.port === null ? wanted.port === null || WEB_PORTS.includes(wanted.port) : rule.port === wanted.port;
  if (!portFits) return false;
  if (!rule.below) return !wanted.below && rule.host === wanted.host;
  return wanted.host.endsWith(`.${rule.host}`) || (wanted.below && wanted.host === rule.host);
}
