// @vitest-environment node
/** What an app publishes, and for whom, in the built dashboard with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { SAMPLE, sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

/** A world in which only members may download what Harbor makes. */
function privateWorld() {
  const world = sampleWorld();
  for (const app of world.apps) app.access = { production: 'team', previews: 'team' };
  return world;
}

/** A world in which Tide publishes updates of Expo. */
function expoWorld() {
  const world = sampleWorld();
  for (const { id, artifacts } of world.deployments)
    if (id === SAMPLE.android) for (const artifact of artifacts) artifact.meta = { update: 'expo' };
  return world;
}

describe.skipIf(chromiumPath === undefined)('the settings of what is published', () => {
  test('are changed, and report a host that is none', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web/settings/publishing');
    const form = page.getByRole('form', { name: 'Publishing' });
    await form.getByLabel('Releases').selectOption('manual');
    await form.getByLabel('Single-page app fallback').selectOption('on');
    await form.getByLabel('Rewrite hosts').fill('https://api.example.com/');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('isn’t a host').waitFor();
    expect(api.calls).not.toContain('PATCH /api/apps/harbor-web');
    await form.getByLabel('Rewrite hosts').fill('API.example.com\nlocalhost:3000');
    await form.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps[0]).toMatchObject({
      autoRelease: false,
      spaFallback: true,
      rewriteHosts: ['api.example.com', 'localhost:3000'],
    });
    expect(faults).toEqual([]);
  });

  test('ask for a password by keyboard, and never show it again', async () => {
    const { page, api } = await visit('/apps/harbor-web/settings/access');
    const form = page.getByRole('form', { name: 'Access' });
    await form.getByLabel('Previews').selectOption('password');
    const password = form.getByLabel('Password');
    await password.fill('short');
    await page.keyboard.press('Enter');
    expect(await password.evaluate((input) => document.activeElement === input)).toBe(true);
    expect(await password.getAttribute('aria-invalid')).toBe('true');
    await password.fill('long enough');
    await page.keyboard.press('Enter');
    await page.getByText('Saved', { exact: true }).waitFor();
    expect(api.world.apps[0]).toMatchObject({
      access: { production: 'public', previews: 'password' },
      hasPassword: true,
    });
    expect(await form.getByLabel('New password').inputValue()).toBe('');
  });
});

describe.skipIf(chromiumPath === undefined)('the code signing key of an Expo app', () => {
  test('is set, not shown again, and deleted', async () => {
    const { page, api, faults } = await visit('/apps/tide/settings/signing', { world: expoWorld() });
    const form = page.getByRole('form', { name: 'Code signing of Expo updates' });
    const save = form.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    await form.getByLabel('Private key').fill('-----BEGIN PRIVATE KEY-----');
    await form.getByLabel('Certificate').fill('-----BEGIN CERTIFICATE-----');
    await save.click();
    await form.getByText('certificate expires on Nov 10, 2036').waitFor();
    expect(await form.getByLabel('Private key').inputValue()).toBe('');
    expect(api.world.expoKey?.keyId).toBe('main');
    await form.getByRole('button', { name: 'Delete key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click();
    await page.getByText('Code signing key deleted').waitFor();
    expect(api.world.expoKey).toBe(null);
    expect(faults).toEqual([]);
  });

  test('isn’t asked for by apps that publish no updates of Expo', async () => {
    const { page } = await visit('/apps/tide/settings/variables');
    const sections = page.getByRole('navigation', { name: 'Settings' });
    await sections.getByRole('link', { name: 'Variables' }).waitFor();
    expect(await sections.getByRole('link', { name: 'Signing keys' }).count()).toBe(0);
  });
});

describe.skipIf(chromiumPath === undefined)('a deployment', () => {
  test('has release notes, which are replaced and taken back', async () => {
    const { page, api } = await visit(`/deployments/${SAMPLE.success}`);
    await page.getByText('From the change log').waitFor();
    await page.getByRole('button', { name: 'Edit release notes' }).click();
    const text = page.getByLabel('Text in Markdown');
    expect(await text.inputValue()).toContain('## Tides');
    await text.fill('A *better* map');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Written here').waitFor();
    expect(api.world.notes.get(SAMPLE.success)?.text).toBe('A *better* map');
    await page.getByRole('button', { name: 'Edit release notes' }).click();
    await page.getByRole('button', { name: 'Use those of the build' }).click();
    await page.getByRole('button', { name: 'Write release notes' }).waitFor();
    expect(api.world.notes.has(SAMPLE.success)).toBe(false);
  });

  test('that isn’t public is downloaded by a signed link, which can be copied for others', async () => {
    const { page, api } = await visit(`/deployments/${SAMPLE.success}`, { world: privateWorld() });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'harbor-web.zip', exact: true }).click(),
    ]);
    expect(download.url()).toContain('?sig=good');
    await page.getByRole('button', { name: 'Copy a link to harbor-web.zip' }).click();
    await expect.poll(() => api.calls.filter((call) => call.endsWith('/links'))).toHaveLength(2);
  });

  test('that isn’t public leads viewers, who can’t create links, to a sign-in', async () => {
    const { page } = await visit(`/deployments/${SAMPLE.success}`, {
      world: { ...privateWorld(), role: 'viewer' },
    });
    const link = page.getByRole('link', { name: 'harbor-web.zip' });
    await expect.poll(() => link.getAttribute('download')).toBe(null);
    expect(await page.getByRole('button', { name: /^Copy a link/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /release notes$/ }).count()).toBe(0);
  });

  test('has its attestation downloaded, and says why there is no bill of materials', async () => {
    const { page } = await visit(`/deployments/${SAMPLE.success}`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Attestation' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`harbor-web-${SAMPLE.success}.attestation.json`);
    await page.getByRole('button', { name: 'SBOM' }).click();
    await page.getByRole('alert').filter({ hasText: 'no lockfile' }).waitFor();
    // Public files need no signed link.
    expect(await page.getByRole('link', { name: 'harbor-web.zip' }).getAttribute('download')).not.toBe(null);
  });
});
