/** Checks header names and values. */
import {
  HEADER_NAME,
  HEADER_VALUE,
  isSettableHeader,
  MAX_RULE_LENGTH,
  quoted,
  type SiteHeaderOperation,
  type SiteTemplate,
} from '@appflux/protocol';
import { RuleRefused } from './problem.ts';

/** A header of a file; a null value removes it. */
export interface HeaderLine {
  readonly name: string;
  readonly value: string | null;
}

/**
 * The operation for a header. `template` reads the value.
 * @throws {RuleRefused} its name or value can't be in a response, or serving determines it.
 */
export function headerOperation(
  { name: written, value }: HeaderLine,
  operation: 'set' | 'append',
  template: (value: string) => SiteTemplate,
): SiteHeaderOperation {
  const name = written.toLowerCase();
  if (name === 'basic-auth') {
    throw new RuleRefused(
      "Basic-Auth isn't supported, and what it protects would be public. Set a password for the site in the app's settings, and remove this line.",
      'error',
    );
  }
  if (!HEADER_NAME.test(name)) throw new RuleRefused(`${quoted(written)} isn't a header name.`);
  if (!isSettableHeader(name)) {
    throw new RuleRefused(`The header ${quoted(written)} can't be set or removed: AppFlux determines it.`);
  }
  if (value === null) return { operation: 'remove', name, value: [] };
  if (value === '') throw new RuleRefused(`The header ${quoted(written)} has no value.`);
  if (value.length > MAX_RULE_LENGTH) {
    throw new RuleRefused(`The value of ${quoted(written)} is longer than ${MAX_RULE_LENGTH} characters.`);
  }
  if (!HEADER_VALUE.test(value)) {
    throw new RuleRefused(
      `The value of ${quoted(written)} has a line break, a control character or a character that isn't ASCII.`,
    );
  }
  return { operation, name, value: template(value) };
}
