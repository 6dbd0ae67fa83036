/**
 * Cloudflare for SaaS: certificates for hosts in other people's zones, by the custom hostnames of the instance's zone.
 * Source: https://developers.cloudflare.com/api/resources/custom_hostnames/
 */
import type { DomainRecord } from '@appflux/protocol';
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { retryAfter } from '../../mail/http.ts';

const API = 'https://api.cloudflare.com/client/v4';

/** How long an answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/** The longest answer that is read, in characters. */
const MAX_ANSWER = 256 * 1024;

/** "Duplicate custom hostname found": an earlier request made it, and its answer was lost. */
const DUPLICATE = 1406;

const Txt = z.object({ name: z.string(), value: z.string() });

const CustomHostname = z.object({
  id: z.string().min(1),
  hostname: z.string(),
  /** `active`, or one of many others, such as `pending`, `moved` and `blocked`. */
  status: z.string(),
  verification_errors: z.array(z.string()).nullish(),
  ownership_verification: Txt.partial().nullish(),
  ssl: z
    .object({
      status: z.string(),
      validation_records: z
        .array(z.object({ txt_name: z.string(), txt_value: z.string() }).partial())
        .nullish(),
      validation_errors: z.array(z.object({ message: z.string() })).nullish(),
    })
    .nullish(),
});
type CustomHostname = z.infer<typeof CustomHostname>;

const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.int(), message: z.string() })).default([]),
  result: z.unknown().optional(),
});

/** Cloudflare's part in a domain. */
export interface HostnameState {
  id: string;
  /** `active`: visitors get the site there, by TLS. `refused`: waiting does not help. */
  state: 'active' | 'pending' | 'refused';
  /** Why it isn't active; null if there is no more to report than that it is pending. */
  reason: string | null;
  /** Records that Cloudflare asks for, besides the one that leads to it. */
  records: DomainRecord[];
}

/** Cloudflare did not do it. */
export class HostnamesError extends Error {
  override readonly name = 'HostnamesError';
  /** Whether the same request may succeed later. */
  readonly later: boolean;
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    details: { later: boolean; retryAfterSeconds?: number | null; cause?: unknown },
  ) {
    super(message, { cause: details.cause });
    this.later = details.later;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}

/** The custom hostnames of a zone. All throw HostnamesError. */
export interface CustomHostnames {
  /** Adds a host, or finds the one that was added before. */
  add(host: string): Promise<HostnameState>;
  /** Null if it was removed. */
  get(id: string): Promise<HostnameState | null>;
  /** Removing what is gone is no error. */
  remove(id: string): Promise<void>;
}

/** Those of this instance's zone; null where it has none set: certificates are then somebody else's business. */
export function customHostnamesOf(env: Env): CustomHostnames | null {
  const { CLOUDFLARE_ZONE_ID: zone, CLOUDFLARE_API_TOKEN: token } = env;
  if (!zone || !token) return null;
  return customHostnames({ api: env.CLOUDFLARE_API_URL ?? API, zone, token });
}

/** By the API at `api`, for a zone's id and a token that may edit "SSL and Certificates" of it. */
export function customHostnames(settings: { api: string; zone: string; token: string }): CustomHostnames {
  const path = `/zones/${encodeURIComponent(settings.zone)}/custom_hostnames`;
  const send = (method: string, suffix: string, body?: unknown) =>
    call(settings, method, `${path}${suffix}`, body);

  async function find(host: string): Promise<HostnameState> {
    const { result } = await send('GET', `?hostname=${encodeURIComponent(host)}`);
    const found = z.array(CustomHostname).safeParse(result);
    const known = found.data?.find(({ hostname }) => hostname === host);
    if (known === undefined) throw unreadable();
    return stateOf(known);
  }

  return {
    async add(host) {
      const ssl = { method: 'http', type: 'dv', settings: { min_tls_version: '1.2' } };
      const { result, errors } = await send('POST', '', { hostname: host, ssl });
      return errors.includes(DUPLICATE) ? find(host) : stateOf(read(result));
    },
    async get(id) {
      const { result, status } = await send('GET', `/${encodeURIComponent(id)}`);
      return status === 404 ? null : stateOf(read(result));
    },
    async remove(id) {
      await send('DELETE', `/${encodeURIComponent(id)}`);
    },
  };
}

function read(result: unknown): CustomHostname {
  const parsed = CustomHostname.safeParse(result);
  if (!parsed.success) throw unreadable();
  return parsed.data;
}

const unreadable = () => new HostnamesError('Cloudflare’s answer can’t be read', { later: true });

/** States of a hostname, or of its certificate, that don't change by waiting. */
const REFUSED: ReadonlySet<string> = new Set([
  'blocked',
  'test_blocked',
  'pending_blocked',
  'deleted',
  'pending_deletion',
]);

/** What a custom hostname's states mean. Pure. */
export function stateOf(hostname: CustomHostname): HostnameState {
  const { id, status, ssl, verification_errors: unverified, ownership_verification: ownership } = hostname;
  const records: DomainRecord[] = [
    ...(ownership?.name && ownership.value && status !== 'active'
      ? [{ type: 'TXT' as const, name: ownership.name, value: ownership.value }]
      : []),
    ...(ssl?.validation_records ?? []).flatMap(({ txt_name: name, txt_value: value }) =>
      name && value ? [{ type: 'TXT' as const, name, value }] : [],
    ),
  ];
  const reasons = [...(unverified ?? []), ...(ssl?.validation_errors ?? []).map(({ message }) => message)];
  if (status === 'active' && ssl?.status === 'active')
    return { id, state: 'active', reason: null, records: [] };
  const state = REFUSED.has(status) ? 'refused' : 'pending';
  if (status === 'moved') reasons.unshift('The domain’s records no longer lead to this instance');
  if (state === 'refused') reasons.unshift(`Cloudflare doesn’t accept this domain (${status})`);
  return { id, state, reason: reasons.length === 0 ? null : reasons.join('; ').slice(0, 500), records };
}

async function call(
  { api, token }: { api: string; token: string },
  method: string,
  path: string,
  body: unknown,
): Promise<{ status: number; result: unknown; errors: number[] }> {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    // The token is for this address and no other.
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch((cause: unknown) => {
    throw new HostnamesError('Cloudflare doesn’t answer', { later: true, cause });
  });
  const envelope = await envelopeOf(response);
  const errors = envelope?.errors.map(({ code }) => code) ?? [];
  if (response.ok && envelope?.success === true)
    return { status: response.status, result: envelope.result, errors };
  if (errors.includes(DUPLICATE) || (response.status === 404 && method !== 'POST'))
    return { status: response.status, result: null, errors };
  const { status } = response;
  const said = envelope?.errors[0]?.message ?? `status ${status}`;
  throw new HostnamesError(`Cloudflare refused: ${said.replaceAll(token, '***').slice(0, 200)}`, {
    later: status >= 500 || status === 429 || status === 408 || response.ok,
    retryAfterSeconds: retryAfter(response.headers.get('Retry-After'), Date.now()),
  });
}

/** The envelope of an answer; null for anything else, such as the page of a proxy. */
async function envelopeOf(response: Response): Promise<z.infer<typeof Envelope> | null> {
  const text = await response.text().catch(() => '');
  if (text.length > MAX_ANSWER) return null;
  try {
    return Envelope.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Not JSON: the status says what there is to know.
    return null;
  }
}
