// @vitest-environment node
/** The GitHub App, webhooks, and repositories for new apps, in the built dashboard with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { connectGithub } from '../../testing/sample-triggers.ts';
import { sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('the GitHub App', () => {
  test('is registered by a form that the browser posts to GitHub, which its policy allows', async () => {
    const { page, faults } = await visit('/settings/git', { world: { ...emptyWorld(), team: 'instance' } });
    await page.getByLabel('Owner of the App').selectOption('organization');
    await page.getByRole('button', { name: 'Register GitHub App' }).click();
    await page.getByText('Enter the name of the organization').waitFor();
    await page.getByLabel('Organization', { exact: true }).fill('northwind');
    const [post] = await Promise.all([
      page.waitForRequest(
        (request) => request.method() === 'POST' && request.url().includes('/settings/apps/new'),
      ),
      page.getByRole('button', { name: 'Register GitHub App' }).click(),
    ]);
    expect(post.url()).toContain('/github/organizations/northwind/settings/apps/new?state=s');
    expect(post.postData()).toBe(`manifest=${encodeURIComponent('{"name":"AppFlux"}')}`);
    expect(faults).toEqual([]);
  });

  test('is there once GitHub sends someone back, and the code leaves the URL', async () => {
    const { page, api } = await visit('/integrations/github/created?code=good&state=s', {
      world: { ...emptyWorld(), team: 'instance' },
    });
    await page.getByText('AppFlux Harbor is registered.').waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/settings/git', search: '' });
    expect(api.calls.filter((call) => call === 'POST /api/integrations/github/app')).toHaveLength(1);
    // The in-memory API stands in for GitHub and sends people back immediately.
    await page.getByRole('button', { name: 'Install on an account' }).click();
    await page.getByText('Connected: northwind.').waitFor();
    await page.getByRole('list', { name: 'Installations' }).getByText('selected repositories').waitFor();
    await page.getByRole('button', { name: 'Disconnect northwind' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByText('Not installed yet.').waitFor();
    expect(api.world.installations).toEqual([]);
  });

  test('says what GitHub refused, and what someone canceled there', async () => {
    const { page, api } = await visit('/settings/git?step=installed&code=used&state=s', {
      world: connectGithub(sampleWorld()),
    });
    await page.getByText('Couldn’t complete this with GitHub').waitFor();
    await page.getByText('Suspended').waitFor();
    await page.goto(`${api.origin}/integrations/github/installed?error=access_denied&state=s`);
    await page.getByText('Canceled at GitHub. Nothing was changed.').waitFor();
    // Only the owner of the instance may register or remove it.
    expect(await page.getByRole('button', { name: 'Remove App' }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('a webhook', () => {
  test('has a secret that is shown once, and is revoked', async () => {
    const { page, api, faults } = await visit('/settings/git');
    await page.getByRole('button', { name: 'New webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Git host').selectOption('gitlab');
    await dialog.getByLabel('Name').press('Enter');
    await dialog.getByText('Enter a name.').waitFor();
    await dialog.getByLabel('Name').fill('northwind/charts');
    await page.keyboard.press('Enter');
    await dialog.getByText('afw_').waitFor();
    await dialog.getByText('/hooks/git/gitlab').waitFor();
    await dialog.getByText('Merge request events').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain('afw_');
    await page.getByRole('button', { name: 'Revoke northwind/charts' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke secret' }).click();
    await page.getByText('northwind/charts revoked').waitFor();
    expect(api.world.webhookSecrets.map(({ name }) => name)).toEqual(['northwind/docs']);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(chromiumPath === undefined)('a new app', () => {
  test('comes from a repository that was searched for, on a branch that was', async () => {
    const { page, api, faults } = await visit('/new', { world: connectGithub(sampleWorld()) });
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Choose a repository.').waitFor();
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByRole('radio', { name: 'northwind/chart-40' }).waitFor();
    await page.getByLabel('Search repositories').fill('HARBOR');
    await expect.poll(() => page.getByRole('radio', { name: /^northwind/ }).count()).toBe(1);
    await page.getByRole('radio', { name: /^northwind\/harbor/ }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Configure' }).waitFor();
    const branch = page.getByLabel('Branch');
    expect(await branch.inputValue()).toBe('trunk');
    await branch.fill('release');
    await expect
      .poll(() => page.locator('datalist[id$="-branches"] option').allTextContents())
      .toHaveLength(1);
    await branch.fill('release/2.5');
    await page.getByLabel('Slug').fill('harbor-next');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('GitHub App', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]?.source).toEqual({
      provider: 'github',
      repoUrl: 'https://github.com/northwind/harbor',
      branch: 'release/2.5',
      rootDirectory: './',
      depth: 1,
    });
    expect(faults).toEqual([]);
  });

  test('of a private repository shows its deploy key before it is cloned', async () => {
    const { page, api } = await visit('/new?from=git');
    await page.getByLabel('Repository URL').fill('git@git.example.com:northwind/charts.git');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Repository access').click();
    await page.getByLabel('Credential').selectOption('generate');
    await page.getByLabel('Clone depth').selectOption('full');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('New SSH deploy key').waitFor();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.getByText('Add this public key').waitFor();
    expect(api.calls.filter((call) => /POST .*deployments$/.test(call))).toEqual([]);
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\//);
    expect(api.world.apps[0]?.source).toMatchObject({
      repoUrl: 'ssh://git@git.example.com/northwind/charts.git',
      depth: 'full',
    });
  });

  test('can still come from a URL, also when repositories don’t load', async () => {
    const world = connectGithub(sampleWorld());
    const { page, api } = await visit('/new', { world });
    await page.getByRole('button', { name: 'Enter a URL instead' }).click();
    await page.getByLabel('Repository URL').fill('ada/engine');
    await page.getByRole('button', { name: 'Choose from your repositories' }).click();
    await page.getByLabel('Search repositories').waitFor();
    api.world.hanging.add('GET /api/integrations/github');
    await page.goto(`${api.origin}/new?from=git`);
    await page.getByLabel('Repository URL').waitFor();
  });
});
