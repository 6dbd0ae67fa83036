/** Keeps others from writing while a database is exported, so that the export is of one moment. */

/** An export may stop for so long, and take so long in all: afterwards writes go on, and it fails. In milliseconds. */
export const EXPORT_STALL_MS = 10_000;
export const EXPORT_MS = 300_000;

export class Gate {
  /** Settles when no export is running. */
  #closed: Promise<void> | null = null;

  /** Waits until no export is running. */
  async pass(): Promise<void> {
    while (this.#closed !== null) await this.#closed;
  }

  /**
   * The same parts, with the gate closed until they have ended. Throws in place of the next part when they were not asked
   * for in time.
   */
  async hold(parts: Iterator<string>): Promise<{ parts: Iterator<string>; release: () => void }> {
    await this.pass();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    let isOpen = false;
    const release = () => {
      if (isOpen) return;
      isOpen = true;
      clearTimeout(stalled);
      clearTimeout(late);
      this.#closed = null;
      resolve();
    };
    let stalled = setTimeout(release, EXPORT_STALL_MS);
    const late = setTimeout(release, EXPORT_MS);
    return {
      release,
      parts: {
        next: () => {
          if (isOpen) throw new Error('The export took too long: the site writes to the database again.');
          clearTimeout(stalled);
          stalled = setTimeout(release, EXPORT_STALL_MS);
          return parts.next();
        },
      },
    };
  }
}

/**
 * Whether a statement can only read. Anything else may write, as far as this tells: a `WITH` may, and whatever begins with
 * a comment or has a second statement. No regular expression that could take long looks at a site's text.
 */
export function isRead(sql: string): boolean {
  const text = sql.trim();
  const end = text.indexOf(';');
  return /^(?:select|values|explain)\b/i.test(text) && (end === -1 || end === text.length - 1);
}
