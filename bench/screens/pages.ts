/** The pages of the dashboard. bench/screens.test.ts checks that none is missing. */
import type { Filled } from './fill.ts';

export interface ScreenPage {
  readonly name: string;
  readonly path: string;
}

/** Names pages by their paths. */
const pagesOf = (paths: readonly string[]): ScreenPage[] =>
  paths.map((path) => ({ name: path === '/' ? 'overview' : path.slice(1).replaceAll(/[/?#=]/g, '-'), path }));

/** What people without a session see. */
export const SIGNED_OUT: readonly ScreenPage[] = pagesOf([
  '/sign-in',
  '/sign-up',
  '/forgot-password',
  '/reset-password',
  '/invite',
]);

/** The pages of a team. */
export const teamPages = (): ScreenPage[] =>
  pagesOf([
    '/',
    '/apps',
    '/new',
    '/deployments',
    '/activity',
    '/analytics',
    '/runners',
    '/device',
    '/site-access',
    '/integrations/github/installed',
    ...['team', 'account', 'tokens', 'notifications', 'git', 'addresses', 'links', 'audit', 'operations'].map(
      (section) => `/settings/${section}`,
    ),
    '/nowhere',
  ]);

/** The pages of an app, its deployments, and a notification. */
export const appPages = ({ app, success, failed, building, compared, hook }: Filled): ScreenPage[] => [
  ...pagesOf([
    `/apps/${app}`,
    `/apps/${app}/server`,
    `/apps/${app}/triggers`,
    `/apps/${app}/settings`,
    ...[
      'general',
      'build',
      'variables',
      'domains',
      'triggers',
      'schedules',
      'notifications',
      'access',
      'publishing',
      'files',
      'retention',
      'budgets',
      'signing',
    ].map((section) => `/apps/${app}/settings/${section}`),
  ]),
  { name: 'deployment-success', path: `/deployments/${success}` },
  { name: 'deployment-failed', path: `/deployments/${failed}` },
  { name: 'deployment-building', path: `/deployments/${building}` },
  { name: 'deployment-compare', path: `/deployments/${success}/compare?with=${compared}` },
  { name: 'settings-notifications-one', path: `/settings/notifications/${hook}` },
];
