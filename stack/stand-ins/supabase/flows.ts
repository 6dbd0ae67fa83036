/** PKCE flows and redirect URLs. Source: internal/api/pkce.go, internal/utilities/request.go */
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Flow, Person, Project } from './project.ts';
import { Refusal } from './refusal.ts';
import { beginSession } from './sessions.ts';

/** What supabase-js sends to start a PKCE flow; null or missing otherwise. */
export const Challenge = z.object({
  code_challenge: z.string().nullish(),
  code_challenge_method: z.string().nullish(),
});

/** Starts a flow if the client sent a challenge; null otherwise. */
export function beginFlow(
  project: Project,
  { code_challenge: challenge, code_challenge_method: method }: z.infer<typeof Challenge>,
  flow: Pick<Flow, 'method'> & Partial<Flow>,
): Flow | null {
  if (Boolean(challenge) !== Boolean(method)) {
    throw new Refusal(
      400,
      'validation_failed',
      'PKCE flow requires code_challenge_method and code_challenge',
    );
  }
  if (!challenge) return null;
  const begun: Flow = {
    id: randomUUID(),
    code: randomUUID(),
    challenge,
    personId: null,
    redirectTo: project.settings.siteUrl,
    linkTo: null,
    ...flow,
  };
  project.flows.push(begun);
  return begun;
}

/** The code that the browser which started the flow exchanges for a session. */
export function codeOf(project: Project, person: Person, method: string): string {
  const flow = project.flows.findLast((one) => one.personId === person.id && one.method === method);
  if (flow === undefined) {
    throw new Refusal(
      400,
      'flow_state_not_found',
      'No associated flow state found. No valid flow state found for user.',
    );
  }
  return flow.code;
}

/** Exchanges a code and its verifier for a session. A wrong verifier doesn't use up the code. */
export async function exchange(project: Project, code: string, verifier: string): Promise<object> {
  if (code === '' || verifier === '') {
    throw new Refusal(
      400,
      'validation_failed',
      'invalid request: both auth code and code verifier should be non-empty',
    );
  }
  const flow = project.flows.find((one) => one.code === code);
  const person = flow?.personId ? project.byId(flow.personId) : undefined;
  if (flow === undefined || person === undefined) {
    throw new Refusal(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
  }
  if (createHash('sha256').update(verifier).digest('base64url') !== flow.challenge) {
    throw new Refusal(
      400,
      'bad_code_verifier',
      'code challenge does not match previously saved code verifier',
    );
  }
  project.flows = project.flows.filter((one) => one !== flow);
  return beginSession(project, person, flow.method);
}

/** Where to redirect: `redirect_to` if it is allowed, else the Referer if it is allowed, else the site URL. */
export function redirectOf(project: Project, request: Request): string {
  const asked = new URL(request.url).searchParams.get('redirect_to');
  const from = request.headers.get('Referer');
  for (const url of [asked, from]) if (url && isAllowed(project, url)) return url;
  return project.settings.siteUrl;
}

/** Allows the site's own host, loopback, and the configured patterns. */
function isAllowed({ settings }: Project, address: string): boolean {
  const url = URL.parse(address);
  if (url === null) return false;
  const site = new URL(settings.siteUrl);
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (
    url.hostname === site.hostname &&
    url.protocol === site.protocol &&
    (url.port === site.port || loopback)
  ) {
    return true;
  }
  if (/^[\d.]+$|^\[/.test(url.hostname)) return loopback;
  const withoutFragment = address.split('#')[0] ?? '';
  return settings.redirectUrls.some((pattern) => globOf(pattern).test(withoutFragment));
}

/** `**` matches anything, `*` anything but `.` and `/`. */
function globOf(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^./]*' : part.replace(/[\\^$+?.()|[\]{}]/g, '\\$&'),
    );
  return new RegExp(`^${source.join('')}$`);
}
