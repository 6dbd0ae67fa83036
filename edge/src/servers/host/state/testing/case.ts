/** What a case is. */

/** The bindings that a case uses; each case begins with nothing in them. */
export interface Bindings {
  readonly KV: KVNamespace;
  readonly DB: D1Database;
}

/** A case gives what it saw. It passes what the types of the platform refuse as `any`. */
export type Case = (bindings: Bindings) => Promise<unknown>;

/** What a call gives, or what its error says. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, message, cause } = error as Error;
    return { name, message, cause: cause instanceof Error ? cause.message : undefined };
  }
}
