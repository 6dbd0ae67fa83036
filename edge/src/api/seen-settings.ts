/** Whether an app still has the settings that a caller saw. */
import { AppFluxError, type Issue, SeenSettings } from '@appflux/protocol';
import type { AppRecord } from '../metadata/metadata.ts';

/** The longest value that a refusal quotes, in UTF-16 units. */
const MAX_QUOTED = 200;

/**
 * Throws `settings_changed` if one of the settings is another by now, with an issue for each: its path, such as
 * `build.buildCommand`, and its value now.
 */
export function requireUnchanged(app: AppRecord, seen: SeenSettings): void {
  // What is stored passes the same schema, which adds members that an earlier version didn't have.
  const now = SeenSettings.parse(
    Object.fromEntries(
      Object.keys(SeenSettings.shape).map((name) => [name, app[name as keyof SeenSettings]]),
    ),
  );
  const issues = differences('', seen, now);
  if (issues.length === 0) return;
  const paths = issues.map(({ path }) => path).join(', ');
  throw new AppFluxError('settings_changed', `Someone else has changed ${paths} of ${app.slug} meanwhile`, {
    hint: 'Load the app again, then repeat your change. Without `from`, your values replace theirs.',
    issues,
  });
}

/** Where `now` differs from the members that `seen` has. */
function differences(path: string, seen: object, now: object): Issue[] {
  return Object.entries(seen).flatMap(([name, value]: [string, unknown]): Issue[] => {
    if (value === undefined) return [];
    const at = path === '' ? name : `${path}.${name}`;
    const current = (now as Record<string, unknown>)[name];
    if (isPlain(value) && isPlain(current)) return differences(at, value, current);
    const text = JSON.stringify(current) ?? 'not set';
    return same(value, current) ? [] : [{ path: at, message: `It is ${text.slice(0, MAX_QUOTED)} now` }];
  });
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether two JSON values are equal, in whatever order their members are. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, at) => same(value, b[at]));
  if (!isPlain(a) || !isPlain(b)) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(Reflect.get(a, name), Reflect.get(b, name)));
}
