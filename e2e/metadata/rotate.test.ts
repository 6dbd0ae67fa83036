/** `npm run keys:rotate` on the state folder of a stopped instance. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { execa } from 'execa';
import { Miniflare } from 'miniflare';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../../stack/command.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { databaseOptions } from '../../stack/edge/database-options.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { edgeConfig as localConfig } from '../../stack/instance.ts';
import { readSettings } from '../../stack/settings.ts';
import { keepSecrets, makeStateFolder, statePaths } from '../../stack/state.ts';
import { Client } from '../instance/client.ts';
import { edgeBundle, freePort } from '../instance/edge.ts';

const BOOTSTRAP_TOKEN = 'bootstrap-token-of-a-rotation-test-0123456789';

it('a new key replaces the old one: stored values are sealed with it, and the old key is removed', async () => {
  const state = await mkdtemp(join(tmpdir(), 'appflux-rotate-'));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  await makeStateFolder(state);
  const before = await keepSecrets(state);
  const env = { ...process.env, APPFLUX_STATE: state, MONGODB_URI: '' };
  const settings = { ...readSettings(env, ROOT), port: await freePort() };
  const config = localConfig(settings, before, ROOT, await edgeBundle());
  const edge = await startEdge(config, { env: process.env, logFile: join(state, 'logs', 'edge.log') });
  const url = publicUrl(settings.port);
  const { operator } = createClient({ url, token: before.operatorSecret });
  await operator.setUp({ bootstrapToken: BOOTSTRAP_TOKEN });
  const client = new Client({ url, token: BOOTSTRAP_TOKEN });
  const { slug } = await client.createApp({ name: 'Sealed', envVars: { A: 'one', B: 'two' } });
  await edge.stop(5_000);

  const sealedIn = async () => {
    const miniflare = new Miniflare(databaseOptions(config));
    try {
      const database = await miniflare.getD1Database('METADATA');
      const row = await database
        .prepare('SELECT env_vars FROM apps WHERE slug = ?')
        .bind(slug)
        .first<string>('env_vars');
      return Object.values(JSON.parse(row ?? '{}') as Record<string, { sealed: string }>).map(
        ({ sealed }) => sealed,
      );
    } finally {
      await miniflare.dispose();
    }
  };
  const keyIds = (sealed: string[]) => new Set(sealed.map((text) => text.split('.')[1]));
  const old = await sealedIn();

  const rotate = await execa(process.execPath, [join(ROOT, 'stack', 'rotate-keys.ts')], {
    env,
    reject: false,
    all: true,
  });
  expect([rotate.exitCode, rotate.all]).toEqual([0, expect.stringContaining('The new key is in use')]);

  const after = JSON.parse(await readFile(statePaths(state).secrets, 'utf8'));
  expect(after).toEqual({ ...before, sealingKey: expect.not.stringMatching(before.sealingKey.slice(0, 20)) });
  const resealed = await sealedIn();
  expect(resealed).toHaveLength(2);
  expect(keyIds(resealed).size).toBe(1);
  expect([...keyIds(resealed)]).not.toEqual([...keyIds(old)]);
});
