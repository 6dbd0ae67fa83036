/** What the syntax trees of Svelte and of scripts have in common, and edits of the code that they are of. */

/** A node of a syntax tree. Its positions are offsets in the code. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Replaces a range of the code. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

/** A field that is a node; null if there is none. */
export function nodeIn(node: Node, field: string): Node | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The nodes of a field that is a list. */
export function nodesIn(node: Node, field: string): readonly Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** All nodes directly below one, in no particular order; those of the given fields are left out. */
export function childrenOf(node: Node, without: readonly string[] = []): readonly Node[] {
  return Object.entries(node).flatMap(([field, value]) => {
    if (without.includes(field)) return [];
    return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
  });
}

/** A range of the code with the edits that are in it. */
export function edited(code: string, start: number, end: number, edits: readonly Edit[]): string {
  const within = edits.filter((edit) => edit.start >= start && edit.end <= end);
  let text = '';
  let last = start;
  for (const edit of within.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    text += code.slice(last, edit.start) + edit.text;
    last = edit.end;
  }
  return text + code.slice(last, end);
}
