/** The team in the dashboard: its runners, its members, and the account of each. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SimulatedRunner } from '../../instance/simulated-runner.ts';
import { onPage, watchedPage } from '../watched-page.ts';
import {
  choose,
  dialog,
  expectAccessible,
  type RoomsInstance,
  startRooms,
  toast,
  type Visitor,
  visitorOf,
} from './instance.ts';

const PASSWORD = 'correct horse battery';
const ADA = 'ada@example.com';

let rooms: RoomsInstance;
let ada: Visitor;

beforeAll(async () => {
  rooms = await startRooms();
});

afterAll(async () => {
  await rooms?.stop();
  expect([...(rooms?.owner.faults() ?? []), ...(ada?.faults() ?? [])]).toEqual([]);
});

it('a runner is added by a command, appears when it connects, drains, and is removed', async () => {
  await rooms.owner.on('/runners', async (page) => {
    await page.getByRole('heading', { name: 'No runners yet' }).waitFor();
    await page.getByRole('main').getByRole('button', { name: 'Add runner' }).last().click();
    const adding = dialog(page, 'Add runner');
    await adding.getByRole('textbox', { name: 'Name' }).fill('Not A Name!');
    await adding.getByRole('button', { name: 'Create command' }).click();
    expect(await adding.getByRole('textbox', { name: 'Name' }).getAttribute('aria-invalid')).toBe('true');
    await adding.getByRole('textbox', { name: 'Name' }).fill('attic');
    await adding.getByRole('textbox', { name: 'Labels' }).fill('linux, gpu');
    await adding.getByRole('button', { name: 'Create command' }).click();
    await adding.getByText('Only this machine can reach', { exact: false }).waitFor();
    await adding.getByRole('status').getByText('Waiting for the runner', { exact: false }).waitFor();
    await expectAccessible(page);

    // What the command does on the machine.
    const command = await adding.locator('code').filter({ hasText: 'sh install-runner.sh' }).innerText();
    const [, token = ''] = /echo '?([\w-]+)'? \| sh /.exec(command) ?? [];
    const registered = await rooms.client.api.runners.register({
      token,
      name: 'attic',
      labels: ['linux', 'gpu'],
      slots: 2,
      version: '0.1.0',
    });
    const runner = await SimulatedRunner.connect(rooms.edge.url, registered, { labels: ['linux', 'gpu'] });
    await adding.getByRole('status').getByText('attic is online.').waitFor();
    await adding.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('listitem').filter({ has: page.getByText('attic', { exact: true }) });
    await row.getByText('Online', { exact: false }).waitFor();
    await expectAccessible(page);

    await choose(page, 'Actions for attic', 'Drain');
    await toast(page, 'attic is draining');
    await row.getByText('Draining', { exact: false }).waitFor();
    await choose(page, 'Actions for attic', 'Resume builds');
    await row.getByText('Online', { exact: false }).waitFor();
    await choose(page, 'Actions for attic', 'Remove');
    await dialog(page, 'Remove attic?').getByRole('button', { name: 'Remove runner' }).click();
    await page.getByRole('heading', { name: 'No runners yet' }).waitFor();
    await runner.pool.closed;
  });
});

it('a member joins by invitation, gets another role, and is removed', async () => {
  await rooms.owner.on('/settings/team', async (page) => {
    const members = page.getByRole('list', { name: 'Members' });
    await members.getByText('owner@localhost').first().waitFor();
    // Who is the only owner can't leave.
    await members.getByRole('button', { name: 'Leave owner@localhost' }).click();
    await dialog(page, 'Leave the team?').getByRole('button', { name: 'Leave' }).click();
    await toast(page, 'Couldn’t leave the team');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Invite' }).click();
    const inviting = dialog(page, 'Invite someone');
    await inviting.getByRole('combobox', { name: 'Role' }).selectOption({ label: 'Viewer' });
    await inviting.getByRole('textbox', { name: 'Note' }).fill('For Ada');
    await inviting.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByText(`${rooms.edge.url}/invite#token=`, { exact: false }).innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('list', { name: 'Invitations' }).getByText('For Ada', { exact: true }).waitFor();
    await expectAccessible(page);

    const watched = await watchedPage(rooms.browser);
    ada = visitorOf(rooms.edge, watched);
    await onPage(watched, async () => {
      await ada.page.goto(link);
      await ada.page.getByLabel('Email').fill(ADA);
      await ada.page.getByLabel('Password').fill(PASSWORD);
      await ada.page.getByRole('button', { name: 'Create account and join' }).click();
      await ada.page.getByRole('heading', { name: 'Overview' }).waitFor();
    });
    // Another one is revoked before anybody uses it.
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('button', { name: 'Create link' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: /^Revoke the invitation/ }).click();
    await expect.poll(() => page.getByRole('list', { name: 'Invitations' }).count()).toBe(0);

    await page.reload();
    const role = members.getByRole('combobox', { name: `Role of ${ADA}` });
    await role.selectOption({ label: 'Developer' });
    await toast(page, `${ADA} now has the developer role`);
  });
  await ada.on('/settings/team', async (page) => {
    await page.getByText('Owners and admins manage them.', { exact: false }).waitFor();
    expect(await page.getByRole('combobox', { name: /^Role of/ }).count()).toBe(0);
    await expectAccessible(page);
    await page.goto(`${rooms.edge.url}/settings/audit`);
    await page.getByRole('alert').getByText('The role developer does not allow this').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });
});

it('an account changes its password, and everyone else of that account is signed out', async () => {
  const elsewhere = await watchedPage(rooms.browser);
  await onPage(elsewhere, async () => {
    await elsewhere.page.goto(`${rooms.edge.url}/sign-in`);
    await elsewhere.page.getByLabel('Email').fill(ADA);
    await elsewhere.page.getByLabel('Password').fill(PASSWORD);
    await elsewhere.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await elsewhere.page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  await ada.on('/settings/account', async (page) => {
    const change = page.getByRole('button', { name: 'Change password' });
    await page.getByLabel('Current password').fill('not this one');
    await page.getByLabel('New password').fill('another long password');
    await change.click();
    await page
      .getByRole('alert')
      .filter({ hasText: /password/i })
      .first()
      .waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('short');
    await change.click();
    await page.getByText('A password has at least 10 characters', { exact: false }).waitFor();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('another long password');
    await change.click();
    await toast(page, 'Password set');
    await expectAccessible(page);
  });
  await onPage(elsewhere, async () => {
    await elsewhere.page.goto(`${rooms.edge.url}/settings/account`);
    // Its access token lives for a while; what it can't do is renew it.
    await elsewhere.page.evaluate(() => {
      const key =
        Object.keys(localStorage).find((name) => localStorage.getItem(name)?.includes('refresh_token')) ?? '';
      const stored = JSON.parse(localStorage.getItem(key) ?? '{}');
      localStorage.setItem(key, JSON.stringify({ ...stored, expires_at: 1, access_token: 'x.y.z' }));
    });
    await elsewhere.page.reload();
    await elsewhere.page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });
});

it('who is removed from the team loses the page that is open, and can delete the account', async () => {
  await ada.on('/runners', (page) => page.getByRole('heading', { name: 'No runners yet' }).waitFor());
  await rooms.owner.on('/settings/team', async (page) => {
    await page.getByRole('button', { name: `Remove ${ADA}` }).click();
    await dialog(page, `Remove ${ADA}?`).getByRole('button', { name: 'Remove' }).click();
    await toast(page, `${ADA} removed from the team`);
  });
  await ada.on('/', async (page) => {
    await page.getByRole('heading', { name: 'You’re not in a team yet' }).waitFor();
    await expectAccessible(page);
    await page.goto(`${rooms.edge.url}/settings/account`);
    await page.getByRole('button', { name: 'Delete account' }).click();
    const deleting = page.getByRole('dialog');
    await expectAccessible(page);
    await deleting.getByLabel(`Type ${ADA} to confirm`).fill(ADA);
    await deleting.getByLabel('Password').fill('another long password');
    await deleting.getByRole('button', { name: 'Delete permanently' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });
});
