/**
 * How everything here calls a Durable Object. A deploy of the Worker resets every object, and a call that is under way
 * then fails: it is repeated where that changes nothing, and is refused with `unavailable` otherwise.
 */
import { AppFluxError } from '@appflux/protocol';
import { inSeconds } from '../seconds.ts';
import { faultOf, type ObjectFault } from './fault.ts';

/** Members that are not called by us: the platform's handlers, and a mark of the types. */
type Handlers =
  | 'alarm'
  | 'fetch'
  | 'webSocketMessage'
  | 'webSocketClose'
  | 'webSocketError'
  | typeof Rpc.__DURABLE_OBJECT_BRAND;

type MethodsOf<Kind> = {
  [Name in keyof Kind as Name extends Handlers
    ? never
    : Kind[Name] extends (...args: never[]) => unknown
      ? Name
      : never]: Kind[Name];
};

type ArgumentsOf<Method> = Method extends (...args: infer Arguments) => unknown ? Arguments : never;

/**
 * For each method of an object, whether a call may be carried out twice: `repeat`, `once`, or a function of the
 * arguments that says so. A new method does not compile until it is named.
 */
export type Repeats<Kind> = {
  readonly [Name in keyof MethodsOf<Kind>]-?:
    | 'repeat'
    | 'once'
    | ((...args: ArgumentsOf<Kind[Name]>) => boolean);
};

/** The class of a binding's objects. */
export type ObjectOf<Namespace> = Namespace extends DurableObjectNamespace<infer Kind> ? Kind : never;

/** An object as it is called: its methods, and `fetch` for WebSockets. */
export type ObjectStub<Kind extends Rpc.DurableObjectBranded> = Pick<
  DurableObjectStub<Kind>,
  keyof MethodsOf<Kind> & keyof DurableObjectStub<Kind>
> & { fetch(request: Request): Promise<Response> };

/** Milliseconds until a new instance of a reset object is asked; a random half is taken off. */
const PAUSE_MS = 200;

/**
 * The object that `connect` gives a stub of. `connect` is called again for each try, because a stub whose call failed
 * fails from then on. Calls throw AppFluxError `unavailable` for faults of the platform, and what the object throws.
 * A WebSocket that was not opened may always be opened again.
 */
export function objectStub<Kind extends Rpc.DurableObjectBranded>(
  connect: () => DurableObjectStub<Kind>,
  repeats: Repeats<Kind>,
): ObjectStub<Kind> {
  const rules = repeats as Readonly<Record<string, 'repeat' | 'once' | ((...args: unknown[]) => boolean)>>;
  const methods = Object.entries(rules).map(([name, rule]) => [
    name,
    (...args: unknown[]) =>
      calling(
        () => (connect() as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args),
        typeof rule === 'function' ? rule(...args) : rule === 'repeat',
      ),
  ]);
  const fetch = (request: Request) => calling(() => connect().fetch(new Request(request)), true);
  return Object.fromEntries([...methods, ['fetch', fetch]]);
}

async function calling<Result>(call: () => Result | Promise<Result>, mayRepeat: boolean): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const fault = faultOf(error);
    if (fault === null) throw error;
    if (fault === 'overloaded' || !mayRepeat) throw unavailable(fault, error);
  }
  // The server host has no modules of Node.
  await scheduler.wait(PAUSE_MS * (0.5 + Math.random() / 2));
  try {
    return await call();
  } catch (error) {
    const fault = faultOf(error);
    throw fault === null ? error : unavailable(fault, error);
  }
}

const REFUSALS = {
  lost: { message: 'A part of this instance is restarting', retryAfterSeconds: 2 },
  overloaded: {
    message: 'A part of this instance has more requests than it can handle',
    retryAfterSeconds: 10,
  },
} as const;

function unavailable(fault: ObjectFault, cause: unknown): AppFluxError {
  const { message, retryAfterSeconds } = REFUSALS[fault];
  return new AppFluxError('unavailable', message, {
    hint: `Try again in ${inSeconds(retryAfterSeconds)}.`,
    retryAfterSeconds,
    cause,
  });
}
