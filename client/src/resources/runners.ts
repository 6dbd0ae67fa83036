/** Runners and their registration. */
import {
  type CreateRegistrationToken,
  type FleetToken,
  FleetTokens,
  type Page,
  RegisteredRunner,
  type RegisterRunner,
  RegistrationToken,
  Runner,
  RunnerInstaller,
  RunnerPage,
  type UpdateRunner,
} from '@appflux/protocol';
import type { z } from 'zod';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import { eachItem, type ListQuery } from '../pages.ts';

export const runners = (calls: Calls) => ({
  page: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<Runner>> =>
    calls.json(RunnerPage, 'GET', '/api/runners', { query: { ...query }, ...options }),
  /** All of them, page after page. */
  list: async (options: CallOptions = {}): Promise<Runner[]> => {
    const all: Runner[] = [];
    const page = (query: ListQuery) =>
      calls.json(RunnerPage, 'GET', '/api/runners', { query: { ...query }, ...options });
    for await (const runner of eachItem(page)) all.push(runner);
    return all;
  },
  /** A token with which one runner can register, or any number if it is `reusable`. */
  createToken: (
    body: z.input<typeof CreateRegistrationToken> = {},
    options: CallOptions = {},
  ): Promise<RegistrationToken> =>
    calls.json(RegistrationToken, 'POST', '/api/runners/tokens', { body, ...options }),
  /** The reusable registration tokens, without the tokens themselves. */
  tokens: async (options: CallOptions = {}): Promise<FleetToken[]> =>
    (await calls.json(FleetTokens, 'GET', '/api/runners/tokens', options)).items,
  /** Revokes a reusable registration token. Runners that were registered with it stay. */
  revokeToken: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/runners/tokens/${id}`, options),
  /** The figures of the pool, in the OpenMetrics text format. */
  metrics: (options: CallOptions = {}): Promise<string> => calls.text('GET', '/api/pool/metrics', options),
  /** The script that makes a machine a runner. Refused with `not_found` if the instance was built without it. */
  installer: (options: CallOptions = {}): Promise<RunnerInstaller> =>
    calls.json(RunnerInstaller, 'GET', '/api/runners/installer', options),
  /** Registers a runner. The registration token is the permission. */
  register: (body: z.input<typeof RegisterRunner>, options: CallOptions = {}): Promise<RegisteredRunner> =>
    calls.json(RegisteredRunner, 'POST', '/api/runners/register', { body, anonymous: true, ...options }),
  /** Changes what a runner is registered for. What is left out stays. */
  update: (id: string, change: UpdateRunner, options: CallOptions = {}): Promise<Runner> =>
    calls.json(Runner, 'PATCH', path`/api/runners/${id}`, { body: change, ...options }),
  /** A draining runner finishes its builds and gets no new ones. */
  drain: (id: string, draining = true, options: CallOptions = {}): Promise<Runner> =>
    calls.json(Runner, 'POST', path`/api/runners/${id}/drain`, { body: { draining }, ...options }),
  delete: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/runners/${id}`, options),
});
