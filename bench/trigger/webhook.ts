/** Webhooks as GitHub sends them, and a load of them at a fixed rate. */
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

export const SECRET = 'webhook-secret-of-a-bench-instance';

const ZEROS = '0'.repeat(40);

export interface PushOf {
  /** The https or http URL that Git clones from. */
  readonly repoUrl: string;
  readonly after: string;
  readonly branch?: string;
  readonly before?: string;
}

/** The payload of a push. */
export function pushOf({ repoUrl, after, branch = 'main', before = ZEROS }: PushOf) {
  const web = repoUrl.replace(/\.git$/, '');
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    forced: false,
    commits: [{ added: [], removed: [], modified: ['src/App.tsx'] }],
    head_commit: { id: after, message: 'Change a file', author: { username: 'ada' } },
    repository: {
      id: 1,
      full_name: new URL(web).pathname.slice(1),
      html_url: web,
      clone_url: repoUrl,
      ssh_url: null,
      default_branch: 'main',
      // About as much as GitHub's payloads have besides.
      description: 'x'.repeat(7_000),
    },
    sender: { login: 'ada' },
  };
}

export interface Webhook {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A signed delivery of a payload. */
export function signed(event: string, payload: object, delivery: string = randomUUID()): Webhook {
  const body = JSON.stringify(payload);
  return {
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': event,
      'X-GitHub-Delivery': delivery,
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
    },
  };
}

/**
 * Sends webhooks at `rate` a second for `seconds`, whether or not earlier ones were answered. Gives how long each answer
 * took, in milliseconds, from the moment the request was due. Throws if one is answered otherwise than by 202.
 */
export async function atRate(
  url: string,
  { rate, seconds, webhook }: { rate: number; seconds: number; webhook: (n: number) => Webhook },
): Promise<number[]> {
  const prepared = Array.from({ length: rate * seconds }, (_, n) => webhook(n));
  const begun = performance.now();
  return Promise.all(
    prepared.map(async ({ body, headers }, n) => {
      const due = begun + (n * 1000) / rate;
      await sleep(Math.max(0, due - performance.now()));
      const response = await fetch(url, { method: 'POST', body, headers });
      const text = await response.text();
      if (response.status !== 202) throw new Error(`${url} answered ${response.status}: ${text}`);
      return performance.now() - due;
    }),
  );
}
