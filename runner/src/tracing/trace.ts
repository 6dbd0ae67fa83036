/** The spans of an attempt, as its steps make them. A runner that sends no traces makes none. */

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Where spans are begun. */
export interface Trace {
  /** Begins a span below this one. */
  begin(name: string, attributes?: Attributes): Span;
}

/** A span that has begun. */
export interface Span extends Trace {
  /** Ends it now. `error` is what it failed with; its message stays here, because it may quote what is masked elsewhere. */
  end(error?: unknown): void;
}

/** Makes no spans. */
export const UNTRACED: Span = { begin: () => UNTRACED, end: () => undefined };

/** Does a part of a step in a span of its own. */
export async function inSpan<Context extends { readonly trace?: Trace }, T>(
  ctx: Context,
  name: string,
  work: (ctx: Context) => Promise<T>,
  attributes: Attributes = {},
): Promise<T> {
  const span = (ctx.trace ?? UNTRACED).begin(name, attributes);
  try {
    const result = await work({ ...ctx, trace: span });
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
