/**
 * The shape of a message: what stays the same when the same thing happens to another deployment, path or machine. Errors
 * with the same shape are counted together.
 */

/** The longest shape, in UTF-16 units. */
export const LONGEST_SHAPE = 200;

/** What differs from one message to the next, each with what stands for it. The order matters: a URL has a path in it. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>`]+/gi, '<url>'],
  [/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*/g, '<email>'],
  [/\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z?)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  // Tokens are masked already, and are no part of a shape either way.
  [/\baf[a-z]_\S+/g, '<token>'],
  // Two segments at least: "and/or" and "I/O" are no paths.
  [/(?<![\w<])~?\/?(?:[\w.@%+:-]+\/){2,}[\w.@%+:-]*|(?<![\w<])~?\/[\w.@%+:-]+(?:\/[\w.@%+:-]*)*/g, '<path>'],
  [/"[^"]{0,200}"|“[^”]{0,200}”|`[^`]{0,200}`/g, '<text>'],
  // Ids, hashes and keys: long, with a digit.
  [/\b(?=[\w-]*\d)[\w-]{12,}\b/g, '<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
];

/**
 * A message with placeholders for URLs, emails, times, ids, paths, quoted text and numbers, on one line and of at most
 * LONGEST_SHAPE UTF-16 units. The shape of a shape is itself.
 */
export function messageShape(message: string): string {
  let shape = message.slice(0, LONGEST_SHAPE * 5);
  for (const [pattern, placeholder] of PLACEHOLDERS) shape = shape.replace(pattern, placeholder);
  return shape.replace(/\s+/g, ' ').trim().slice(0, LONGEST_SHAPE).trim().toWellFormed();
}
