/** The settings of an app in the dashboard: variables, domains, triggers, schedules, notifications, and access. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Resolver, startResolver } from './dns.ts';
import { choose, dialog, expectAccessible, type RoomsInstance, startRooms, toast } from './instance.ts';

let rooms: RoomsInstance;
let resolver: Resolver;
let receiver: Server;
/** What the receiver of notifications answers. */
let receives = 200;
const received: string[] = [];

beforeAll(async () => {
  resolver = await startResolver();
  receiver = createServer((request, response) => {
    received.push(String(request.headers['x-appflux-event']));
    request.resume();
    response.writeHead(receives).end('thanks');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  rooms = await startRooms({ DNS_OVER_HTTPS_URL: resolver.url, APPFLUX_ALLOW_PRIVATE_TARGETS: '1' });
  const source = { provider: 'git' as const, repoUrl: 'https://git.example/team/shop.git', branch: 'main' };
  await rooms.client.createApp({ name: 'shop', source });
  await rooms.client.createApp({ name: 'flyer' });
});

afterAll(async () => {
  await rooms?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  resolver?.close();
  expect(rooms?.owner.faults()).toEqual([]);
});

const settings = (section: string, app = 'shop') => `/apps/${app}/settings/${section}`;
const app = () => rooms.client.app('shop');
const save = (page: Page) => page.getByRole('button', { name: 'Save', exact: true });

it('variables are added from a .env file, changed in their row, and deleted', async () => {
  await rooms.owner.on(settings('variables'), async (page) => {
    await page.getByText('No variables yet.').waitFor();

    await page.getByRole('textbox', { name: 'Name of variable 1' }).fill('9_LIVES');
    await page.getByRole('textbox', { name: 'Value of 9_LIVES' }).fill('x');
    await save(page).click();
    await page
      .getByText(/letters, digits/)
      .first()
      .waitFor();
    expect((await app()).envVars).toEqual([]);
    await page.getByRole('button', { name: 'Remove 9_LIVES' }).click();

    await page.getByLabel('.env file').setInputFiles({
      name: '.env',
      mimeType: 'text/plain',
      buffer: Buffer.from('# The shop\nAPI_URL=https://api.example\nexport TOKEN="a b"\nnot a line\n'),
    });
    await page.getByText('Skipped line 4').waitFor();
    await save(page).click();
    await toast(page, 'Saved');
    expect((await app()).envVars.map(({ name }) => name)).toEqual(['API_URL', 'TOKEN']);

    await page.getByRole('checkbox', { name: 'API_URL in previews' }).uncheck();
    await toast(page, 'API_URL changed');
    // A variable that applies nowhere would be one that nobody finds again.
    await expect
      .poll(() => page.getByRole('checkbox', { name: 'API_URL in production' }).isDisabled())
      .toBe(true);

    await choose(page, 'Actions for TOKEN', 'Set new value');
    const editor = page.getByRole('form', { name: 'New value of TOKEN' });
    await page.keyboard.type('c d');
    await editor.getByRole('checkbox', { name: 'Production' }).uncheck();
    await editor.getByRole('checkbox', { name: 'Preview' }).uncheck();
    await editor.getByRole('button', { name: 'Save value' }).click();
    await editor.getByText('at least one environment', { exact: false }).waitFor();
    await editor.getByRole('checkbox', { name: 'Preview' }).check();
    await expectAccessible(page);
    await editor.getByRole('button', { name: 'Save value' }).click();
    await toast(page, 'TOKEN saved');
    expect(Object.fromEntries((await app()).envVars.map((one) => [one.name, one.environments]))).toEqual({
      API_URL: ['production'],
      TOKEN: ['preview'],
    });

    await choose(page, 'Actions for TOKEN', 'Delete');
    await dialog(page, 'Delete TOKEN?').getByRole('button', { name: 'Delete variable' }).click();
    await toast(page, 'TOKEN deleted');
    // Values are never given back, so no page shows them.
    expect(await page.content()).not.toContain('api.example');
  });
});

it('a domain is added, waits for its record, and becomes active when DNS has it', async () => {
  await rooms.owner.on(settings('domains'), async (page) => {
    await page.getByText('No domains yet.', { exact: false }).waitFor();
    const field = page.getByRole('textbox', { name: 'Domain' });
    const add = page.getByRole('button', { name: 'Add domain' });
    for (const [wrong, says] of [
      ['https://shop.example/', 'A domain is a host name only'],
      ['127.0.0.1', 'An IP address can’t be added as a domain'],
      ['shop.sites.localhost', 'is the host of this AppFlux, or above or below it'],
    ] as const) {
      await field.fill(wrong);
      await add.click();
      await page.getByText(says, { exact: false }).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
    }
    await field.fill('WWW.Shop.example');
    await add.click();
    const item = page
      .getByRole('listitem')
      .filter({ has: page.getByText('www.shop.example', { exact: true }) })
      .first();
    await item.getByText('Pending', { exact: true }).waitFor();
    await item.getByRole('button', { name: 'Check now www.shop.example' }).click();
    await item.getByText('DNS has no such record yet.', { exact: false }).waitFor();
    await expectAccessible(page);

    const [domain] = (await rooms.client.api.domains.list('shop')).items;
    for (const record of domain?.records ?? []) {
      await page
        .getByRole('list', { name: 'DNS records of www.shop.example' })
        .getByText(record.value)
        .waitFor();
      resolver.add(record);
    }
    // Asked within seconds of the last check, the answer is that of the last check.
    await expect
      .poll(
        async () => {
          await item.getByRole('button', { name: 'Check now www.shop.example' }).click();
          return item.getByText('Active', { exact: true }).isVisible();
        },
        { interval: 500 },
      )
      .toBe(true);

    await field.fill('www.shop.example');
    await add.click();
    await page.getByText('shop has the domain www.shop.example already').waitFor();
    expect((await rooms.client.api.domains.list('shop')).items).toMatchObject([{ status: 'active' }]);

    await page.getByRole('button', { name: 'Remove www.shop.example' }).click();
    await dialog(page, 'Remove www.shop.example?').getByRole('button', { name: 'Remove domain' }).click();
    await page.getByText('No domains yet.', { exact: false }).waitFor();
  });
});

it('triggers say which pushes deploy, and a deploy hook deploys until it is revoked', async () => {
  await rooms.owner.on(settings('triggers'), async (page) => {
    const branch = page.getByRole('textbox', { name: 'Production branch' });
    await branch.fill('a..b');
    await save(page).click();
    await expect.poll(() => page.locator('[aria-invalid="true"]').count()).toBe(1);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid'))).toBe('true');
    await branch.fill('trunk');
    await page.getByRole('textbox', { name: 'Tags' }).fill('v*');
    await page.getByRole('combobox', { name: 'Other branches' }).selectOption('production');
    await save(page).click();
    await toast(page, 'Saved');
    expect((await app()).triggers).toMatchObject({ tags: 'v*', branches: 'production' });

    await page.getByText('No deploy hooks yet.').waitFor();
    await page.getByRole('textbox', { name: 'Hook name' }).fill('Content system');
    await page.getByRole('button', { name: 'Create hook' }).click();
    const url = await page.getByText(`${rooms.edge.url}/hooks/`, { exact: false }).innerText();
    await expectAccessible(page);
    await page.goto(rooms.edge.url + settings('triggers'));
    await page.getByText('Never used').waitFor();
    expect(await page.content()).not.toContain(url);
    expect((await fetch(url, { method: 'POST' })).status).toBe(202);

    await page.reload();
    await page.getByText(/^Used/).waitFor();
    await page.getByRole('button', { name: 'Revoke Content system' }).click();
    await dialog(page, 'Revoke Content system?').getByRole('button', { name: 'Revoke hook' }).click();
    await page.getByText('No deploy hooks yet.').waitFor();
    expect((await fetch(url, { method: 'POST' })).status).toBeGreaterThanOrEqual(400);
  });
});

it('schedules are added from a list or as an expression, which is read aloud before it is saved', async () => {
  await rooms.owner.on(settings('schedules'), async (page) => {
    await page.getByText('No schedules yet.').waitFor();
    await page.getByRole('combobox', { name: 'When' }).selectOption('Custom');
    const expression = page.getByRole('textbox', { name: 'Cron expression' });
    const add = page.getByRole('button', { name: 'Add schedule' });
    await expression.fill('61 * * * *');
    await add.click();
    await expect.poll(() => expression.getAttribute('aria-invalid')).toBe('true');
    await expression.fill('30 6 * * 1-5');
    await page.getByRole('status').getByText('At 06:30, Monday through Friday (UTC).').waitFor();
    await page.getByRole('combobox', { name: 'Environment' }).selectOption('preview');
    await add.click();
    await toast(page, 'Schedule added');
    const list = page.getByRole('list', { name: 'Schedules' });
    await list.getByText('30 6 * * 1-5').waitFor();
    await list.getByText('Preview', { exact: true }).waitFor();
    await expectAccessible(page);
    expect(await rooms.client.api.apps.schedules('shop')).toMatchObject([
      { cron: '30 6 * * 1-5', environment: 'preview' },
    ]);
    await list.getByRole('button', { name: 'Remove the schedule 30 6 * * 1-5' }).click();
    await page.getByText('No schedules yet.').waitFor();
  });
});

it('a notification is tested, its deliveries say what was sent and answered, and a failed one is sent again', async () => {
  await rooms.owner.on(settings('notifications'), async (page) => {
    await page.getByRole('heading', { name: 'No notifications yet' }).waitFor();
    await page.getByRole('button', { name: 'New notification' }).click();
    const form = dialog(page, 'New notification');
    await form.getByRole('textbox', { name: 'Webhook URL' }).fill('not a URL');
    await form.getByRole('button', { name: 'Add notification' }).click();
    await expect.poll(() => form.locator('[aria-invalid="true"]').count()).toBe(1);
    const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/appflux`;
    await form.getByRole('textbox', { name: 'Webhook URL' }).fill(target);
    await form.getByRole('textbox', { name: 'Name' }).fill('Status page');
    await form.getByRole('button', { name: 'Add notification' }).click();
    const secret = dialog(page, 'Copy the signing secret now');
    await secret.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Nothing sent yet').waitFor();
    await expectAccessible(page);

    receives = 500;
    await choose(page, 'Actions for Status page', 'Send test');
    await page.getByRole('heading', { name: 'Status page' }).waitFor();
    const deliveries = page.getByRole('list', { name: 'Deliveries, newest first' });
    await deliveries.getByText('The receiver answered 500', { exact: true }).waitFor();
    receives = 200;
    await deliveries.getByText('Test', { exact: true }).first().click();
    await deliveries.getByText('thanks').waitFor();
    await expectAccessible(page);
    await deliveries.getByRole('button', { name: 'Redeliver' }).click();
    await deliveries.getByText('Delivered', { exact: true }).first().waitFor();
    expect(received.filter((event) => event === 'test').length).toBeGreaterThanOrEqual(2);

    await page.goto(`${rooms.edge.url}/settings/notifications`);
    await choose(page, 'Actions for Status page', 'Disable');
    await page.getByText('Disabled', { exact: true }).waitFor();
    await choose(page, 'Actions for Status page', 'Delete');
    await dialog(page, 'Delete Status page?').getByRole('button', { name: 'Delete notification' }).click();
    await page.getByRole('heading', { name: 'No notifications yet' }).waitFor();
  });
});

it('access by password asks for one, keeps it to itself, and applies to the site immediately', async () => {
  const site = (await rooms.client.app('flyer')).urls.page;
  await rooms.owner.on(settings('access', 'flyer'), async (page) => {
    await page.getByRole('combobox', { name: 'Production' }).selectOption('password');
    await save(page).click();
    await page.getByText('Enter a password.').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill('short');
    await page.getByText('Use 8 to 200 characters.').waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill('open sesame');
    await expectAccessible(page);
    await save(page).click();
    await toast(page, 'Saved');
    await page.getByText('New password').waitFor();
    expect(await page.getByRole('textbox', { name: 'New password' }).inputValue()).toBe('');
    expect((await fetch(site)).status).toBe(401);
    await page.getByRole('combobox', { name: 'Production' }).selectOption('public');
    await save(page).click();
    await toast(page, 'Saved');
    await expect.poll(async () => (await fetch(site)).status).not.toBe(401);
  });
});
