/** YAML of lockfiles, which have neither aliases nor tags. */
import { type Document, parseAllDocuments } from 'yaml';
import { LockfileInvalid } from '../lock-graph.ts';

/** The value of the last document, null if there is none: pnpm puts one about itself before it. Throws LockfileInvalid for what is none, or has aliases that could multiply it. */
export function parseYaml(text: string): unknown {
  // The core schema, in which `1.10` would be a number, loses the zero.
  const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const document: Document | undefined = [...documents].at(-1);
  if (document === undefined) return null;
  if (document.errors.length > 0) throw new LockfileInvalid('it is not YAML');
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // The only reason: an alias.
    throw new LockfileInvalid('it has YAML aliases');
  }
}
