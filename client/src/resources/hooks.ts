/** Hooks: where a team's notifications are sent. */
import {
  CreatedHook,
  type CreateHook,
  Hook,
  HookDelivery,
  HookSecret,
  Hooks,
  type Page,
  pageOf,
  type UpdateHook,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

const Deliveries = pageOf(HookDelivery);

export const hooks = (calls: Calls) => ({
  /** All of the team, newest first. */
  list: (options: CallOptions = {}): Promise<Hooks> => calls.json(Hooks, 'GET', '/api/hooks', options),
  /** The secret that signs a webhook is in this response only. */
  create: (body: CreateHook, options: CallOptions = {}): Promise<CreatedHook> =>
    calls.json(CreatedHook, 'POST', '/api/hooks', { body, ...options }),
  update: (id: string, body: UpdateHook, options: CallOptions = {}): Promise<Hook> =>
    calls.json(Hook, 'PATCH', path`/api/hooks/${id}`, { body, ...options }),
  delete: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/hooks/${id}`, options),
  /** Sends a test notification once. Resolves when the receiver has answered or had its time. */
  test: (id: string, options: CallOptions = {}): Promise<HookDelivery> =>
    calls.json(HookDelivery, 'POST', path`/api/hooks/${id}/test`, options),
  /** Replaces the secret that signs a webhook. The new one is in this response only. */
  rotateSecret: (id: string, options: CallOptions = {}): Promise<HookSecret> =>
    calls.json(HookSecret, 'POST', path`/api/hooks/${id}/secret`, options),
  /** What a hook sent, newest first. */
  deliveries: (id: string, query: ListQuery = {}, options: CallOptions = {}): Promise<Page<HookDelivery>> =>
    calls.json(Deliveries, 'GET', path`/api/hooks/${id}/deliveries`, { query: { ...query }, ...options }),
  redeliver: (id: string, delivery: string, options: CallOptions = {}): Promise<HookDelivery> =>
    calls.json(HookDelivery, 'POST', path`/api/hooks/${id}/deliveries/${delivery}/redeliver`, options),
});
