/** Whether a stream gets colors. */

/** What decides about colors: https://no-color.org and `TERM`, terminfo(5). */
export interface ColorFacts {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether to write colors to a stream: only to a terminal that can show them, and unless NO_COLOR is set. */
export function wantsColor({ isTTY, env }: ColorFacts): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false;
  return isTTY && env.TERM !== 'dumb';
}
