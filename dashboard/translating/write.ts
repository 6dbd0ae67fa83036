/** Writes translations as code. */
import { partsOf } from './message.ts';

/** As a string of a script. */
export const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

/** As a template with values. @param values the code of each */
export function templated(text: string, values: readonly string[]): string {
  const parts = partsOf(text).map((part) => {
    if (part.type === 'value') return `\${${values[part.index] ?? "''"}}`;
    if (part.type === 'element')
      throw new Error(`“${text}” has an element, which is possible in markup only.`);
    return part.text.replace(/[\\`]|\$\{/g, '\\$&');
  });
  return `\`${parts.join('')}\``;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '{': '&#123;',
  '}': '&#125;',
  '"': '&quot;',
};

/** As text between tags, or in an attribute with double quotes. */
export const escaped = (text: string): string =>
  text.replace(/[&<{}"]/g, (character) => ENTITIES[character] ?? '');
