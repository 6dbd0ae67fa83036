/** The version that a release's tag names. */
import { versionText } from './package-json.ts';

/** `v1.2.3`, `1.2`, `release-2.0.0-rc.1` or `app@1.2.3` (as Lerna and Changesets write it). */
const TAG = /^(?:[\w./-]{1,100}[@/_-])?v?(\d{1,6}\.\d{1,6}(?:\.\d{1,6})?(?:[-+][0-9A-Za-z.+-]{1,60})?)$/;

/** The version in the name of a tag (or of a branch that is called like one); null if there is none. */
export const tagVersion = (ref: string | null): string | null =>
  ref === null || ref.length > 255 ? null : versionText(TAG.exec(ref)?.[1] ?? null);

/** What templates begin with, and many projects never change. */
const PLACEHOLDER = /^0\.0\.0$/;

/** The project's own version, unless it says none or a placeholder and the tag says one. */
export function chooseVersion(own: string | null, ref: string | null): string | null {
  return own !== null && !PLACEHOLDER.test(own) ? own : (tagVersion(ref) ?? own);
}
