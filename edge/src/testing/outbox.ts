/** What waits in the outbox, for tests of those who ask for links and of who reads them. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Outbox, OutboxItem } from '@appflux/protocol';
import { expect, vi } from 'vitest';
import type { Env } from '../env.ts';
import { outboxOf } from '../outbox/index.ts';
import { request } from './worker.ts';

/** The object that is the outbox. */
export const outboxObject = () => env.OUTBOX.getByName('all');

export const ask = async (path: '/recover' | '/otp', email: string) =>
  expect((await request(`/auth/v1${path}`, { method: 'POST', json: { email } })).status).toBe(200);
export const read = (token = env.OPERATOR_SECRET) => request('/api/ops/outbox', { token });
export const items = async (): Promise<OutboxItem[]> => (await (await read()).json<Outbox>()).items;
/** The links, once there are so many: they are made after the answer. */
export const untilThere = (count: number): Promise<OutboxItem[]> =>
  vi.waitFor(async () => {
    const list = await items();
    expect(list).toHaveLength(count);
    return list;
  });
export const tokenOf = ({ url }: OutboxItem) => new URL(url).hash.split('=')[1];
export const verify = (type: string, token_hash: string | undefined) =>
  request('/auth/v1/verify', { method: 'POST', json: { type, token_hash } });
export const stored = () =>
  runInDurableObject(outboxObject(), (_, { storage }) =>
    storage.sql.exec<Record<string, string | number | null>>('SELECT * FROM items').toArray(),
  );

/** Gives the outbox other variables, as a deployment would. */
export const setUp = (variables: Partial<Env>) =>
  runInDurableObject(outboxObject(), (instance) => {
    Object.defineProperty(instance, 'env', { value: { ...env, ...variables }, configurable: true });
  });

/** The token of the newest link for this email. It is made after the answer to who asked for it, so it is waited for. */
export const waitingToken = (to: string): Promise<string> =>
  vi.waitFor(async () => {
    const item = (await outboxOf(env).list()).find((link) => link.to === to);
    const token = new URLSearchParams(new URL(item?.url ?? 'none:').hash.slice(1)).get('token_hash');
    if (token === null) throw new Error(`no link waits for ${to}`);
    return token;
  });
