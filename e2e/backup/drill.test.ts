/**
 * The drill: an instance is backed up while it works, and lost; another machine restores it under another URL. All that
 * it had acknowledged before the moment of the backup is there, byte for byte.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Manifest } from '../../stack/backup/format/manifest.ts';
import { Repository } from '../../stack/backup/format/repository.ts';
import { openStore } from '../../stack/backup/store/open.ts';
import { keepSecrets } from '../../stack/state.ts';
import { Client, pause } from '../instance/client.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';
import { type LocalInstance, lose, PASSPHRASE, type Ran, run, startOn } from './instance.ts';
import { artifactBytes, type Load, sha256, sourceBytes, startLoad, VARIABLES } from './load.ts';

describe('an instance that was backed up while it worked, and lost', { timeout: 120_000 }, () => {
  let folder: string;
  let lost: LocalInstance;
  let restored: LocalInstance;
  let client: Client;
  let load: Load;
  let manifest: Manifest;
  let tokens: { reader: string; registration: string };
  const outputs: Record<'first' | 'second' | 'verify' | 'restore', Ran> = {} as never;

  /** What was acknowledged before the moment that the backup shows. */
  const acknowledged = <Item extends { at: number }>(items: readonly Item[]): Item[] =>
    items.filter(({ at }) => at < Date.parse(manifest.at));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-drill-'));
    lost = await startOn(join(folder, 'lost'));
    const there = new Client(lost);
    tokens = {
      reader: (await there.api.tokens.create({ name: 'reader', scopes: ['apps:read'] })).token,
      registration: (await there.api.runners.createToken()).token,
    };
    // As a local runner leaves it.
    await mkdir(join(lost.state, 'runners', 'local-1'), { recursive: true });
    const own = { url: lost.url, id: 'a'.repeat(24), name: 'local-1', credential: 'x', labels: [], slots: 1 };
    await writeFile(join(lost.state, 'runners', 'local-1', 'runner.json'), JSON.stringify(own));

    load = await startLoad(lost);
    const target = join(folder, 'appflux.backup');
    await untilBuilt(2);
    outputs.first = await run('backup', lost.state, [target]);
    await untilBuilt(load.builds.length + 2);
    outputs.second = await run('backup', lost.state, [target]);
    // What comes after the backup may be lost, and the instance worked on.
    await untilBuilt(load.builds.length + 1);
    await load.stop();
    await lose(lost);

    outputs.verify = await run('backup', join(folder, 'nothing'), ['verify', target]);
    const elsewhere = join(folder, 'elsewhere', 'state');
    outputs.restore = await run('restore', elsewhere, [target]);
    const repository = await Repository.open(await openStore(target), { passphrase: PASSPHRASE });
    manifest = await repository.manifest((await repository.snapshots()).at(-1) ?? '');
    restored = await startOn(elsewhere);
    client = new Client(restored);
  }, 180_000);

  const untilBuilt = async (count: number) => {
    while (load.builds.length < count) await pause(50);
  };

  afterAll(async () => {
    await restored?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  it('was backed up twice without an error, in a pause that nobody notices', () => {
    for (const ran of Object.values(outputs)) expect(ran, ran.output).toMatchObject({ exitCode: 0 });
    expect(manifest).toMatchObject({ source: 'local', running: true, missing: [] });
    expect(manifest.pausedMs).toBeGreaterThan(0);
    expect(acknowledged(load.builds).length).toBeGreaterThanOrEqual(4);
    expect(acknowledged(load.builds).length).toBeLessThan(load.builds.length);
  });

  it('has every App with its settings, and every deployment that had ended', async () => {
    for (const { slug } of acknowledged(load.apps)) {
      const { envVars } = await client.app(slug);
      expect(envVars.map(({ name }) => name).sort()).toEqual(Object.keys(VARIABLES).sort());
    }
    for (const { id, slug } of acknowledged(load.builds)) {
      expect(await client.deployment(id)).toMatchObject({ id, status: 'success' });
      expect(await client.app(slug)).toMatchObject({ release: id });
    }
  });

  it('has every artifact and every log, byte for byte', async () => {
    for (const { id, artifact, lines } of acknowledged(load.builds)) {
      const file = await fetch(`${restored.url}/dl/${id}/${artifact.name}`);
      const bytes = Buffer.from(await file.arrayBuffer());
      expect(sha256(bytes)).toBe(artifact.sha256);
      expect(bytes.toString()).toBe(artifactBytes(id));
      const texts = (await client.logs(id)).items.map(({ text }) => text);
      expect(texts.filter((text) => /^line \d+$/.test(text))).toEqual(
        Array.from({ length: lines }, (_, index) => `line ${index + 1}`),
      );
    }
  });

  it('has the lines of a running build that were acknowledged, and no gap', async () => {
    const acked = acknowledged(load.running.acked).at(-1)?.seq ?? 0;
    expect(acked).toBeGreaterThan(0);
    const { items } = await client.logs(load.running.id);
    const lines = items.map(({ text }) => text).filter((text) => /^line \d+$/.test(text));
    expect(lines.length).toBeGreaterThanOrEqual(acked);
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  });

  it('knows its tokens and its runners, and a registration token that was given out', async () => {
    const reads = await fetch(`${restored.url}/api/apps`, {
      headers: { Authorization: `Bearer ${tokens.reader}` },
    });
    expect(reads.status).toBe(200);
    const registered = await fetch(`${restored.url}/api/runners/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        token: tokens.registration,
        name: 'late',
        labels: ['linux'],
        slots: 1,
        version: '0.1.0',
      }),
    });
    expect(registered.status).toBe(201);
  });

  it('builds again: a runner of before gets the source, and the values that were sealed', async () => {
    const [first] = acknowledged(load.builds);
    // A new process: what the one before had accepted is over.
    const hello = { labels: ['build'], session: randomUUID() };
    const runner = await SimulatedRunner.connect(restored.url, load.builder, hello);
    const again = await client.api.deployments.redeploy(first?.id ?? '');
    for (;;) {
      // A build that had begun at the moment of the backup may come first.
      const attempt = await runner.begin();
      const { source, variables } = attempt.grant.job;
      expect(variables).toEqual(VARIABLES);
      const bytes = source.kind === 'upload' ? await (await fetch(source.url)).text() : '';
      expect(bytes).toMatch(/^source \d+\n/);
      if (attempt.grant.deploymentId === again.id) expect(bytes).toBe(sourceBytes(0).toString());
      attempt.fail();
      await client.untilEnded(attempt.grant.deploymentId);
      runner.free(attempt.grant);
      if (attempt.grant.deploymentId === again.id) break;
    }
    await runner.pool.cut();
  });

  it('gives the build that ran to a runner again, which has been restarted', async () => {
    const hello = { labels: ['patient'], session: randomUUID() };
    const runner = await SimulatedRunner.connect(restored.url, load.running.runner, hello);
    const attempt = await runner.begin();
    expect(attempt.grant).toMatchObject({ deploymentId: load.running.id, attempt: 2 });
    attempt.fail();
    expect(await client.untilEnded(load.running.id)).toMatchObject({ status: 'failed' });
    await runner.pool.cut();
  });

  it('tells its operator how old the backup is', async () => {
    const secrets = await keepSecrets(restored.state);
    const { operator } = createClient({ url: restored.url, token: secrets.operatorSecret });
    // The first backup was reported before the second one was made.
    expect(await operator.backups()).toMatchObject({
      status: {
        error: null,
        target: join(folder, 'appflux.backup'),
        bytes: expect.toSatisfy((bytes: number) => bytes > 0),
      },
      ageSeconds: expect.any(Number),
    });
  });

  it('holds the old URL nowhere', async () => {
    const old = new URL(lost.url).host;
    for (const entry of await readdir(join(folder, 'elsewhere'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.log')) continue;
      // What SQLite writes beside a database comes and goes; whatever it held is in the database then.
      const bytes = await readFile(join(entry.parentPath, entry.name)).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT' && /-(?:wal|shm)$/.test(entry.name)) return Buffer.alloc(0);
          throw error;
        },
      );
      expect(bytes.includes(old), entry.name).toBe(false);
    }
  });

  it('keeps no secret in the clear in the backup', async () => {
    const bytes = await readFile(join(folder, 'appflux.backup'));
    const secrets = z
      .record(z.string(), z.string())
      .parse(JSON.parse(await readFile(join(restored.state, 'secrets.json'), 'utf8')));
    for (const value of [
      ...Object.values(secrets),
      ...Object.values(VARIABLES),
      PASSPHRASE,
      'AGE-SECRET-KEY',
    ])
      expect(bytes.includes(value)).toBe(false);
  });
});
