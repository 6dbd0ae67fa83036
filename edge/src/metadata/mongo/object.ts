/**
 * The Durable Object that keeps the connection to MongoDB. A Worker's sockets end with the request that opened them,
 * so a client of its own for each would reconnect each time; the object's stay, across requests and outages.
 */
import { DurableObject } from 'cloudflare:workers';
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { type ObjectStub, objectStub } from '../../objects/stub.ts';
import type { Metadata } from '../metadata.ts';
import { type Answer, type Call, isRead } from './call.ts';

/** Whether this bundle has the driver; the bundler replaces it (wrangler.toml, stack/edge/control-plane-bundle.ts). */
declare const MONGODB_DRIVER: boolean;

/** The one object of an instance. */
export const mongoOf = (env: Pick<Env, 'MONGO'>): ObjectStub<MongoObject> =>
  objectStub(() => env.MONGO.getByName('metadata'), { call: ({ method }) => isRead(method) });

interface Opened {
  metadata: Metadata;
  isOutage: (error: unknown) => boolean;
}

/** The modules that use the driver; null in a bundle without it, because the bundler drops a branch that is never taken. */
const loadBackend = () =>
  MONGODB_DRIVER ? Promise.all([import('./connection.ts'), import('./index.ts')]) : null;

export class MongoObject extends DurableObject<Env> {
  #opening: Promise<Opened> | null = null;

  /** Calls a method of the backend. The stores' methods check nothing: input was parsed at the border. */
  async call({ store, method, args }: Call): Promise<Answer> {
    try {
      const { metadata } = await this.#open();
      const target = store === null ? metadata : metadata[store as keyof Metadata];
      const called = (target as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[method];
      if (called === undefined) throw new Error(`The backend has no ${store ?? ''}.${method}`);
      return { value: await called.apply(target, args) };
    } catch (error) {
      const refusal = await this.#refusalOf(error);
      if (refusal === null) throw error;
      const { code, message, hint, retryAfterSeconds } = refusal;
      return {
        refused: {
          code,
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
        },
      };
    }
  }

  /** The backend on its connection. A connection that could not be made is tried again by the next call. */
  #open(): Promise<Opened> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  async #connect(): Promise<Opened> {
    const backend = loadBackend();
    if (backend === null) throw withoutDriver();
    const [{ connect, isOutage }, { createMongoMetadata }] = await backend;
    try {
      const { client, database } = await connect(this.env.MONGODB_URI ?? '');
      return { metadata: createMongoMetadata(client.db(database), this.env.PUBLIC_URL), isOutage };
    } catch (error) {
      if (isOutage(error)) throw unreachable(error);
      throw error;
    }
  }

  /** The refusal to answer an error with, or null for a fault of ours. */
  async #refusalOf(error: unknown): Promise<AppFluxError | null> {
    if (isAppFluxError(error)) return error;
    // Why it could not be opened is the very error that is asked about.
    const opened = await this.#opening?.catch(() => null);
    if (!opened?.isOutage(error)) return null;
    return unreachable(error);
  }
}

function withoutDriver(): AppFluxError {
  const hint = 'Set MONGODB_URI as a secret of “npm run deploy” and deploy again, or delete that secret.';
  journal.error(`MONGODB_URI is set, but this bundle of the control plane has no MongoDB driver. ${hint}`);
  return new AppFluxError('unavailable', 'This control plane was bundled without MongoDB', { hint });
}

function unreachable(cause: unknown): AppFluxError {
  // The operator's log has the driver's words, which may name hosts; the caller only learns that it is down.
  journal.error('MongoDB does not answer', cause);
  return new AppFluxError('unavailable', 'The metadata store doesn’t respond', {
    hint: 'Try again in a few seconds.',
    retryAfterSeconds: 2,
    cause,
  });
}
