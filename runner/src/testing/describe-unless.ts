import { describe, test } from 'vitest';

/** As `describe`, or where `why` is set a test in its place that is skipped and says so in the summary. */
export function describeUnless(why: string | null, name: string, body: () => void): void {
  if (why === null) describe(name, body);
  else test(name, ({ skip }) => skip(why));
}
