import type { SecretStore } from '../metadata.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';

const GET = 'SELECT sealed FROM secrets WHERE name = ?';

export function createSecretStore(database: Database): SecretStore {
  return {
    async get(name) {
      const row = await database.first(GET, name);
      return row && text(row, 'sealed');
    },

    async keep(name, sealed) {
      const [, kept] = await database.batch([
        {
          sql: 'INSERT INTO secrets (name, sealed) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
          values: [name, sealed],
        },
        { sql: GET, values: [name] },
      ]);
      const row = kept?.rows[0];
      if (!row) throw new Error(`The secret ${name} was just written and is not there`);
      return text(row, 'sealed');
    },

    async all() {
      const rows = await database.all('SELECT name, sealed FROM secrets ORDER BY name');
      return Object.fromEntries(rows.map((row) => [text(row, 'name'), text(row, 'sealed')]));
    },

    async reseal(name, from, to) {
      return (
        (await database.run('UPDATE secrets SET sealed = ? WHERE name = ? AND sealed = ?', to, name, from)) >
        0
      );
    },
  };
}
