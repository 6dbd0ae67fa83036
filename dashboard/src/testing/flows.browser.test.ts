// @vitest-environment node
/** User flows through the built dashboard, in a real browser with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from './browser.ts';
import { VALID_PASSWORD } from './fake-auth.ts';
import { SAMPLE, sampleWorld } from './sample-world.ts';
import { useBrowser } from './visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('signing in', () => {
  test('redirects from any page to sign-in and, with the link, back to that page', async () => {
    const { page, api } = await visit(`/deployments/${SAMPLE.failed}#L15`, { signedOut: true });
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    const { searchParams } = new URL(page.url());
    expect(searchParams.get('next')).toBe(`/deployments/${SAMPLE.failed}#L15`);
    await page.goto(
      `${api.origin}/sign-in?next=${encodeURIComponent(searchParams.get('next') ?? '')}#token_hash=good`,
    );
    await page.getByRole('heading', { name: /Move the sidebar/ }).waitFor();
    expect(page.url()).toBe(`${api.origin}/deployments/${SAMPLE.failed}#L15`);
    await page.goBack();
    expect(page.url()).not.toContain('token_hash');
  });

  test('is undone by signing out', async () => {
    const { page } = await visit('/');
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });

  test('is required again when the server rejects the session', async () => {
    const { page, api } = await visit('/');
    await page.getByText('Documentation').first().waitFor();
    api.world.sessionEnded = true;
    await page.getByRole('link', { name: 'Runners' }).first().click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    expect(page.url()).toContain('next=%2Frunners');
  });
});

describe.skipIf(chromiumPath === undefined)('a runner', () => {
  test('that asks for more than it is registered for shows that, and is edited in a dialog', async () => {
    const { page, api } = await visit('/runners');
    const row = page.getByRole('listitem').filter({ hasText: 'basement-xeon' });
    await row.getByText('Asks for 16 slots, registered for 8').waitFor();
    await row.getByText('3 of 8 slots busy').waitFor();
    await row.getByRole('button', { name: 'Actions for basement-xeon' }).click();
    await page.getByRole('menuitem', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit basement-xeon' });
    await dialog.getByLabel('Slots').fill('0');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Enter a whole number from 1 to 64').waitFor();
    await dialog.getByLabel('Slots').fill('16');
    await dialog.getByLabel('Labels').fill('linux, x64, web, android, flutter, prod-signing');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await row.getByText('3 of 16 slots busy').waitFor();
    expect(await row.getByText('Asks for').count()).toBe(0);
    const changed = api.world.runners.find(({ name }) => name === 'basement-xeon');
    expect(changed?.labels).toEqual(['linux', 'x64', 'web', 'android', 'flutter', 'prod-signing']);
  });
});

describe.skipIf(chromiumPath === undefined)('limits of builds', () => {
  test('are changed in a dialog, which says what it can’t read', async () => {
    const { page, api } = await visit('/runners');
    await page.getByRole('button', { name: 'Build limits' }).click();
    const dialog = page.getByRole('dialog', { name: 'Build limits' });
    await dialog.getByLabel('Builds at a time', { exact: true }).fill('6');
    await dialog.getByLabel('Builds at a time by label').fill('macos');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('Enter labels with a number each').waitFor();
    await dialog.getByLabel('Builds at a time by label').fill('macos: 2');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(api.world.limits).toEqual({ builds: 6, labels: { macos: 2 } });
  });
});

describe.skipIf(chromiumPath === undefined)('irreversible actions', () => {
  test('a team is deleted by keyboard after its name is typed, and its owner keeps their account', async () => {
    const { page, api } = await visit('/settings/team');
    await page.getByRole('button', { name: 'Delete team' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete team owner@harbor.example?' });
    await dialog.waitFor();
    const confirm = dialog.getByRole('button', { name: 'Delete permanently' });
    expect(await confirm.isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Delete team');

    await page.keyboard.press('Enter');
    const input = dialog.getByLabel('Type owner@harbor.example to confirm');
    await input.focus();
    await page.keyboard.type('owner@harbor');
    await page.keyboard.press('Enter');
    expect(api.calls).not.toContain('DELETE /api/team');
    await page.keyboard.type('.example');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Delete your account' }).waitFor();
    expect(api.calls).toContain('DELETE /api/team');
    await page.getByRole('link', { name: 'Apps' }).first().click();
    await page.getByRole('heading', { name: 'You’re not in a team yet' }).waitFor();
  });

  test('an account is deleted with its email and password, and the server’s errors are shown', async () => {
    const { page, api } = await visit('/settings/account');
    await page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
    await dialog.getByLabel('Type owner@harbor.example to confirm').fill('owner@harbor.example');
    await dialog.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').filter({ hasText: 'Wrong current password' }).waitFor();
    await dialog.getByLabel('Password').fill(VALID_PASSWORD);
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').filter({ hasText: 'You are the last owner of a team' }).waitFor();
    api.world.team = 'deleted';
    await dialog.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });

  test('GitHub is unlinked, and can be linked again', async () => {
    const { page, api } = await visit('/settings/account', { world: { ...sampleWorld(), github: true } });
    await page.getByRole('button', { name: 'Unlink GitHub' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Unlink GitHub' }).click();
    await page.getByRole('button', { name: 'Link GitHub', exact: true }).waitFor();
    expect(api.world.github).toBe(false);
  });
});

describe.skipIf(chromiumPath === undefined)('an app', () => {
  test('shows older deployments page by page', async () => {
    const { page } = await visit('/apps/harbor-web');
    await page.getByText('Add a weather layer').first().waitFor();
    const rows = page.getByRole('listitem').filter({ hasText: /ago|yesterday|just now|wk|mo/ });
    const before = await rows.count();
    await page.getByRole('button', { name: 'Load more' }).click();
    await expect.poll(() => rows.count()).toBeGreaterThan(before);
  });

  test('is deleted only after its slug is typed', async () => {
    const { page, api } = await visit('/apps/sandbox/settings/general');
    await page.getByRole('button', { name: 'Delete app' }).click();
    const confirm = page.getByRole('button', { name: 'Delete permanently' });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Type sandbox to confirm').fill('sandbox');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${api.origin}/apps`);
    expect(api.world.apps.map(({ slug }) => slug)).not.toContain('sandbox');
  });

  test('has its Node version, image, time limit, and labels set by keyboard, and reports invalid ones', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web/settings/build');
    const form = page.getByRole('form', { name: 'Build' });
    await form.getByLabel('Node version').focus();
    for (const text of ['the newest', '400', 'two words', 'Mac OS']) {
      await page.keyboard.type(text);
      await page.keyboard.press('Tab');
    }
    await form.getByLabel('Runner labels').waitFor();
    for (const label of ['Node version', 'Time limit in minutes', 'Builder image', 'Runner labels']) {
      const field = form.getByLabel(label);
      expect([label, await field.getAttribute('aria-invalid')]).toEqual([label, 'true']);
      const note = await field.getAttribute('aria-describedby');
      expect(await page.locator(`[id="${note}"]`).innerText()).not.toBe('');
    }
    await form.getByLabel('Node version').fill('>=22');
    await form.getByLabel('Time limit in minutes').fill('45');
    await form.getByLabel('Builder image').fill('appflux/web-builder');
    await form.getByLabel('Runner labels').fill('linux, arm64');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => api.world.apps.find(({ slug }) => slug === 'harbor-web')?.build)
      .toMatchObject({
        node: '>=22',
        timeoutSeconds: 2700,
        image: 'appflux/web-builder',
        labels: ['linux', 'arm64'],
      });
    expect(faults).toEqual([]);
  });
});

describe.skipIf(chromiumPath === undefined)('the plan of a deployment', () => {
  test('shows the image’s digest and tools on demand, also by keyboard', async () => {
    const { page } = await visit(`/deployments/${SAMPLE.success}`);
    const digest = page.getByText(/^sha256:4f1d/);
    expect(await digest.isVisible()).toBe(false);
    expect(await page.getByText(/^node 24\.11\.1, npm/).isVisible()).toBe(false);
    await page.locator('summary', { hasText: 'How this was detected' }).focus();
    await page.keyboard.press('Enter');
    expect(await digest.isVisible()).toBe(true);
    expect(await page.getByText(/^node 24\.11\.1, npm/).isVisible()).toBe(true);
  });
});

describe.skipIf(chromiumPath === undefined)('a deployment of several projects', () => {
  test('offers each, saves the chosen one in the app’s settings, and deploys it', async () => {
    const { page, api, faults } = await visit(`/deployments/${SAMPLE.ambiguous}`);
    await page.getByRole('heading', { name: /several sites/ }).waitFor();
    const offered = page.getByRole('list', { name: 'Build options' });
    expect(await offered.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('apps/blog'),
      expect.stringContaining('apps/shop'),
    ]);
    await offered.getByRole('button', { name: /^Build this\s+apps\/shop$/ }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(SAMPLE.ambiguous));
    expect(api.world.apps.find(({ slug }) => slug === 'docs')).toMatchObject({
      type: null,
      source: { provider: 'git', rootDirectory: 'apps/shop' },
    });
    expect(faults).toEqual([]);
  });

  test('offers nothing to users who may not change the app', async () => {
    const { page } = await visit(`/deployments/${SAMPLE.ambiguous}`, {
      world: { ...sampleWorld(), role: 'developer' },
    });
    await page.getByRole('list', { name: 'Build options' }).waitFor();
    expect(await page.getByRole('button', { name: /^Build this/ }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('the theme', () => {
  test('is the system’s until one is chosen, and is applied before the first paint', async () => {
    const { page } = await visit('/', { world: sampleWorld(), colorScheme: 'light' });
    const canvas = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await canvas();
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await expect.poll(canvas).not.toBe(light);
    await page.reload({ waitUntil: 'domcontentloaded' });
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  });
});

describe.skipIf(chromiumPath === undefined)('a metrics token', () => {
  test('is shown once, listed, and revoked after a confirmation', async () => {
    const { page, api } = await visit('/settings/operations', {
      world: { ...sampleWorld(), team: 'instance', metricsTokens: [] },
    });
    await page.getByRole('button', { name: 'New metrics token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog.getByText('Enter a name.').waitFor();
    await dialog.getByLabel('Name').fill('Prometheus');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog.getByText('afm_8Qk2mZ7pWc4xTn1v').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.content()).not.toContain('afm_8Qk2mZ7pWc4xTn1v');
    await page.getByRole('button', { name: 'Revoke Prometheus' }).click();
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await page.getByText('Prometheus revoked').waitFor();
    expect(api.world.metricsTokens).toEqual([]);
  });
});

describe.skipIf(chromiumPath === undefined)('maintenance', () => {
  test('is turned on with a reason and off again by keyboard, and everyone sees a banner meanwhile', async () => {
    const { page, api } = await visit('/settings/operations', {
      world: { ...sampleWorld(), team: 'instance' },
    });
    const turnOn = page.getByRole('button', { name: 'Turn maintenance on' });
    await turnOn.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByLabel('Reason').focus();
    await page.keyboard.type('a new disk');
    await page.keyboard.press('Enter');
    const banner = page.getByText('AppFlux is in maintenance: a new disk');
    await banner.waitFor();
    expect(api.world.maintenance?.reason).toBe('a new disk');
    await page.getByRole('link', { name: 'Runners' }).first().click();
    await page.getByRole('heading', { name: 'Runners', level: 1 }).waitFor();
    await banner.waitFor();
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page.getByRole('link', { name: 'Operations' }).click();
    await page.getByRole('button', { name: 'Turn maintenance off' }).focus();
    await page.keyboard.press('Enter');
    await turnOn.waitFor();
    await banner.waitFor({ state: 'detached' });
    expect(api.world.maintenance).toBeNull();
    await turnOn.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Turn on', exact: true }).click();
    await page.getByText('AppFlux is in maintenance. New deployments wait until it ends.').waitFor();
    expect(api.world.maintenance?.reason).toBeNull();
  });
});
