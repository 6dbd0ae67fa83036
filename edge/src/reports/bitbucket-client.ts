/**
 * What Bitbucket Cloud shows of deployments. Sources:
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/,
 * https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { call, type Host, path, understood } from '../git-hosts/rest.ts';
import type { HostClient, HostRepository, ReportFacts, ReportState } from './host-client.ts';
import { commentOnce } from './one-comment.ts';
import { statusContext, statusDescription, statusUrl } from './text.ts';

type BitbucketState = 'INPROGRESS' | 'SUCCESSFUL' | 'FAILED' | 'STOPPED';

const STATES: Readonly<Record<ReportState, BitbucketState>> = {
  queued: 'INPROGRESS',
  approval: 'INPROGRESS',
  building: 'INPROGRESS',
  success: 'SUCCESSFUL',
  failed: 'FAILED',
  canceled: 'STOPPED',
  // A commit for which there was nothing to deploy may be merged.
  skipped: 'SUCCESSFUL',
};

const Account = z.object({ uuid: z.string() });
const Comment = z.object({
  id: z.int(),
  deleted: z.boolean().nullish(),
  content: z.object({ raw: z.string() }),
  user: Account.nullish(),
});
const Page = z.object({ values: z.array(Comment), next: z.string().nullish() });

/** The longest key of a status is 40 characters; a slug and environment may be longer. */
const statusKey = (facts: Pick<ReportFacts, 'app' | 'environment'>): string =>
  `appflux-${createHash('sha256').update(statusContext(facts)).digest('hex').slice(0, 32)}`;

/**
 * A comment in Bitbucket's Markdown, which shows HTML as it is written: the marker becomes a link definition, which isn't
 * shown, and the code an image.
 */
export const inBitbucketMarkdown = (body: string): string =>
  body
    .replace(/^<!-- (\S+) -->$/gm, '[//]: # ($1)')
    .replace(/^<details><summary>(.*)<\/summary>$/gm, '$1:')
    .replace(/^<\/details>$/gm, '')
    .replace(/^<img src="([^"\s)]+)"[^>]*>$/gm, '![QR code]($1)')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd();

/**
 * How a token is sent: an API token of an account with the account's email, an access token of a repository, project or
 * workspace by itself.
 */
const authorizationOf = (username: string | null, token: string): string =>
  username?.includes('@')
    ? `Basic ${Buffer.from(`${username}:${token}`).toString('base64')}`
    : `Bearer ${token}`;

export interface BitbucketOptions {
  readonly repository: HostRepository;
  /** The user name of the credential: an email of an account's API token, otherwise anything. */
  readonly username: string | null;
  /** With the permissions to write repositories and pull requests. */
  readonly token: string;
  readonly network: typeof fetch;
  /** Other than Bitbucket Cloud's, for tests. */
  readonly api?: string;
}

/** A repository of Bitbucket Cloud. */
export function bitbucketClient(options: BitbucketOptions): HostClient {
  const { repository, username, token, network, api = 'https://api.bitbucket.org/2.0' } = options;
  const host: Host = { name: 'Bitbucket', api, authorization: authorizationOf(username, token), network };
  const [workspace = '', slug = ''] = repository.fullName.split('/');
  const root = path`/repositories/${workspace}/${slug}`;
  return {
    statusPerDeployment: false,
    async setStatus(facts) {
      const key = statusKey(facts);
      // A status of the same key is replaced.
      await call(host, {
        method: 'POST',
        path: `${root}${path`/commit/${facts.commit}/statuses/build`}`,
        body: {
          key,
          state: STATES[facts.state],
          name: statusContext(facts),
          description: statusDescription(facts),
          url: statusUrl(facts),
          ...(facts.branch === null ? {} : { refname: facts.branch }),
        },
      });
      return key;
    },
    comment: (pullRequest, marker, body, known) => {
      const comments = `${root}${path`/pullrequests/${pullRequest}/comments`}`;
      const content = { content: { raw: inBitbucketMarkdown(body) } };
      return commentOnce(
        {
          async account() {
            const { status, body: user } = await call(host, {
              method: 'GET',
              path: '/user',
              expected: [403],
            });
            return status === 403 ? null : understood(host, Account, user).uuid;
          },
          async *pages() {
            for (let next: string | null = `${comments}?pagelen=100&sort=created_on`; next !== null; ) {
              const { body: page } = await call(host, { method: 'GET', path: next });
              const { values, next: following } = understood(host, Page, page);
              yield values.flatMap(({ id, deleted, content: { raw }, user }) =>
                deleted ? [] : [{ id: String(id), author: user?.uuid ?? null, body: raw }],
              );
              next = following ?? null;
            }
          },
          async create() {
            const made = await call(host, { method: 'POST', path: comments, body: content });
            return String(understood(host, Comment, made.body).id);
          },
          async edit(id) {
            const { status } = await call(host, {
              method: 'PUT',
              path: `${comments}${path`/${id}`}`,
              body: content,
              expected: [403, 404, 410],
            });
            return status === 200;
          },
        },
        inBitbucketMarkdown(marker),
        known,
      );
    },
  };
}
