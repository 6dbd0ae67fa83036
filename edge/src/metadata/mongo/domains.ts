import type { Db } from 'mongodb';
import type { DomainRecord, DomainStore } from '../domains.ts';
import type { AppRecord } from '../metadata.ts';
import { siteAppOf } from '../sites.ts';
import { ofApp } from './apps.ts';
import { is, Records } from './database.ts';
import { idOf } from './documents.ts';

type Kept = DomainRecord & { id: string };

export function createDomainStore(db: Db): DomainStore {
  const domains = new Records<Kept>(db, 'domains');
  const apps = new Records<AppRecord>(db, 'apps');
  const keyOf = (appId: string, host: string) => `${host}:${appId}`;

  return {
    async insert(domain) {
      const id = keyOf(domain.appId, domain.host);
      const added = await ofApp(
        db,
        domain.appId,
        () => domains.insert({ id, ...domain }),
        () => domains.remove(domains.key(id)),
      );
      return added === true;
    },

    async list(appId) {
      return (await domains.all({ appId: is(idOf(appId)) }, { host: 1 })).map(toDomain);
    },

    async one(appId, host) {
      const domain = await domains.first(domains.key(keyOf(appId, host)));
      return domain && toDomain(domain);
    },

    async update(appId, host, change) {
      const domain = await domains.change(keyOf(appId, host), change);
      return domain && toDomain(domain);
    },

    async activate(appId, host, change, reason) {
      const key = keyOf(appId, host);
      if ((await domains.first(domains.key(key))) === null) return null;
      const lost: string[] = [];
      // First those that lose it: for a moment the host has no site, and never two.
      for (const other of await domains.all({ host: is(host), status: is('active') }, { _id: 1 })) {
        if (other.appId === appId) continue;
        await domains.change(other.id, {
          status: 'failed',
          error: reason,
          hostnameId: null,
          nextCheckAt: null,
          pendingSince: null,
        });
        lost.push(other.appId);
      }
      return (await domains.change(key, { ...change, status: 'active' })) && lost;
    },

    async remove(appId, host) {
      return (await domains.remove(domains.key(keyOf(appId, host)))) > 0;
    },

    async active(host) {
      const [domain] = await domains.all({ host: is(host), status: is('active') }, { _id: 1 }, 1);
      const app = domain === undefined ? null : await apps.first(apps.key(domain.appId));
      return domain === undefined || app === null
        ? null
        : { app: siteAppOf(app), redirectTo: domain.redirectTo };
    },

    async inactive(ownerId) {
      const filter = { ownerId: is(ownerId), status: { $in: ['pending', 'failed'] } };
      return (await domains.all(filter, { createdAt: -1, host: 1 }, 50)).map(toDomain);
    },

    count: (ownerId) => domains.documents.countDocuments({ ownerId: is(ownerId) }),
  };
}

function toDomain({ id: _, ...domain }: Kept): DomainRecord {
  return domain;
}
