/**
 * What GitLab shows of deployments. Sources: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status,
 * https://docs.gitlab.com/api/notes/#merge-requests
 */
import { z } from 'zod';
import { call, type Host, path, understood } from '../git-hosts/rest.ts';
import { type HostClient, HostRefusal, type HostRepository, type ReportState } from './host-client.ts';
import { commentOnce } from './one-comment.ts';
import { statusContext, statusDescription, statusUrl } from './text.ts';

type GitlabState = 'pending' | 'running' | 'success' | 'failed' | 'canceled';

const STATES: Readonly<Record<ReportState, GitlabState>> = {
  queued: 'pending',
  approval: 'pending',
  building: 'running',
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
  // A commit for which there was nothing to deploy may be merged.
  skipped: 'success',
};

const Status = z.object({ id: z.int(), name: z.string(), status: z.string() });
const User = z.object({ id: z.int() });
const Note = z.object({
  id: z.int(),
  body: z.string(),
  author: User.nullish(),
  system: z.boolean().nullish(),
});

const NOTES_PER_PAGE = 100;

export interface GitlabOptions {
  readonly repository: HostRepository;
  /** With the scope `api`. */
  readonly token: string;
  readonly network: typeof fetch;
}

/** A project of GitLab. */
export function gitlabClient({ repository, token, network }: GitlabOptions): HostClient {
  const host: Host = {
    name: 'GitLab',
    api: `${repository.webUrl}/api/v4`,
    authorization: `Bearer ${token}`,
    network,
  };
  const project = path`/projects/${repository.fullName}`;
  return {
    statusPerDeployment: false,
    async setStatus(facts) {
      const state = STATES[facts.state];
      const name = statusContext(facts);
      const { status, body } = await call(host, {
        method: 'POST',
        path: `${project}${path`/statuses/${facts.commit}`}`,
        body: {
          state,
          name,
          description: statusDescription(facts),
          target_url: statusUrl(facts),
          ...(facts.branch === null ? {} : { ref: facts.branch }),
        },
        expected: [400],
      });
      if (status !== 400) return String(understood(host, Status, body).id);
      // GitLab refuses the state that a status has already, as after an answer that was lost.
      const listed = await call(host, {
        method: 'GET',
        path: `${project}${path`/repository/commits/${facts.commit}/statuses?name=${name}`}`,
      });
      const same = understood(host, z.array(Status), listed.body).find(
        (one) => one.name === name && one.status === state,
      );
      if (same === undefined) throw new HostRefusal('final', `GitLab doesn’t accept the status ${state}`);
      return String(same.id);
    },
    comment: (pullRequest, marker, body, known) => {
      const notes = `${project}${path`/merge_requests/${pullRequest}/notes`}`;
      return commentOnce(
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
            for (let page = 1; ; page += 1) {
              const listed = await call(host, {
                method: 'GET',
                path: `${notes}?sort=asc&order_by=created_at&per_page=${NOTES_PER_PAGE}&page=${page}`,
              });
              const found = understood(host, z.array(Note), listed.body);
              yield found.flatMap(({ id, body: text, author, system }) =>
                system ? [] : [{ id: String(id), author: author ? String(author.id) : null, body: text }],
              );
              if (found.length < NOTES_PER_PAGE) return;
            }
          },
          async create() {
            const made = await call(host, { method: 'POST', path: notes, body: { body } });
            return String(understood(host, Note, made.body).id);
          },
          async edit(id) {
            const { status } = await call(host, {
              method: 'PUT',
              path: `${notes}${path`/${id}`}`,
              body: { body },
              expected: [403, 404],
            });
            return status === 200;
          },
        },
        marker,
        known,
      );
    },
  };
}
