import type { GitProvider } from '@appflux/protocol';

/** What each Git host is called, and where its webhooks are set. */
export const PROVIDER: Readonly<Record<GitProvider, { label: string; where: string }>> = {
  github: {
    label: 'GitHub',
    where:
      'In the repository’s Settings → Webhooks, add a webhook with this payload URL and secret. Choose the content type application/json and the events Pushes, Pull requests, Check runs, and Repositories.',
  },
  gitlab: {
    label: 'GitLab',
    where:
      'In the project’s Settings → Webhooks, add a webhook with this URL and secret token. Choose Push events, Tag push events, and Merge request events.',
  },
  gitea: {
    label: 'Gitea',
    where:
      'In the repository’s Settings → Webhooks, add a Gitea webhook with this target URL and secret. Choose the events Push, Delete, Pull Request, and Pull Request Synchronized.',
  },
  forgejo: {
    label: 'Forgejo',
    where:
      'In the repository’s Settings → Webhooks, add a Forgejo webhook with this target URL and secret. Choose the events Push, Delete, Pull Request, and Pull Request Synchronized.',
  },
  bitbucket: {
    label: 'Bitbucket',
    where:
      'In Repository settings → Webhooks, add a webhook with this URL and secret. Choose the repository events Push and Updated, and the pull request events Created, Updated, Merged, and Declined.',
  },
};
