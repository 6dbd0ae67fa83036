/** The data of every released version opens in this one: ids, links, tokens, sealed values and files stay valid. */

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusedError, verifyEnvelope } from '@appflux/client';
import { Analytics } from '@appflux/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startChild } from '../../stack/child.ts';
import { ROOT } from '../../stack/command.ts';
import { controlPlane } from '../../stack/control-plane.ts';
import { ensureRegistered, startRunner } from '../../stack/runners.ts';
import { FORMAT, programVersion, readMark } from '../../stack/state-format.ts';
import { Client } from '../instance/client.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';
import {
  hasRunner,
  type OpenedState,
  openRecordedState,
  recordedVersions,
  unpackRunner,
} from './recorded-state.ts';

const versions = await recordedVersions();

it('the first version that people run is recorded, and those whose runners are', () => {
  expect(versions).toContain('f025d9c');
  expect(versions.filter(hasRunner).length).toBeGreaterThanOrEqual(2);
});

describe.each(versions)('the state of %s', (version) => {
  let folder: string;
  let state: OpenedState;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'appflux-upgrade-'));
    state = await openRecordedState(version, folder);
    client = new Client({ url: state.url, token: state.facts.tokens.owner });
  });

  afterAll(async () => {
    await state?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const asked = (
    path: string,
    token: string | null,
    body?: unknown,
    method = body === undefined ? 'GET' : 'POST',
  ) =>
    fetch(state.url + path, {
      method,
      headers: {
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('has its app, with settings, names of variables and files, and release', async () => {
    const { app } = state.facts;
    expect(await client.app(app.slug)).toMatchObject({
      id: app.id,
      release: app.release,
      retention: { artifacts: { keepLast: 3 }, logs: { keepLast: 3 } },
      build: { labels: [state.facts.label] },
    });
    const { envVars, files } = await client.app(app.slug);
    expect(envVars.map(({ name }) => name).sort()).toEqual(
      [...Object.keys(app.variables), 'PREVIEW_ONLY'].sort(),
    );
    expect(files.map(({ name }) => name)).toEqual(Object.keys(app.files));
    if (version === 'f025d9c') {
      // It had no sensitive variables: they are classified when a build gets them.
      for (const variable of envVars) expect(variable).toMatchObject({ sensitive: null, automatic: true });
    }
  });

  it('has every deployment with its status, newest first', async () => {
    const { items } = await client.api.deployments.listOf(state.facts.app.slug);
    expect(items.map(({ id, status }) => ({ id, status }))).toEqual(
      state.facts.builds.map(({ id, status }) => ({ id, status })).reverse(),
    );
    expect(items.filter(({ pinned }) => pinned).map(({ id }) => id)).toEqual([state.facts.app.pinned]);
  });

  it('counts every deployment that ended on the day of its end', async () => {
    const { app } = state.facts;
    const answer = await client.fetch('GET', `/api/analytics?days=90&app=${app.slug}`);
    const { days, from } = Analytics.parse(await answer.json());
    const { items } = await client.api.deployments.listOf(app.slug);
    const ended = items.flatMap(({ status, skipped, finishedAt }) =>
      finishedAt === null || skipped !== null || finishedAt < from
        ? []
        : [`${finishedAt.slice(0, 10)} ${status}`],
    );
    const counted = days.flatMap(({ day, success, failed, canceled }) =>
      Object.entries({ success, failed, canceled }).flatMap(([status, count]) =>
        Array.from({ length: count }, () => `${day} ${status}`),
      ),
    );
    expect(counted.sort()).toEqual(ended.sort());
  });

  it('has every log, by page and as NDJSON', async () => {
    for (const { id, log } of state.facts.builds) {
      expect((await client.logs(id)).items.map(({ text }) => text)).toEqual(log);
      expect((await client.logs(id, 3, 2)).items.map(({ text }) => text)).toEqual(log.slice(3, 5));
      const ndjson = await (await client.fetch('GET', `/api/deployments/${id}/logs.ndjson`)).text();
      const lines = ndjson.split('\n').filter((line) => line !== '');
      expect(lines.map((line) => JSON.parse(line).text)).toEqual(log);
    }
  });

  it('serves every artifact, whole and by range', async () => {
    for (const { sha256, path } of state.facts.builds.flatMap(({ artifacts }) => artifacts)) {
      const file = await fetch(state.url + path);
      expect(file.status).toBe(200);
      const bytes = Buffer.from(await file.arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      const range = await fetch(state.url + path, { headers: { Range: 'bytes=2-5' } });
      expect(Buffer.from(await range.arrayBuffer())).toEqual(bytes.subarray(2, 6));
    }
    expect(await client.api.deployments.downloads(state.facts.app.release)).toMatchObject({
      // Those of this test are counted a few seconds later, after those of the recording.
      total: expect.toSatisfy((total: number) => total >= state.facts.downloads),
    });
  });

  it('serves the site that it delivered as a ZIP, on a host of its own, and to everyone', async () => {
    const { urls, release, access } = await client.app(state.facts.app.slug);
    expect(access).toEqual({ production: 'public', previews: 'public' });
    const { site } = await client.deployment(release ?? '');
    // It says nothing about its site: that it is one, its artifact says.
    expect(site ?? null).toBeNull();
    const answer = await getOfHost(state.url, urls.site ?? '');
    expect(answer).toMatchObject({ status: 200, type: expect.stringContaining('text/html') });
    expect(answer.text).toContain('<');
    // The second request finds the manifest that the first has stored.
    expect(await getOfHost(state.url, urls.site ?? '')).toEqual(answer);
    const page = await fetch(`${state.url}/a/${state.facts.app.slug}`, { redirect: 'manual' });
    expect(page.status).toBe(302);
    expect(new URL(page.headers.get('Location') ?? '').origin).toBe(urls.site);
  });

  it('signs the provenance of its deployments, if the digests of their files were checked', async () => {
    for (const { id, artifacts } of state.facts.builds.filter(({ status }) => status === 'success')) {
      const attestation = client.api.deployments.attestation(id);
      if (version === 'f025d9c') {
        await expect(attestation).rejects.toMatchObject({ code: 'not_found' });
        continue;
      }
      // The first signature makes the key.
      const envelope = await attestation;
      const keys = await client.api.instance.provenanceKeys();
      for (const { sha256 } of artifacts) {
        const { statement } = await verifyEnvelope(envelope, keys, { sha256 });
        expect(statement.predicate.runDetails.builder.id).toMatch(/\/unrecorded$/);
      }
    }
  });

  it('accepts its tokens: a reader can read, a revoked one can’t', async () => {
    const { reader, revoked } = state.facts.tokens;
    expect((await asked('/api/apps', reader)).status).toBe(200);
    expect((await asked('/api/apps', reader, { name: 'x', source: { provider: 'upload' } })).status).toBe(
      403,
    );
    expect((await asked('/api/apps', revoked)).status).toBe(401);
  });

  it('signs its owner in by password, and keeps the session', async () => {
    const { email, password, refreshToken } = state.facts.owner;
    expect((await asked('/auth/v1/token?grant_type=password', null, { email, password })).status).toBe(200);
    expect(
      (await asked('/auth/v1/token?grant_type=password', null, { email, password: 'not this one' })).status,
    ).toBe(400);
    const refreshed = await asked('/auth/v1/token?grant_type=refresh_token', null, {
      refresh_token: refreshToken,
    });
    const { access_token } = z.looseObject({ access_token: z.string() }).parse(await refreshed.json());
    expect((await asked('/api/me', access_token)).status).toBe(200);
  });

  it('accepts its unused invitation and registration token', async () => {
    const token = new URLSearchParams(new URL(state.facts.invitation).hash.slice(1)).get('token');
    expect(await (await asked('/api/invitations/look', null, { token })).json()).toMatchObject({
      role: 'developer',
    });
    const runner = { name: 'late', labels: ['linux'], slots: 1, version: '0.1.0' };
    const registered = await asked('/api/runners/register', null, {
      token: state.facts.registration,
      ...runner,
    });
    expect(registered.status).toBe(201);
  });

  it('builds again: the recorded runner gets the job with the sealed values', async () => {
    const { app, builds, label, deployHook, runner } = state.facts;
    const simulated = await SimulatedRunner.connect(
      state.url,
      { id: runner.id, name: 'recorded', credential: runner.credential },
      { labels: ['linux', label], slots: 2 },
    );
    const canceled = builds.find(({ status }) => status === 'canceled');
    const again = await client.api.deployments.redeploy(canceled?.id ?? '');
    const attempt = await simulated.begin();
    expect(attempt.grant).toMatchObject({
      deploymentId: again.id,
      job: { variables: app.variables, files: app.files },
    });
    expect(attempt.sensitive).toEqual(['API_KEY']);
    const { source } = attempt.grant.job;
    expect(source.kind === 'upload' && (await fetch(source.url)).status).toBe(200);
    attempt.lines(1, 3);
    attempt.fail();
    await client.untilEnded(again.id);
    simulated.free(attempt.grant);
    // An app without a repository has nothing to build for a hook, but the hook is found.
    expect((await asked(deployHook, null, {})).status).toBe(422);
    expect((await asked(`${deployHook}x`, null, {})).status).toBe(404);
    await simulated.pool.cut();
  });

  it('is marked as opened by this version', async () => {
    expect(await readMark(folder)).toEqual({ ...(await programVersion(ROOT)), format: FORMAT });
  });

  // The first version has no runner that works without Docker; its frames are recorded in protocol/recorded.
  if (hasRunner(version))
    describe('its runner on the host', () => {
      /** Builds the source of the canceled deployment, with the runner that runs. */
      async function built(): Promise<void> {
        const { app, builds, label } = state.facts;
        await client.fetch('PATCH', `/api/apps/${app.slug}`, { build: { labels: ['host'] } });
        const canceled = builds.find(({ status }) => status === 'canceled');
        const { id } = await client.api.deployments.redeploy(canceled?.id ?? '');
        const ended = await client.untilEnded(id);
        expect(ended, JSON.stringify(ended.failure)).toMatchObject({ status: 'success', attempt: 1 });
        expect((await client.logs(id)).items.length).toBeGreaterThan(3);
        const [artifact] = ended.artifacts;
        const bytes = await (await fetch(artifact?.url ?? '')).arrayBuffer();
        expect(createHash('sha256').update(Buffer.from(bytes)).digest('hex')).toBe(artifact?.sha256);
        await client.fetch('PATCH', `/api/apps/${app.slug}`, { build: { labels: [label] } });
      }

      const env = { ...process.env, APPFLUX_RUNNER_EXECUTOR: 'host', APPFLUX_RUNNER_SCAN: 'off' };
      const registered = () =>
        ensureRegistered(
          'local-1',
          state.settings,
          state.url,
          controlPlane(state.url, state.operatorSecret),
          env,
        );
      const idOf = async () =>
        z
          .looseObject({ id: z.string() })
          .parse(JSON.parse(await readFile(join(folder, 'runners', 'local-1', 'runner.json'), 'utf8'))).id;

      it('builds with its own old program', async () => {
        const before = await idOf();
        await registered();
        const sources = await mkdtemp(join(tmpdir(), 'appflux-old-runner-'));
        const args = [await unpackRunner(version, sources), 'start', '--state'];
        const runner = await startChild({
          command: process.execPath,
          args: [...args, join(folder, 'runners', 'local-1')],
          cwd: sources,
          env: { ...env, APPFLUX_ALLOW_PRIVATE_SOURCES: '1' },
          logFile: join(folder, 'logs', 'old-runner.log'),
        });
        try {
          await built();
        } catch (error) {
          throw new Error(`the runner said: ${await runner.output()}`, { cause: error });
        } finally {
          await runner.stop(10_000);
          await rm(sources, { recursive: true, force: true });
        }
        expect(await idOf()).toBe(before);
      });

      it('builds with today’s program in its state folder', async () => {
        const before = await idOf();
        await registered();
        const runner = await startRunner('local-1', state.settings, env);
        try {
          await built();
        } finally {
          await runner.stop(10_000);
        }
        expect(await idOf()).toBe(before);
      });
    });

  it('releases and deletes its deployments and apps', async () => {
    const { app, builds } = state.facts;
    await client.api.apps.release(app.slug, app.pinned);
    expect((await client.app(app.slug)).release).toBe(app.pinned);
    expect((await client.fetch('DELETE', `/api/apps/${app.slug}`)).status).toBe(204);
    await expect(client.app(app.slug)).rejects.toBeInstanceOf(RefusedError);
    const gone = await Promise.all(
      builds.flatMap(({ artifacts }) => artifacts).map(({ path }) => fetch(state.url + path)),
    );
    expect(gone.map(({ status }) => status)).toEqual(gone.map(() => 404));
  });
});

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

/** GET of a site, whose host no resolver knows: only a browser resolves names below localhost. */
function getOfHost(instance: string, site: string): Promise<Answer> {
  const { hostname, port } = new URL(instance);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path: '/', headers: { host: new URL(site).host } }, async (answer) => {
      const text = (await answer.toArray()).join('');
      resolve({ status: answer.statusCode, type: answer.headers['content-type'], text });
    }).once('error', reject);
  });
}
