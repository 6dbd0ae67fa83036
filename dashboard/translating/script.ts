/** Translates the text of scripts: strings, templates with values, and the two forms of plurals. */
import { isProgramCall, isSchemaCall, isScriptText } from './is-text.ts';
import type { Forms } from './message.ts';
import { childrenOf, type Edit, edited, type Node, nodeIn, nodesIn } from './syntax.ts';
import { quoted, templated } from './write.ts';

/** What translating needs of the module that it is in. */
export interface Source {
  readonly code: string;
  /** The translation of a text; null if there is none, and the text stays. */
  readonly translate: (forms: Forms) => readonly string[] | null;
}

/** Expressions of TypeScript that contain one of JavaScript. Everything else of TypeScript is types. */
const TYPED = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSTypeAssertion']);

const COMPARISONS = new Set(['==', '===', '!=', '!==', 'in', '<', '>', '<=', '>=']);

/** The edits that translate a script, or a part of one. */
export function scriptEdits(source: Source, node: Node): readonly Edit[] {
  const inside = (without: readonly string[] = []) =>
    childrenOf(node, without).flatMap((child) => scriptEdits(source, child));
  if (TYPED.has(node.type)) return inside(['typeAnnotation']);
  if (node.type.startsWith('TS')) return [];
  switch (node.type) {
    case 'Literal':
      return literalEdits(source, node, isScriptText);
    case 'TemplateLiteral':
      return templateEdits(source, node, isScriptText);
    case 'TaggedTemplateExpression':
      return nodesIn(nodeIn(node, 'quasi') ?? node, 'expressions').flatMap((each) =>
        scriptEdits(source, each),
      );
    case 'BinaryExpression':
      if (!COMPARISONS.has(String(node.operator))) return inside();
      return withoutStrings(source, childrenOf(node));
    case 'SwitchCase':
      return inside(['test']);
    case 'MemberExpression':
      return withoutStrings(source, childrenOf(node));
    case 'Property':
    case 'PropertyDefinition':
    case 'MethodDefinition':
      return inside(['key']);
    case 'ImportDeclaration':
    case 'ImportExpression':
    case 'ExportAllDeclaration':
      return [];
    case 'ExportNamedDeclaration':
      return inside(['source']);
    case 'CallExpression':
    case 'NewExpression':
      return callEdits(source, node);
    default:
      return inside();
  }
}

/** The edits of an expression whose value is shown: all of its text is translated, however it begins. */
export function shownEdits(source: Source, node: Node): readonly Edit[] {
  const isText = (text: string) => /\p{L}/u.test(text);
  const parts = (...fields: string[]) =>
    fields.flatMap((field) => {
      const part = nodeIn(node, field);
      return part === null ? [] : shownEdits(source, part);
    });
  switch (node.type) {
    case 'Literal':
      return literalEdits(source, node, isText);
    case 'TemplateLiteral':
      return templateEdits(source, node, isText);
    case 'ConditionalExpression':
      return [...ofPart(source, node, 'test'), ...parts('consequent', 'alternate')];
    case 'LogicalExpression':
      return node.operator === '&&'
        ? [...ofPart(source, node, 'left'), ...parts('right')]
        : parts('left', 'right');
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
      return parts('expression');
    default:
      return scriptEdits(source, node);
  }
}

function ofPart(source: Source, node: Node, field: string): readonly Edit[] {
  const part = nodeIn(node, field);
  return part === null ? [] : scriptEdits(source, part);
}

/** The edits in nodes, of which strings stay as they are. */
const withoutStrings = (source: Source, nodes: readonly Node[]): readonly Edit[] =>
  nodes.flatMap((node) =>
    node.type === 'Literal'
      ? []
      : node.type === 'TemplateLiteral' || node.type === 'ArrayExpression'
        ? withoutStrings(source, [...nodesIn(node, 'expressions'), ...nodesIn(node, 'elements')])
        : scriptEdits(source, node),
  );

function literalEdits(source: Source, node: Node, isText: (text: string) => boolean): readonly Edit[] {
  const { value, start, end } = node;
  if (typeof value !== 'string' || !(isText(value) || isMarked(source, node))) return [];
  const [text] = source.translate([value]) ?? [];
  return text === undefined ? [] : [{ start, end, text: quoted(text) }];
}

/** Whether the comment `text` before a word says that it is text. Alone, a small word could be anything. */
const isMarked = ({ code }: Source, { start }: Node): boolean => code.slice(0, start).endsWith('/* text */ ');

function templateEdits(source: Source, node: Node, isText: (text: string) => boolean): readonly Edit[] {
  const expressions = nodesIn(node, 'expressions');
  const inner = expressions.flatMap((each) => scriptEdits(source, each));
  const texts = nodesIn(node, 'quasis').map(({ value }) => (value as { cooked: string }).cooked);
  if (!isText(texts.join('#'))) return inner;
  const whole = texts.map((text, index) => (index === 0 ? text : `{${index - 1}}${text}`)).join('');
  const [translation] = source.translate([whole]) ?? [];
  if (translation === undefined) return inner;
  const values = expressions.map(({ start, end }) => edited(source.code, start, end, inner));
  return [{ start: node.start, end: node.end, text: templated(translation, values) }];
}

function callEdits(source: Source, node: Node): readonly Edit[] {
  const callee = nodeIn(node, 'callee');
  const name = callee === null ? '' : source.code.slice(callee.start, callee.end).replaceAll('?.', '.');
  const args = nodesIn(node, 'arguments');
  const [count, forms] = args;
  if (name === 'plural' && count !== undefined && forms !== undefined) {
    return [...scriptEdits(source, count), ...pluralEdits(source, forms)];
  }
  if (isSchemaCall(name)) return callee === null ? [] : scriptEdits(source, callee);
  const inner = isProgramCall(name)
    ? withoutStrings(source, args)
    : args.flatMap((each) => scriptEdits(source, each));
  return [...(callee === null ? [] : scriptEdits(source, callee)), ...inner];
}

/** The edits of `['# file', '# files']`. */
function pluralEdits(source: Source, node: Node): readonly Edit[] {
  const [one, other, ...more] = nodesIn(node, 'elements').map(({ value }) => value);
  if (typeof one !== 'string' || typeof other !== 'string' || more.length > 0)
    return scriptEdits(source, node);
  const forms = source.translate([one, other]);
  if (forms === null) return [];
  return [{ start: node.start, end: node.end, text: `[${forms.map(quoted).join(', ')}]` }];
}
