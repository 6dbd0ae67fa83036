import { expect, test } from 'vitest';
import type { DomainRecord } from '../../domains.ts';
import type { AppRecord } from '../../metadata.ts';
import { siteAppOf } from '../../sites.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord } from '../sample-records.ts';

const AT = '2026-11-02T10:00:00.000Z';
const HOST = 'www.example.com';

const domainOf = (app: AppRecord, more: Partial<DomainRecord> = {}): DomainRecord => ({
  host: HOST,
  appId: app.id,
  ownerId: app.ownerId,
  redirectTo: null,
  status: 'pending',
  error: 'No record yet',
  hostnameId: null,
  hostnameRecords: [],
  pendingSince: AT,
  checkedAt: null,
  nextCheckAt: AT,
  createdAt: AT,
  ...more,
});

export function domainContract(create: CreateBackend): void {
  async function withApps() {
    const { apps, domains } = await create();
    const [app, other] = [appRecord(), appRecord()];
    await apps.insert(app);
    await apps.insert(other);
    return { apps, domains, app, other };
  }

  test('a domain is kept as it was added, once for its app', async () => {
    const { domains, app, other } = await withApps();
    const full = domainOf(app, {
      redirectTo: 'example.com',
      hostnameId: 'h-1',
      hostnameRecords: [{ type: 'TXT', name: '_cf.example.com', value: 'abc' }],
    });
    expect(await domains.insert(full)).toBe(true);
    expect(await domains.insert({ ...full, error: 'another' })).toBe(false);
    expect(await domains.insert(domainOf(other))).toBe(true);
    expect(await domains.one(app.id, HOST)).toEqual(full);
    expect(await domains.one(app.id, 'example.com')).toBeNull();
    expect(await domains.count(app.ownerId)).toBe(1);
  });

  test('an app that is not there, or is deleted, has none', async () => {
    const { apps, domains, app } = await withApps();
    expect(await domains.insert(domainOf(appRecord()))).toBe(false);
    await domains.insert(domainOf(app));
    await domains.activate(app.id, HOST, {}, 'lost');
    await apps.delete(app.id);
    expect(await domains.list(app.id)).toEqual([]);
    expect(await domains.active(HOST)).toBeNull();
  });

  test('those of an app are listed by host', async () => {
    const { domains, app, other } = await withApps();
    await domains.insert(domainOf(app, { host: 'b.example.com' }));
    await domains.insert(domainOf(app, { host: 'a.example.com' }));
    await domains.insert(domainOf(other, { host: 'c.example.com' }));
    expect((await domains.list(app.id)).map(({ host }) => host)).toEqual(['a.example.com', 'b.example.com']);
  });

  test('those of a team that are not active are listed, newest first', async () => {
    const { apps, domains, app, other } = await withApps();
    const sibling = appRecord({ ownerId: app.ownerId });
    await apps.insert(sibling);
    await domains.insert(domainOf(app, { host: 'old.example.com', createdAt: '2026-11-01T10:00:00.000Z' }));
    await domains.insert(domainOf(sibling, { host: 'new.example.com', status: 'failed' }));
    await domains.insert(domainOf(app, { host: 'live.example.com' }));
    await domains.activate(app.id, 'live.example.com', {}, 'lost');
    await domains.insert(domainOf(other, { host: 'others.example.com' }));
    expect((await domains.inactive(app.ownerId)).map(({ host, status }) => [host, status])).toEqual([
      ['new.example.com', 'failed'],
      ['old.example.com', 'pending'],
    ]);
  });

  test('the named members change, of a domain that is there', async () => {
    const { domains, app } = await withApps();
    await domains.insert(domainOf(app));
    const change = {
      error: null,
      checkedAt: AT,
      nextCheckAt: null,
      hostnameId: 'h-2',
      hostnameRecords: [{ type: 'TXT' as const, name: 'n', value: 'v' }],
    };
    expect(await domains.update(app.id, HOST, change)).toEqual(domainOf(app, change));
    expect(await domains.update(app.id, HOST, {})).toEqual(domainOf(app, change));
    expect(await domains.update(app.id, 'no.example.com', { error: null })).toBeNull();
  });

  test('only an active domain leads to its app', async () => {
    const { domains, app } = await withApps();
    await domains.insert(domainOf(app, { redirectTo: 'example.com' }));
    expect(await domains.active(HOST)).toBeNull();
    expect(await domains.activate(app.id, HOST, { error: null, pendingSince: null }, 'lost')).toEqual([]);
    expect(await domains.active(HOST)).toEqual({ app: siteAppOf(app), redirectTo: 'example.com' });
    await domains.update(app.id, HOST, { status: 'failed' });
    expect(await domains.active(HOST)).toBeNull();
  });

  test('the app that verifies a host last has it, and the other one learns why it lost it', async () => {
    const { domains, app, other } = await withApps();
    await domains.insert(domainOf(app));
    await domains.insert(domainOf(other));
    await domains.activate(app.id, HOST, {}, 'lost');
    expect(await domains.activate(other.id, HOST, { error: null }, 'Another app verified it')).toEqual([
      app.id,
    ]);
    expect((await domains.active(HOST))?.app.id).toBe(other.id);
    expect(await domains.one(app.id, HOST)).toMatchObject({
      status: 'failed',
      error: 'Another app verified it',
      nextCheckAt: null,
    });
  });

  test('a domain that was removed meanwhile takes nothing from another app', async () => {
    const { domains, app, other } = await withApps();
    await domains.insert(domainOf(app));
    await domains.activate(app.id, HOST, {}, 'lost');
    expect(await domains.activate(other.id, HOST, {}, 'lost')).toBeNull();
    expect((await domains.active(HOST))?.app.id).toBe(app.id);
    expect(await domains.remove(app.id, HOST)).toBe(true);
    expect(await domains.remove(app.id, HOST)).toBe(false);
    expect(await domains.active(HOST)).toBeNull();
  });
}
