/** What the routers of the GitHub App have in common: how things are shown, and how GitHub's refusals are answered. */
import { AppFluxError, type GithubInstallation } from '@appflux/protocol';
import { HostRefusal } from '../git-hosts/refusal.ts';
import type { InstallationRecord } from '../metadata/github.ts';

/** Below this are all calls about the GitHub App. */
export const GITHUB_BASE = '/api/integrations/github';

/** An installation as the API shows it. */
export const toInstallation = (one: InstallationRecord): GithubInstallation => ({
  id: one.id.split(':').at(-1) ?? one.id,
  account: one.account,
  accountType: one.accountType,
  repositories: one.selection,
  url: one.htmlUrl,
  suspendedAt: one.suspendedAt,
});

/** There is no App to do that with. */
export const noApp = () =>
  new AppFluxError('not_found', 'This instance has no GitHub App', {
    hint: 'The owner of the instance registers one in the dashboard under Settings, Git.',
  });

/** Does `work`, and turns refusals of GitHub into ones for callers: AppFluxError `unprocessable` or `unavailable`. */
export async function fromGithub<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HostRefusal)) throw error;
    const { kind, retryAt, message } = error;
    if (kind === 'final' || kind === 'suspended') {
      throw new AppFluxError('unprocessable', message, {
        hint: 'Check the App and its installation at GitHub, then start again.',
        cause: error,
      });
    }
    const seconds = retryAt === null ? 10 : Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
    throw new AppFluxError('unavailable', message, {
      hint: 'Try again later.',
      retryAfterSeconds: seconds,
      cause: error,
    });
  }
}
