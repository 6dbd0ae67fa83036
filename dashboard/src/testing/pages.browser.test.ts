// @vitest-environment node
/** Every page of the built dashboard in a real browser: accessibility, Content Security Policy, errors. */
import { AppFluxError } from '@appflux/protocol';
import type { Page } from 'playwright-core';
import { describe, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { type CheckedPage, checkPage } from './check-page.ts';
import { idOf } from './fixtures.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';
import { emptyWorld } from './world.ts';
import { chooseZip, TWO_SITES } from './zip.ts';

const visit = useBrowser();

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first();
const away = (call = 'GET /api/apps') => {
  const world = sampleWorld();
  world.refusals.set(call, new AppFluxError('unavailable', 'The metadata store doesn’t respond.'));
  return world;
};

const seenByViewer = () => ({ ...sampleWorld(), role: 'viewer' as const });

const PAGES: CheckedPage[] = [
  { name: 'sign-in', path: '/sign-in', title: /^Sign in/, visit: () => ({ signedOut: true }) },
  {
    name: 'sign-in with a used link',
    path: '/sign-in#token_hash=used',
    title: /^Sign in/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'a private site of another team',
    path: `/site-access?host=other.sites.harbor.example&state=${'s'.repeat(43)}&to=/docs/`,
    title: /^Open a private site/,
    act: (page) => page.getByRole('heading', { name: 'You don’t have access to this site' }).waitFor(),
  },
  {
    name: 'an incomplete link to a private site',
    path: '/site-access?host=x',
    title: /^Open a private site/,
  },
  { name: 'signing up', path: '/sign-up', title: /^Create account/, visit: () => ({ signedOut: true }) },
  {
    name: 'an invitation',
    path: '/invite#token=afi_good',
    title: /^Invitation/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'an invitation, signed in',
    path: '/invite#token=afi_good',
    title: /^Invitation/,
  },
  {
    name: 'a used invitation',
    path: '/invite#token=afi_used',
    title: /^Invitation/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'a forgotten password',
    path: '/forgot-password',
    title: /^Forgot your password/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'a new password',
    path: '/reset-password#token_hash=good',
    title: /^New password/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'a forgotten password, after the request',
    path: '/forgot-password',
    title: /^Forgot your password/,
    visit: () => ({ signedOut: true }),
    act: async (page) => {
      await page.getByLabel('Email').fill('ada@harbor.example');
      await button(page, 'Request link').click();
      await page.getByRole('heading', { name: 'Ask your administrator for the link' }).waitFor();
    },
  },
  {
    name: 'pending sign-in links',
    path: '/settings/links',
    title: /^Sign-in links/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
  },
  {
    name: 'no sign-in links',
    path: '/settings/links',
    title: /^Sign-in links/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance', links: [] } }),
  },
  {
    name: 'addresses',
    path: '/settings/addresses',
    title: /^Addresses/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
  },
  {
    name: 'operations',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
    act: (page) => page.getByText('Show the newest').first().click(),
  },
  {
    name: 'operations of an instance in which all is well, in maintenance',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({
      world: {
        ...emptyWorld(),
        team: 'instance',
        maintenance: { since: new Date().toISOString(), reason: 'a new disk' },
      },
    }),
    act: (page) => page.getByText('AppFlux is in maintenance: a new disk').waitFor(),
  },
  {
    name: 'turning maintenance on',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
    act: async (page) => {
      await button(page, 'Turn maintenance on').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'a new metrics token',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
    act: async (page) => {
      await button(page, 'New metrics token').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'operations that fail to load',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({ world: { ...away('GET /api/ops/'), team: 'instance' } }),
  },
  {
    name: 'operations while loading',
    path: '/settings/operations',
    title: /^Operations/,
    visit: () => ({
      world: { ...sampleWorld(), team: 'instance', hanging: new Set(['GET /api/ops/']) },
      settled: false,
    }),
  },
  {
    name: 'sign-in during maintenance',
    path: '/sign-in',
    title: /^Sign in/,
    visit: () => ({
      signedOut: true,
      world: { ...emptyWorld(), maintenance: { since: new Date().toISOString(), reason: null } },
    }),
    act: (page) => page.getByText('AppFlux is in maintenance').waitFor(),
  },
  {
    name: 'inviting by email',
    path: '/settings/team',
    title: /^Members/,
    visit: () => ({ world: { ...sampleWorld(), mail: true } }),
    act: (page) => button(page, 'Invite').click(),
  },
  { name: 'account', path: '/settings/account', title: /^Account/ },
  { name: 'team', path: '/settings/team', title: /^Members/ },
  {
    name: 'team of the instance’s owner',
    path: '/settings/team',
    title: /^Members/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance' } }),
  },
  {
    name: 'deleting the team',
    path: '/settings/team',
    title: /^Members/,
    act: (page) => button(page, 'Delete team').click(),
  },
  {
    name: 'account, with GitHub linked',
    path: '/settings/account',
    title: /^Account/,
    visit: () => ({ world: { ...sampleWorld(), github: true } }),
  },
  {
    name: 'unlinking GitHub',
    path: '/settings/account',
    title: /^Account/,
    visit: () => ({ world: { ...sampleWorld(), github: true } }),
    act: (page) => button(page, 'Unlink GitHub').click(),
  },
  {
    name: 'deleting the account',
    path: '/settings/account',
    title: /^Account/,
    act: (page) => button(page, 'Delete account').click(),
  },
  {
    name: 'no team',
    path: '/',
    title: /^No team yet/,
    visit: () => ({ world: { ...sampleWorld(), team: 'deleted' } }),
  },
  { name: 'an invitation without a link', path: '/invite', title: /^Invitation/ },
  {
    name: 'a confirmed email in another browser',
    path: '/sign-in?from=email&code=of-another-browser',
    title: /^Sign in/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'a recovery link in another browser',
    path: '/reset-password?code=of-another-browser',
    title: /^New password/,
    visit: () => ({ signedOut: true }),
  },
  {
    name: 'account without a team',
    path: '/settings/account',
    title: /^Account/,
    visit: () => ({ world: { ...sampleWorld(), team: 'deleted' } }),
  },
  {
    name: 'inviting',
    path: '/settings/team',
    title: /^Members/,
    act: (page) => button(page, 'Invite').click(),
  },
  {
    name: 'team for a viewer',
    path: '/settings/team',
    title: /^Members/,
    visit: () => ({ world: seenByViewer() }),
  },
  { name: 'deployments of the team', path: '/deployments', title: /^Deployments · AppFlux$/ },
  {
    name: 'deployments of the team that are filtered',
    path: '/deployments?status=failed&environment=production&creator=ada',
    title: /^Deployments/,
    act: (page) => page.getByText('Move the sidebar into a component').first().waitFor(),
  },
  {
    name: 'deployments that match no filter',
    path: '/deployments?branch=nothing',
    title: /^Deployments/,
    act: (page) => page.getByText('No matching deployments').waitFor(),
  },
  {
    name: 'no deployments of the team',
    path: '/deployments',
    title: /^Deployments/,
    visit: () => ({ world: emptyWorld() }),
  },
  {
    name: 'deployments of the team that fail to load',
    path: '/deployments',
    title: /^Deployments/,
    visit: () => ({ world: away('GET /api/deployments') }),
  },
  {
    name: 'deployments of an app that are filtered',
    path: '/apps/harbor-web?environment=preview',
    title: /^Harbor/,
    act: (page) => button(page, 'Clear filters').waitFor(),
  },
  { name: 'activity', path: '/activity', title: /^Activity · AppFlux$/ },
  { name: 'no activity', path: '/activity', title: /^Activity/, visit: () => ({ world: emptyWorld() }) },
  {
    name: 'activity that fails to load',
    path: '/activity',
    title: /^Activity/,
    visit: () => ({ world: away('GET /api/activity') }),
  },
  { name: 'audit log', path: '/settings/audit', title: /^Audit log/ },
  { name: 'overview', path: '/', title: /^Overview · AppFlux$/ },
  {
    name: 'overview of a team without apps',
    path: '/',
    title: /^Overview/,
    visit: () => ({ world: emptyWorld() }),
    act: (page) => page.getByRole('heading', { name: 'Deploy your first app' }).waitFor(),
  },
  {
    name: 'overview that fails to load',
    path: '/',
    title: /^Overview/,
    visit: () => ({ world: away('GET /api/overview') }),
  },
  {
    name: 'overview while loading',
    path: '/',
    title: /^Overview/,
    visit: () => ({
      world: { ...sampleWorld(), hanging: new Set(['GET /api/overview']) },
      settled: false,
    }),
  },
  {
    name: 'overview of the instance’s owner, in which all is well',
    path: '/',
    title: /^Overview/,
    visit: () => ({ world: { ...sampleWorld(), team: 'instance', attention: [], deployments: [] } }),
    act: (page) => page.getByRole('heading', { name: 'Storage' }).waitFor(),
  },
  { name: 'overview for a viewer', path: '/', title: /^Overview/, visit: () => ({ world: seenByViewer() }) },
  { name: 'apps', path: '/apps', title: /^Apps · AppFlux$/ },
  {
    name: 'apps that match nothing',
    path: '/apps?q=zzz&state=failed',
    title: /^Apps/,
    act: (page) => page.getByText('No matching apps').waitFor(),
  },
  { name: 'no apps', path: '/apps', title: /^Apps/, visit: () => ({ world: emptyWorld() }) },
  { name: 'apps that fail to load', path: '/apps', title: /^Apps/, visit: () => ({ world: away() }) },
  { name: 'analytics', path: '/analytics', title: /^Analytics/ },
  {
    name: 'analytics by day, of one app',
    path: '/analytics?days=7&app=harbor-web',
    title: /^Analytics/,
    act: (page) => page.getByText('Show daily numbers').first().click(),
  },
  {
    name: 'empty analytics',
    path: '/analytics?days=90',
    title: /^Analytics/,
    visit: () => ({ world: emptyWorld() }),
  },
  {
    name: 'analytics that fail to load',
    path: '/analytics',
    title: /^Analytics/,
    visit: () => ({ world: away('GET /api/analytics') }),
  },
  { name: 'analytics of an unknown app', path: '/analytics?app=nothing', title: /^Analytics/ },
  {
    name: 'analytics while loading',
    path: '/analytics',
    title: /^Analytics/,
    visit: () => ({ world: { ...sampleWorld(), hanging: new Set(['GET /api/analytics']) }, settled: false }),
  },
  { name: 'new app', path: '/new', title: /^New app/ },
  { name: 'new app from a ZIP', path: '/new?from=upload', title: /^New app/ },
  {
    name: 'new app, configuring',
    path: '/new',
    title: /^Configure · New app/,
    act: async (page) => {
      await page.getByLabel('Repository URL').fill('northwind/tides');
      await button(page, 'Continue').click();
      await page.getByLabel('Name of variable 1').fill('2FAST');
      await page.getByText('Advanced').click();
      await button(page, 'Continue').click();
    },
  },
  {
    name: 'new app from a ZIP of several projects',
    path: '/new?from=upload',
    title: /^Configure · New app/,
    act: async (page) => {
      await chooseZip(page, 'harbor.zip', TWO_SITES);
      await page.getByText('The ZIP contains several projects.').waitFor();
      await button(page, 'Continue').click();
      await page.getByText('Choose the project to build.').waitFor();
    },
  },
  { name: 'an app', path: '/apps/harbor-web', title: /^Harbor/ },
  {
    name: 'deploying an app',
    path: '/apps/harbor-web',
    title: /^Harbor/,
    act: (page) => button(page, 'Deploy').click(),
  },
  {
    name: 'writing release notes',
    path: `/deployments/${SAMPLE.success}`,
    title: /^Ready · Harbor/,
    act: (page) => button(page, 'Edit release notes').click(),
  },
  {
    name: 'promoting a preview whose variables differ',
    path: `/deployments/${idOf(301)}`,
    title: /^Ready · Harbor/,
    visit: () => ({ world: { ...sampleWorld(), differing: ['API_URL'] } }),
    act: async (page) => {
      await button(page, 'Promote to production').click();
      await page.getByRole('button', { name: 'Promote', exact: true }).click();
      await button(page, 'Promote anyway').waitFor();
    },
  },
  { name: 'an app never deployed', path: '/apps/sandbox', title: /^Sandbox/ },
  {
    name: 'how a deployment was detected',
    path: `/deployments/${SAMPLE.success}`,
    title: /^Ready · Harbor/,
    act: (page) => page.getByText('How this was detected').click(),
  },
  { name: 'an unknown app', path: '/apps/nothing', title: /^Not found/ },
  { name: 'a running deployment', path: `/deployments/${SAMPLE.building}`, title: /^Building · Harbor/ },
  {
    name: 'a queued deployment',
    path: `/deployments/${SAMPLE.queued}`,
    title: /^Queued · Documentation/,
  },
  {
    name: 'a failed deployment',
    path: `/deployments/${SAMPLE.failed}`,
    title: /^Failed · Harbor/,
    act: async (page) => {
      await page.getByLabel('Search the log').fill('sidebar');
      await page.keyboard.press('Enter');
    },
  },
  {
    name: 'a deployment of several projects',
    path: `/deployments/${SAMPLE.ambiguous}`,
    title: /^Failed · /,
  },
  { name: 'a pinned deployment', path: `/deployments/${SAMPLE.android}`, title: /^Ready · Tide/ },
  {
    name: 'a deployment with removed artifacts',
    path: `/deployments/${SAMPLE.removed}`,
    title: /^Ready · Tide/,
  },
  { name: 'an app with a removed version', path: '/apps/tide', title: /^Tide/ },
  { name: 'a successful deployment', path: `/deployments/${SAMPLE.success}`, title: /^Ready · Harbor/ },
  {
    name: 'runners',
    path: '/runners',
    title: /^Runners/,
    act: (page) => button(page, /^Actions for local-1/).click(),
    // An open menu is rendered outside of the landmarks and traps the focus.
    except: ['region'],
  },
  { name: 'no runners', path: '/runners', title: /^Runners/, visit: () => ({ world: emptyWorld() }) },
  {
    name: 'adding a runner',
    path: '/runners',
    title: /^Runners/,
    act: (page) => button(page, 'Add runner').click(),
  },
  {
    name: 'editing a runner',
    path: '/runners',
    title: /^Runners/,
    act: async (page) => {
      await button(page, /^Actions for local-1/).click();
      await page.getByRole('menuitem', { name: 'Edit' }).click();
      await page.getByLabel('Slots').fill('many');
      await button(page, 'Save').click();
      await page.getByText('Enter a whole number from 1 to 64').waitFor();
    },
  },
  { name: 'tokens', path: '/settings/tokens', title: /^API tokens/ },
  {
    name: 'a new token',
    path: '/settings/tokens',
    title: /^API tokens/,
    act: (page) => button(page, 'New token').click(),
  },
  { name: 'an unknown page', path: '/nowhere', title: /^Not found/ },
];

describe.skipIf(chromiumPath === undefined)('each page', () => {
  test.for(PAGES)(
    '$name: is accessible in light and dark, wide and narrow, and obeys its Content Security Policy',
    async (spec) => {
      await checkPage(visit, spec);
    },
  );
});
