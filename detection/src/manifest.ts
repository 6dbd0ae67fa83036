/** `appflux.json`: build settings that a source brings along. */
import {
  BindingKind,
  BindingName,
  MANIFEST_KEYS,
  Manifest,
  printable,
  quoted,
  SITE_SETTINGS_KEYS,
} from '@appflux/protocol';
import { CRON_HINT, cronProblem } from './cron-expression.ts';
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
  if ('bindings' in value) refuseBadBindings(value.bindings);
  const result = Manifest.safeParse(value);
  if (result.success) {
    for (const cron of result.data.crons ?? []) {
      const problem = cronProblem(cron);
      if (problem !== null) throw refuse(`${MANIFEST_NAME}, "crons": ${problem}.`, CRON_HINT);
    }
    return result.data;
  }
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

/** Refuses names and kinds of bindings that don't exist, with those that were meant. */
function refuseBadBindings(bindings: unknown): void {
  const where = `${MANIFEST_NAME}, "bindings"`;
  if (typeof bindings !== 'object' || bindings === null || Array.isArray(bindings)) {
    throw refuse(
      `${where} must be an object with a kind for each name.`,
      'For example: "bindings": { "CACHE": "kv", "DB": "sqlite" }.',
    );
  }
  for (const [name, kind] of Object.entries(bindings)) {
    const named = BindingName.safeParse(name);
    if (!named.success) {
      const meant = name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
      throw refuse(
        `${where} has the name ${quoted(name)}. ${named.error.issues[0]?.message ?? 'It is invalid'}.`,
        BindingName.safeParse(meant).success ? `Did you mean "${meant}"?` : undefined,
      );
    }
    if (!BindingKind.safeParse(kind).success) {
      const kinds = 'Use "kv" for key-value pairs, or "sqlite" for an SQL database.';
      throw refuse(`${where} has no kind ${quoted(String(kind))} for ${quoted(name)}.`, kinds);
    }
  }
}

const refuse = (message: string, hint = 'Correct appflux.json and push again.') =>
  new DetectionFailure('settings_invalid', message, { hint });
