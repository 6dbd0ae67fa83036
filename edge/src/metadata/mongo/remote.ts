/** The MongoDB backend as the Worker has it: every call goes to the object that keeps the connection. */
import { AppFluxError } from '@appflux/protocol';
import type { Metadata } from '../metadata.ts';
import { newObjectId } from '../object-id.ts';
import type { Callee } from './call.ts';

/** Metadata whose every method is carried out by `object`. */
export function remoteMetadata(object: () => Callee): Metadata {
  const carryOut = async (store: string | null, method: string, args: unknown[]): Promise<unknown> => {
    const answer = await object().call({ store, method, args });
    if (!('refused' in answer)) return answer.value;
    const { code, message, ...details } = answer.refused;
    throw new AppFluxError(code, message, details);
  };
  const storeOf = (store: string) =>
    new Proxy(
      {},
      {
        // Symbols, and `then`, are asked of any object that is awaited or printed; no store has them.
        get: (_, method) =>
          typeof method === 'symbol' || method === 'then'
            ? undefined
            : (...args: unknown[]) => carryOut(store, method, args),
      },
    );
  const stores = new Map<string, object>();
  const backend = {
    ping: () => carryOut(null, 'ping', []),
    newIdFor: async (_ownerId: string, now?: number) => newObjectId(now),
    removeExpired: (...times: [string, string]) => carryOut(null, 'removeExpired', times),
  };
  return new Proxy(backend, {
    get(own, name) {
      if (typeof name === 'symbol' || name === 'then') return undefined;
      if (name in own) return own[name as keyof typeof own];
      const store = stores.get(name) ?? storeOf(name);
      stores.set(name, store);
      return store;
    },
  }) as unknown as Metadata;
}
