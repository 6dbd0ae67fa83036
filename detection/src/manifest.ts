/** `appflux.json`: build settings that a source brings along. */
import { MANIFEST_KEYS, Manifest, printable, quoted, SITE_SETTINGS_KEYS } from '@appflux/protocol';
import { DetectionFailure } from './failure.ts';
import { parseJson } from './json.ts';
import { nearest } from './nearest.ts';

export const MANIFEST_NAME = 'appflux.json';
export const MANIFEST_BYTES = 64 * 1024;

/**
 * Reads a manifest.
 * @throws {DetectionFailure} `settings_invalid`: not JSON (with line and column), a key that is unknown (with the
 * nearest known one), or a value that does not fit.
 */
export function parseManifest(text: string): Manifest {
  const outcome = parseJson(text);
  if ('problem' in outcome) throw refuse(`${MANIFEST_NAME} is not valid JSON: ${outcome.problem}.`);
  const { value } = outcome;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`${MANIFEST_NAME} must contain a JSON object.`);
  }
  refuseUnknownKeys(value, MANIFEST_NAME, MANIFEST_KEYS);
  if ('site' in value && typeof value.site === 'object' && value.site !== null) {
    refuseUnknownKeys(value.site, `"site" in ${MANIFEST_NAME}`, SITE_SETTINGS_KEYS);
  }
  const result = Manifest.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `, ${quoted(issue.path.join('.'))}`;
  throw refuse(`${MANIFEST_NAME}${where}: ${printable(issue?.message ?? 'invalid value', 300)}.`);
}

function refuseUnknownKeys(value: object, where: string, allowed: readonly string[]): void {
  // `$schema` is for editors: it is never what a misspelled key means.
  const keys = allowed.filter((key) => key !== '$schema');
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    throw refuse(
      `${where} has an unknown key ${quoted(key)}. Did you mean "${nearest(key, keys)}"?`,
      `Allowed keys: ${keys.join(', ')}.`,
    );
  }
}

const refuse = (message: string, hint = 'Correct appflux.json and push again.') =>
  new DetectionFailure('settings_invalid', message, { hint });
