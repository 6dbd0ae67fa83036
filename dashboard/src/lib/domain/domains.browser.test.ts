// @vitest-environment node
/** The domains of an app in the built dashboard, in a real browser with the in-memory API. */
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { sampleWorld } from '../../testing/sample-world.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

describe.skipIf(chromiumPath === undefined)('a domain', () => {
  test('is added by keyboard, with the record to create, and checked until it is active', async () => {
    const { page, api, faults } = await visit('/apps/harbor-web/settings/domains', {
      world: { ...sampleWorld(), domains: [] },
    });
    await page.getByText('No domains yet.').waitFor();
    await page.getByLabel('Domain', { exact: true }).focus();
    await page.keyboard.type('harbor');
    await page.keyboard.press('Enter');
    await page.getByText('harbor isn’t a domain').waitFor();
    await page.getByText('Enter a name such as www.example.com.').waitFor();
    await page.keyboard.type('.example.com');
    await page.keyboard.press('Enter');
    const records = page.getByRole('list', { name: 'DNS records of harbor.example.com' });
    expect(await records.innerText()).toMatch(/CNAME\s+Name\s+harbor\.example\.com\s+Value\s+domain-5d41/);
    await records.getByRole('button', { name: /^Copy value of the record: domain-5d41/ }).waitFor();
    const check = page.getByRole('button', { name: 'Check now harbor.example.com' });
    await check.press('Enter');
    await page.getByText('harbor.example.com isn’t active yet').waitFor();
    await check.press('Enter');
    await page.getByText('harbor.example.com is active').waitFor();
    expect(await records.isVisible()).toBe(false);
    expect(api.world.domains).toMatchObject([{ host: 'harbor.example.com', status: 'active' }]);
    expect(faults).toEqual([]);
  });

  test('redirects to another one, and is removed after a question that names who redirects there', async () => {
    const { page, api } = await visit('/apps/harbor-web/settings/domains');
    await page.getByLabel('Domain', { exact: true }).fill('old.harbor.example');
    await page.getByLabel('Redirect to another domain').selectOption('www.harbor.example');
    await page.getByRole('button', { name: 'Add domain' }).click();
    await page.getByText('old.harbor.example added').waitFor();
    expect(api.world.domains.at(-1)?.redirectTo).toBe('www.harbor.example');
    await page.getByRole('button', { name: 'Remove www.harbor.example' }).click();
    const dialog = page.getByRole('dialog', { name: 'Remove www.harbor.example?' });
    await dialog.getByText('old.harbor.example then').waitFor();
    await dialog.getByRole('button', { name: 'Remove domain' }).click();
    await page.getByText('www.harbor.example removed').waitFor();
    expect(api.world.domains.some(({ host }) => host === 'www.harbor.example')).toBe(false);
  });
});
