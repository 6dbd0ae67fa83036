import { env } from 'cloudflare:workers';
import {
  App,
  Deployment,
  ErrorBody,
  MAX_VARIABLE_BYTES,
  MAX_VARIABLES,
  MAX_VARIABLES_BYTES,
  utf8Bytes,
} from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { createSealer, openedBytes, variableLabel } from '../secrets/sealing.ts';
import { forgetAll, request, signIn } from '../testing/worker.ts';

let token: string;

const create = (slug: string, envVars: Record<string, string>) =>
  request('/api/apps', {
    method: 'POST',
    token,
    json: {
      name: slug,
      slug,
      source: { provider: 'git', repoUrl: 'https://git.example/team/phone.git' },
      envVars,
    },
  });

const put = (name: string, value: string) =>
  request(`/api/apps/phone/env/${name}`, { method: 'PUT', token, json: { value } });

const refusal = async (response: Response) => ({
  status: response.status,
  ...ErrorBody.parse(await response.json()).error,
});

/** Variables that have exactly `bytes` together, each of `each` at most. */
function variablesOf(bytes: number, each = MAX_VARIABLE_BYTES): Record<string, string> {
  const all: Record<string, string> = {};
  for (let left = bytes, index = 100; left > 0; index += 1) {
    const size = Math.min(left, each);
    all[`V${index}`] = 'x'.repeat(size - 4);
    left -= size;
  }
  return all;
}

beforeEach(async () => {
  await forgetAll();
  token = (await signIn()).access_token;
});

describe('one variable', () => {
  beforeEach(async () => {
    await create('phone', {});
  });

  test.each([
    ['letters', 'x'.repeat(MAX_VARIABLE_BYTES)],
    ['characters of several bytes', '€'.repeat(MAX_VARIABLE_BYTES / 3)],
  ])('has 64 KB in UTF-8: %s', async (_, largest) => {
    expect((await put('A', largest)).status).toBe(204);
    expect(await refusal(await put('A', `${largest}€`))).toMatchObject({
      status: 400,
      message: expect.stringContaining('A variable has 64 KB at most'),
    });
  });

  test('holds no NUL character, which no program can be given', async () => {
    expect(await refusal(await put('A', 'a\0b'))).toMatchObject({
      status: 400,
      message: expect.stringContaining('NUL'),
    });
  });

  test('is measured without being opened', async () => {
    const sealer = createSealer(env);
    for (const value of ['', 'a', 'ab', 'abc', '€'.repeat(1000), 'x'.repeat(65_536)]) {
      const sealed = await sealer.seal(value, variableLabel('app', 'A'));
      expect(openedBytes(sealed)).toBe(utf8Bytes(value));
    }
    expect(openedBytes('not sealed')).toBe(0);
  });
});

describe('all variables of an app', () => {
  test('have 512 KB, names and values: a larger app is not created', async () => {
    expect((await create('phone', variablesOf(MAX_VARIABLES_BYTES))).status).toBe(201);
    const refused = await refusal(await create('phones', variablesOf(MAX_VARIABLES_BYTES + 8)));
    expect(refused).toMatchObject({
      status: 422,
      code: 'unprocessable',
      message: 'An app has 1,000 variables and 512 KB of them at most',
      hint: expect.stringContaining('Delete variables'),
    });
  });

  test('take no other one when they are full; one that is there can be replaced by one of its size', async () => {
    await create('phone', variablesOf(MAX_VARIABLES_BYTES));
    expect(await refusal(await put('V', ''))).toMatchObject({ status: 422, code: 'unprocessable' });
    expect((await put('V100', 'y'.repeat(MAX_VARIABLE_BYTES - 4))).status).toBe(204);
    expect((await put('V100', 'short')).status).toBe(204);
    expect((await put('V', 'now there is room')).status).toBe(204);
  });

  test('are 1,000', async () => {
    const most = Object.fromEntries(Array.from({ length: MAX_VARIABLES }, (_, n) => [`V${n}`, 'x']));
    expect((await create('phone', most)).status).toBe(201);
    expect(await refusal(await put('ONE_MORE', ''))).toMatchObject({ status: 422 });
    expect(await refusal(await create('phones', { ...most, ONE_MORE: '' }))).toMatchObject({ status: 422 });
  });
});

/** An App as version 0.1.0 let it become: 2.6 MB of variables, and some of them larger than Linux passes on. */
async function givenLargeApp(): Promise<string> {
  const { id } = App.parse(await (await create('phone', {})).json());
  const sealer = createSealer(env);
  const envVars = Object.fromEntries(
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const name = `OLD_${index}`;
        const sealed = await sealer.seal('v'.repeat(65_536), variableLabel(id, name));
        return [name, { sealed, environments: ['production'] }];
      }),
    ),
  );
  // As it was written then: past the limits that hold now.
  await env.METADATA.prepare('UPDATE apps SET env_vars = ? WHERE id = ?')
    .bind(JSON.stringify(envVars), id)
    .run();
  return id;
}

describe('an app of version 0.1.0 that is above the limits', () => {
  test('is read and built', async () => {
    await givenLargeApp();
    const app = App.parse(await (await request('/api/apps/phone', { token })).json());
    expect(app.envVars).toHaveLength(40);
    expect((await request('/api/apps', { token })).status).toBe(200);
    const asked = await request('/api/apps/phone/deployments', { method: 'POST', token, json: {} });
    const { id } = Deployment.parse(await asked.json());
    const claimed = await env.DEPLOYMENTS.getByName(id).claim({ id: newObjectId(), name: 'one' });
    if (!('granted' in claimed)) throw new Error('it was not granted');
    expect(Object.values(claimed.granted.job.variables).map(({ length }) => length)).toEqual(
      Array(40).fill(65_536),
    );
  });

  test('takes no further variable, and no larger one, until it is below them', async () => {
    await givenLargeApp();
    expect(await refusal(await put('NEW', ''))).toMatchObject({ status: 422 });
    expect((await put('OLD_0', 'short')).status).toBe(204);
    const remove = (name: string) => request(`/api/apps/phone/env/${name}`, { method: 'DELETE', token });
    for (let index = 1; index < 33; index += 1) expect((await remove(`OLD_${index}`)).status).toBe(204);
    expect((await put('NEW', 'x')).status).toBe(204);
  });

  test('of many calls at the same time none makes its row larger than the platform holds', async () => {
    const { id } = App.parse(await (await create('phone', {})).json());
    const { apps } = metadataOf(env);
    const sealed = 'x'.repeat(87_000);
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) =>
        apps.setVariable(id, `V${n}`, { sealed, environments: ['production'] }),
      ),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(5);
    for (const result of refused) {
      expect(result).toMatchObject({
        reason: { code: 'unprocessable', message: expect.stringContaining('The app’s variables') },
      });
    }
    const row = await env.METADATA.prepare('SELECT octet_length(env_vars) AS bytes FROM apps').first<{
      bytes: number;
    }>();
    expect(row?.bytes).toBeGreaterThan(1_500_000);
    expect(row?.bytes).toBeLessThan(1_800_000);
  });
});
