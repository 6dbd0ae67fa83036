import type { AppFluxError } from '@appflux/protocol';

/** What the server refused in the fields of a form. A message stays until its field has another value. */
export class FieldRefusals {
  #refused = $state.raw<ReadonlyMap<string, { value: string; message: string }>>(new Map());

  /** Takes what the server said about fields, and the values that it said it about, by the path of each. */
  set({ issues = [], hint }: AppFluxError, values: Readonly<Record<string, string>>): void {
    this.#refused = new Map(
      issues.flatMap(({ path, message }) => {
        const value = values[path];
        const text = [/[.!?…]$/.test(message) ? message : `${message}.`, hint].filter(Boolean).join(' ');
        return value === undefined ? [] : [[path, { value, message: text }] as const];
      }),
    );
  }

  /** What is wrong with the value of a field; null if it isn't the one that was refused. */
  of(path: string, value: string): string | null {
    const refused = this.#refused.get(path);
    return refused?.value === value ? refused.message : null;
  }
}
