/**
 * Translates the markup of components. Text with values and elements in it is one sentence, so that a translation can
 * put them in another order.
 */
import { isAttributeText, isMarkupText, isTextAttribute, mayHaveText } from './is-text.ts';
import { type Part, partsOf } from './message.ts';
import { type Source, scriptEdits, shownEdits } from './script.ts';
import { childrenOf, type Edit, edited, isNode, type Node, nodeIn, nodesIn } from './syntax.ts';
import { escaped } from './write.ts';

/** Stay where they are: they aren't part of a sentence. */
const DECLARATIONS = new Set(['ConstTag', 'DeclarationTag', 'DebugTag', 'SnippetBlock']);

/** Elements whose text is part of the sentence that they are in. */
const WITH_TEXT = new Set(['RegularElement', 'Component']);

/** A fragment that is one sentence. */
interface Sentence {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly values: readonly Node[];
  readonly elements: readonly { readonly node: Node; readonly inner: Sentence | null }[];
  readonly declarations: readonly Node[];
}

/** The edits that translate a node of the markup and everything in it. */
export function markupEdits(source: Source, node: Node, element: string | null = null): readonly Edit[] {
  switch (node.type) {
    case 'Fragment':
      return fragmentEdits(source, node, element);
    case 'ExpressionTag':
      return shownEdits(source, nodeIn(node, 'expression') ?? node);
    case 'Attribute':
      return attributeEdits(source, node, element === null);
    case 'Comment':
    case 'Text':
    case 'StyleDirective':
    case 'ClassDirective':
      return [];
    default:
      return withinNode(source, node);
  }
}

/** The edits in a node that is no fragment: its attributes, expressions and fragments. */
function withinNode(source: Source, node: Node, without: readonly string[] = []): readonly Edit[] {
  const element = node.type === 'RegularElement' ? String(node.name) : null;
  return childrenOf(node, ['metadata', ...without]).flatMap((child) =>
    isMarkup(child) ? markupEdits(source, child, element) : scriptEdits(source, child),
  );
}

const isMarkup = ({ type }: Node): boolean =>
  type === 'Fragment' ||
  type === 'Attribute' ||
  type === 'Comment' ||
  type === 'Text' ||
  /(?:Tag|Block|Directive)$/.test(type);

function fragmentEdits(source: Source, fragment: Node, element: string | null): readonly Edit[] {
  const nodes = nodesIn(fragment, 'nodes');
  const sentence = sentenceOf(nodes, element);
  const translation = sentence === null ? null : (source.translate([sentence.text])?.[0] ?? null);
  if (sentence === null) return nodes.flatMap((node) => elementEdits(source, node));
  if (translation === null) return untranslated(source, sentence);
  const { start, end } = sentence;
  return [{ start, end, text: written(source, sentence, partsOf(translation)) }];
}

/** The edits of a child of a fragment that is no sentence. */
const elementEdits = (source: Source, node: Node): readonly Edit[] =>
  isMarkup(node) ? markupEdits(source, node) : withinNode(source, node);

/** The sentence that a fragment is; null if it is none. */
function sentenceOf(nodes: readonly Node[], element: string | null): Sentence | null {
  const own = nodes.filter(({ type }) => type !== 'Comment' && !DECLARATIONS.has(type));
  const text = own.map((node) => (node.type === 'Text' ? String(node.data) : '')).join('');
  if (!isMarkupText(text, element)) return null;
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) return null;
  const values: Node[] = [];
  const elements: { node: Node; inner: Sentence | null }[] = [];
  let sentence = '';
  for (const node of own) {
    if (node.type === 'Text') {
      sentence += String(node.data).replace(/\s+/g, ' ');
    } else if (node.type === 'ExpressionTag') {
      sentence += `{${values.length}}`;
      values.push(node);
    } else {
      const inner = innerOf(node);
      const index = elements.length;
      sentence += inner === null ? `<${index}/>` : `<${index}>${inner.text}</${index}>`;
      elements.push({ node, inner });
    }
  }
  const declarations = nodes.filter(({ type }) => DECLARATIONS.has(type));
  const start = first.type === 'Text' ? first.start + leading(String(first.raw ?? first.data)) : first.start;
  const end = last.type === 'Text' ? last.end - trailing(String(last.raw ?? last.data)) : last.end;
  return { text: sentence.replace(/ +/g, ' ').trim(), start, end, values, elements, declarations };
}

