/** Why a call of a site is refused. */
import type { Answer } from '../facades/remote.ts';

export class StateRefusal extends Error {
  override readonly name = 'StateRefusal';
  /** That of HTTP; Workers KV shows it in its errors. */
  readonly status: number;
  /** The statement that failed, of several. */
  readonly at: number | undefined;

  constructor(status: number, message: string, at?: number) {
    super(message);
    this.status = status;
    this.at = at;
  }
}

export const refused = ({ status, message, at }: StateRefusal): Answer<never> => ({
  ok: false,
  status,
  message,
  ...(at === undefined ? {} : { at }),
});

/** What a call gives, or why it was refused: also by SQLite, for statements of the site's own. */
export async function answer<T>(call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (error instanceof StateRefusal) return refused(error);
    throw error;
  }
}
