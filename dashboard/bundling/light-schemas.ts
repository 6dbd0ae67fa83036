/**
 * Simple schemas without zod: choices, texts and numbers, as the forms check them. zod is 30 kB compressed, and most pages
 * need nothing else of it.
 */
import { DEFAULT_LANGUAGE, type Language } from '@appflux/protocol/languages';
import { z } from 'zod';
import { type CheckDefinition, definitionOf } from './schema-kinds.ts';

/** What zod's `.trim()` does. Another transformation can't be recognized by its result alone. */
const TRIM = String(definitionOf(z.string().trim()).checks?.[0]?._zod.def.tx);

/** zod's own message for an issue. */
type OwnMessage = (issue: object) => string;

/** zod's own messages in a language. */
const messagesIn = (language: Language): OwnMessage => {
  const { localeError } = z.locales[language]();
  return (issue) => {
    const text = localeError(issue as Parameters<typeof localeError>[0]);
    return typeof text === 'string' ? text : (text?.message ?? 'Invalid input');
  };
};

const MESSAGES = { en: messagesIn('en'), de: messagesIn('de') } satisfies Record<Language, OwnMessage>;

/**
 * The code of a light schema, by the functions of src/lib/api/light-schemas.ts; null if the schema isn't simple.
 * @param language of zod's own messages
 */
export function lightSchema(schema: z.ZodType, language: Language = DEFAULT_LANGUAGE): string | null {
  const ownMessage = MESSAGES[language];
  const { type, checks = [], format, error } = definitionOf(schema);
  if (error !== undefined) return null;
  const definitions = checks.map(({ _zod }) => _zod.def);
  if (type === 'enum' && definitions.length === 0) {
    const { options } = schema as z.ZodEnum;
    if (!options.every((option) => typeof option === 'string')) return null;
    return `oneOf(${JSON.stringify(options)}, ${JSON.stringify(ownMessage({ code: 'invalid_value', values: options }))})`;
  }
  const steps =
    type === 'string'
      ? definitions.map((each) => textStep(each, ownMessage))
      : type === 'number'
        ? definitions.map((each) => numberStep(each, ownMessage))
        : [null];
  if (steps.includes(null)) return null;
  // A format, such as that of an email, is a check of its own.
  if (type === 'string') return format === undefined ? `text([${steps.join(', ')}])` : null;
  return format === 'safeint' ? `integer([${steps.join(', ')}])` : null;
}

/** A check of a text, as code; null if it can't be one. */
function textStep(definition: CheckDefinition, own: OwnMessage): string | null {
  const { check, format, pattern, minimum, maximum, tx, abort, when } = definition;
  if (abort || when !== undefined) return isLength(check) && !abort ? lengthStep(definition, own) : null;
  if (check === 'overwrite') return String(tx) === TRIM ? 'trimmed' : null;
  if (
    check === 'string_format' &&
    format === 'regex' &&
    pattern instanceof RegExp &&
    !/[gy]/.test(pattern.flags)
  ) {
    return `matching(${pattern}, ${message(own, definition, { code: 'invalid_format', format, pattern: String(pattern) })})`;
  }
  return minimum === undefined && maximum === undefined ? null : lengthStep(definition, own);
}

const isLength = (check: string): boolean => check === 'min_length' || check === 'max_length';

/** A check of a text's length. */
function lengthStep(definition: CheckDefinition, own: OwnMessage): string | null {
  const { check, minimum, maximum } = definition;
  const issue = { origin: 'string', inclusive: true };
  if (check === 'min_length' && minimum !== undefined) {
    return `atLeast(${minimum}, ${message(own, definition, { ...issue, code: 'too_small', minimum })})`;
  }
  if (check === 'max_length' && maximum !== undefined) {
    return `atMost(${maximum}, ${message(own, definition, { ...issue, code: 'too_big', maximum })})`;
  }
  return null;
}

/** A check of a number, as code; null if it can't be one. */
function numberStep(definition: CheckDefinition, own: OwnMessage): string | null {
  const { check, value, inclusive, abort } = definition;
  if (abort || !inclusive || value === undefined) return null;
  const issue = { origin: 'number', inclusive };
  if (check === 'greater_than') {
    return `from(${value}, ${message(own, definition, { ...issue, code: 'too_small', minimum: value })})`;
  }
  if (check === 'less_than') {
    return `upTo(${value}, ${message(own, definition, { ...issue, code: 'too_big', maximum: value })})`;
  }
  return null;
}

/** The message of a failed check, as code. */
function message(own: OwnMessage, { error }: CheckDefinition, issue: object): string {
  const text = error?.(issue);
  return JSON.stringify(typeof text === 'string' ? text : own(issue));
}