const leading = (text: string): number => text.length - text.trimStart().length;
const trailing = (text: string): number => text.length - text.trimEnd().length;

/** The part of a sentence that an element has. */
function innerOf(node: Node): Sentence | null {
  const fragment = nodeIn(node, 'fragment');
  if (fragment === null || !WITH_TEXT.has(node.type)) return null;
  return sentenceOf(nodesIn(fragment, 'nodes'), String(node.name));
}

/** The edits in a sentence without a translation: of what has a text of its own. */
function untranslated(source: Source, sentence: Sentence): readonly Edit[] {
  const { values, elements, declarations } = sentence;
  return [
    ...[...values, ...declarations].flatMap((node) => elementEdits(source, node)),
    ...elements.flatMap(({ node, inner }) =>
      inner === null
        ? elementEdits(source, node)
        : [...withinNode(source, node, ['fragment']), ...untranslated(source, inner)],
    ),
  ];
}

/** A sentence with the parts of its translation, as markup. */
function written(source: Source, sentence: Sentence, parts: readonly Part[]): string {
  const declared = sentence.declarations.map((node) =>
    edited(source.code, node.start, node.end, elementEdits(source, node)),
  );
  const texts = parts.map((part) => {
    if (part.type === 'text') return escaped(part.text);
    if (part.type === 'value') {
      const node = sentence.values[part.index];
      return node === undefined ? '' : edited(source.code, node.start, node.end, elementEdits(source, node));
    }
    const place = sentence.elements[part.index];
    return place === undefined ? '' : writtenElement(source, place.node, place.inner, part.parts);
  });
  return [...declared, ...texts].join('');
}

/** An element of a sentence: with its part of the translation if it has one, else with its own texts translated. */
function writtenElement(source: Source, node: Node, inner: Sentence | null, parts: readonly Part[]): string {
  const { code } = source;
  if (inner === null) return edited(code, node.start, node.end, elementEdits(source, node));
  const edits = withinNode(source, node, ['fragment']);
  const before = edited(code, node.start, inner.start, edits);
  return before + written(source, inner, parts) + code.slice(inner.end, node.end);
}

function attributeEdits(source: Source, node: Node, isComponent: boolean): readonly Edit[] {
  const { value } = node;
  const name = String(node.name);
  if (!mayHaveText(name, isComponent)) {
    // What happens on a click is a script like any other.
    return isNode(value) && value.type === 'ExpressionTag' ? functionEdits(source, value) : [];
  }
  if (isNode(value)) {
    const expression = nodeIn(value, 'expression') ?? value;
    return isTextAttribute(name) ? shownEdits(source, expression) : scriptEdits(source, expression);
  }
  const values = nodesIn(node, 'value');
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined) return [];
  const expressions = values.filter(({ type }) => type === 'ExpressionTag');
  const inner = expressions.flatMap((each) => markupEdits(source, each));
  const looks = values.map((each) => (each.type === 'Text' ? String(each.data) : '#')).join('');
  if (!/\p{L}/u.test(values.map((each) => (each.type === 'Text' ? String(each.data) : '')).join('')))
    return inner;
  if (!isAttributeText(looks, name)) return inner;
  let index = 0;
  const whole = values
    .map((each) => (each.type === 'Text' ? String(each.data) : `{${index++}}`))
    .join('')
    .trim();
  const [translation] = source.translate([whole]) ?? [];
  if (translation === undefined) return inner;
  const text = partsOf(translation).map((part) => {
    if (part.type === 'text') return escaped(part.text);
    const expression = part.type === 'value' ? expressions[part.index] : undefined;
    return expression === undefined ? '' : edited(source.code, expression.start, expression.end, inner);
  });
  const quotes = /["']/.test(source.code.charAt(first.start - 1)) ? 1 : 0;
  return [{ start: first.start - quotes, end: last.end + quotes, text: `"${text.join('')}"` }];
}

/** The edits in the functions of an attribute that has no text itself. */
function functionEdits(source: Source, node: Node): readonly Edit[] {
  if (/Function/.test(node.type)) return scriptEdits(source, node);
  return childrenOf(node, ['metadata']).flatMap((child) => functionEdits(source, child));
}
