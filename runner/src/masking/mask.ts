/** Masks complete texts. */
import { Redactor } from './redactor.ts';
import type { Secrets } from './secrets.ts';
import { CUT, type Mask, rendered } from './sentence.ts';

/**
 * Masks a complete text. The start of a secret before `…` is masked, too: the rest of it was cut off.
 * @param isCut the text was cut off at its end
 */
export function maskText(secrets: Secrets, text: string, isCut = false): string {
  const redactor = new Redactor(secrets);
  const masked = redactor.push(text) + redactor.flush();
  if (!isCut && !masked.includes(CUT)) return masked;
  const parts = masked.split(CUT);
  const last = parts.length - 1;
  return parts
    .map((part, index) => (index < last || isCut ? redactor.push(part) + redactor.flush(true) : part))
    .join(CUT);
}

/** Masks what a text quotes. */
export const maskWith =
  (secrets: Secrets): Mask =>
  (text) =>
    rendered(text, (quoted, isCut) => maskText(secrets, quoted, isCut));
