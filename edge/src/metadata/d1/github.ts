import {
  type GithubAppRecord,
  type GithubStore,
  type InstallationRecord,
  MOST_INSTALLATIONS,
} from '../github.ts';
import { text, textOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';

const APP = 'SELECT * FROM github_apps WHERE host = ?';
const INSTALLATION = 'SELECT * FROM github_installations WHERE id = ?';

export function createGithubStore(database: Database): GithubStore {
  const installation = async (id: string) => {
    const row = await database.first(INSTALLATION, id);
    return row && toInstallation(row);
  };

  return {
    async app(host) {
      const row = await database.first(APP, host);
      return row && toApp(row);
    },

    async githubApps() {
      return (await database.all('SELECT * FROM github_apps ORDER BY host')).map(toApp);
    },

    async keepApp(app) {
      const [, kept] = await database.batch([
        {
          sql: `INSERT INTO github_apps (host, app_id, slug, name, client_id, html_url, account, sealed, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host) DO NOTHING`,
          values: [
            app.host,
            app.appId,
            app.slug,
            app.name,
            app.clientId,
            app.htmlUrl,
            app.account,
            app.sealed,
            app.createdAt,
          ],
        },
        { sql: APP, values: [app.host] },
      ]);
      const row = kept?.rows[0];
      if (!row) throw new Error(`The GitHub App of ${app.host} was just written and is not there`);
      return toApp(row);
    },

    async resealApp(host, from, to) {
      const sql = 'UPDATE github_apps SET sealed = ? WHERE host = ? AND sealed = ?';
      return (await database.run(sql, to, host, from)) > 0;
    },

    async deleteApp(host, appId) {
      const deleted = await database.run(
        'DELETE FROM github_apps WHERE host = ? AND app_id = ?',
        host,
        appId,
      );
      if (deleted > 0) await database.run('DELETE FROM github_installations WHERE host = ?', host);
      return deleted > 0;
    },

    installation,

    async installations(ownerId) {
      const rows = await database.all(
        'SELECT * FROM github_installations WHERE owner_id = ? ORDER BY account, id LIMIT ?',
        ownerId,
        MOST_INSTALLATIONS,
      );
      return rows.map(toInstallation);
    },

    async keepInstallation(facts) {
      const [, kept] = await database.batch([
        {
          sql: `INSERT INTO github_installations
                  (id, host, account_id, account, account_type, selection, html_url, suspended_at, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET account_id = excluded.account_id, account = excluded.account,
                  account_type = excluded.account_type, selection = excluded.selection,
                  html_url = excluded.html_url, suspended_at = excluded.suspended_at`,
          values: [
            facts.id,
            facts.host,
            facts.accountId,
            facts.account,
            facts.accountType,
            facts.selection,
            facts.htmlUrl,
            facts.suspendedAt,
            facts.createdAt,
          ],
        },
        { sql: INSTALLATION, values: [facts.id] },
      ]);
      const row = kept?.rows[0];
      if (!row) throw new Error(`Installation ${facts.id} was just written and is not there`);
      return toInstallation(row);
    },

    async bindInstallation(id, ownerId) {
      await database.run(
        'UPDATE github_installations SET owner_id = ? WHERE id = ? AND owner_id IS NULL',
        ownerId,
        id,
      );
      const kept = await installation(id);
      return kept?.ownerId === ownerId ? kept : null;
    },

    async unbindInstallation(id, ownerId) {
      const sql = 'UPDATE github_installations SET owner_id = NULL WHERE id = ? AND owner_id = ?';
      return (await database.run(sql, id, ownerId)) > 0;
    },

    async unbindAll(ownerId) {
      await database.run('UPDATE github_installations SET owner_id = NULL WHERE owner_id = ?', ownerId);
    },

    async deleteInstallation(id) {
      return (await database.run('DELETE FROM github_installations WHERE id = ?', id)) > 0;
    },
  };
}

const toApp = (row: Row): GithubAppRecord => ({
  host: text(row, 'host'),
  appId: text(row, 'app_id'),
  slug: text(row, 'slug'),
  name: text(row, 'name'),
  clientId: text(row, 'client_id'),
  htmlUrl: text(row, 'html_url'),
  account: textOrNull(row, 'account'),
  sealed: text(row, 'sealed'),
  createdAt: text(row, 'created_at'),
});

const toInstallation = (row: Row): InstallationRecord => ({
  id: text(row, 'id'),
  host: text(row, 'host'),
  ownerId: textOrNull(row, 'owner_id'),
  accountId: text(row, 'account_id'),
  account: text(row, 'account'),
  accountType: text(row, 'account_type') as InstallationRecord['accountType'],
  selection: text(row, 'selection') as InstallationRecord['selection'],
  htmlUrl: text(row, 'html_url'),
  suspendedAt: textOrNull(row, 'suspended_at'),
  createdAt: text(row, 'created_at'),
});
