/** What Gitea and Forgejo show of deployments. Source: https://docs.gitea.com/api/ */
import { z } from 'zod';
import { call, type Host, path, understood } from '../git-hosts/rest.ts';
import type { HostClient, HostRepository, ReportState } from './host-client.ts';
import { commentOnce } from './one-comment.ts';
import { statusContext, statusDescription, statusUrl } from './text.ts';

type GiteaState = 'pending' | 'success' | 'error' | 'failure';

const STATES: Readonly<Record<ReportState, GiteaState>> = {
  queued: 'pending',
  approval: 'pending',
  building: 'pending',
  success: 'success',
  failed: 'failure',
  canceled: 'error',
  // A commit for which there was nothing to deploy may be merged.
  skipped: 'success',
};

const User = z.object({ id: z.int() });
const Comment = z.object({ id: z.int(), body: z.string(), user: User.nullish() });

export interface GiteaOptions {
  readonly name: 'Gitea' | 'Forgejo';
  readonly repository: HostRepository;
  /** With the scopes `write:repository` and `write:issue`, and `read:user` to recognise its own comments. */
  readonly token: string;
  readonly network: typeof fetch;
}

/** A repository of Gitea or Forgejo. */
export function giteaClient({ name, repository, token, network }: GiteaOptions): HostClient {
  const host: Host = {
    name,
    api: `${repository.webUrl}/api/v1`,
    authorization: `token ${token}`,
    network,
    // Of a commit or pull request that isn't there, as after a forced push, the answer is 500.
    final: /does not exist/,
  };
  const [owner = '', repo = ''] = repository.fullName.split('/');
  return {
    statusPerDeployment: false,
    async setStatus(facts) {
      await call(host, {
        method: 'POST',
        path: path`/repos/${owner}/${repo}/statuses/${facts.commit}`,
        body: {
          state: STATES[facts.state],
          context: statusContext(facts),
          description: statusDescription(facts),
          target_url: statusUrl(facts),
        },
      });
      return null;
    },
    comment: (pullRequest, marker, body, known) =>
      commentOnce(
        {
          async account() {
            const { status, body: user } = await call(host, {
              method: 'GET',
              path: '/user',
              expected: [403],
            });
            return status === 403 ? null : String(understood(host, User, user).id);
          },
          async *pages() {
            // All in one answer: the host doesn't page these.
            const listed = await call(host, {
              method: 'GET',
              path: path`/repos/${owner}/${repo}/issues/${pullRequest}/comments`,
            });
            const comments = understood(host, z.array(Comment), listed.body);
            yield comments.map(({ id, body: text, user }) => ({
              id: String(id),
              author: user ? String(user.id) : null,
              body: text,
            }));
          },
          async create() {
            const made = await call(host, {
              method: 'POST',
              path: path`/repos/${owner}/${repo}/issues/${pullRequest}/comments`,
              body: { body },
            });
            return String(understood(host, Comment, made.body).id);
          },
          async edit(id) {
            const { status } = await call(host, {
              method: 'PATCH',
              path: path`/repos/${owner}/${repo}/issues/comments/${id}`,
              body: { body },
              expected: [403, 404],
            });
            // Without a comment of this id the answer is 404, or 204 in earlier versions.
            return status === 200;
          },
        },
        marker,
        known,
      ),
  };
}
