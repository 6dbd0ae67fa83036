/**
 * A text of the dashboard, in the form that its translations have: values are `{0}`, elements `<0>text</0>`, and those
 * without text of this sentence `<0/>`. Numbers count within the sentence or element that they are in.
 */

/** The text for any count, or those for one and for others. */
export type Forms = readonly [text: string] | readonly [one: string, other: string];

/** What identifies a text among all. */
export const keyOf = (forms: Forms): string => forms.join('\n');

/** A piece of a text. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'value'; readonly index: number }
  | { readonly type: 'element'; readonly index: number; readonly parts: readonly Part[] };

const PLACE = /\{(\d+)\}|<(\d+)\/>|<(\d+)>|<\/(\d+)>/g;

/**
 * Splits a text at its places for values and elements.
 * @throws Error if an element isn't closed, or another one is
 */
export function partsOf(text: string): readonly Part[] {
  const open: { index: number; parts: Part[] }[] = [{ index: -1, parts: [] }];
  const add = (part: Part) => void open.at(-1)?.parts.push(part);
  let last = 0;
  for (const match of text.matchAll(PLACE)) {
    if (match.index > last) add({ type: 'text', text: text.slice(last, match.index) });
    last = match.index + match[0].length;
    const [, value, empty, opened, closed] = match;
    if (value !== undefined) add({ type: 'value', index: Number(value) });
    if (empty !== undefined) add({ type: 'element', index: Number(empty), parts: [] });
    if (opened !== undefined) open.push({ index: Number(opened), parts: [] });
    if (closed === undefined) continue;
    const element = open.pop();
    if (element === undefined || element.index !== Number(closed)) {
      throw new Error(`“${text}” closes element ${closed}, which isn’t the open one.`);
    }
    add({ type: 'element', ...element });
  }
  if (open.length > 1) throw new Error(`“${text}” doesn’t close element ${open.at(-1)?.index}.`);
  if (last < text.length) add({ type: 'text', text: text.slice(last) });
  return open[0]?.parts ?? [];
}

/** The places of a text, in a form that is equal for texts with the same ones; `#` stands for a count. */
export function placesOf(text: string): readonly string[] {
  return partsOf(text)
    .flatMap((part): string[] => {
      if (part.type === 'text') return part.text.match(/#/g) ?? [];
      if (part.type === 'value') return [`{${part.index}}`];
      const own = `<${part.index}>`;
      // An element without text keeps none: its own text is translated by itself.
      if (part.parts.length === 0) return [`<${part.index}/>`];
      const inner = part.parts.map((each) => (each.type === 'text' ? each.text : textOf(each))).join('');
      return [own, ...placesOf(inner).map((place) => `${own}${place}`)];
    })
    .sort();
}

/** A part as it stands in a text. */
function textOf(part: Part): string {
  if (part.type === 'text') return part.text;
  if (part.type === 'value') return `{${part.index}}`;
  if (part.parts.length === 0) return `<${part.index}/>`;
  return `<${part.index}>${part.parts.map(textOf).join('')}</${part.index}>`;
}
