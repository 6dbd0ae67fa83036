/**
 * Reads `source` of `vercel.json`: the subset of path-to-regexp that can be matched in one pass.
 * https://vercel.com/docs/project-configuration, https://github.com/pillarjs/path-to-regexp
 */
import { quoted, type SitePattern, type SiteTemplate } from '@appflux/protocol';
import { isSplat, literalOf, patternOf, type Token } from './pattern.ts';
import { RuleRefused } from './problem.ts';
import { type Alternative, characterAt, parseGroup } from './vercel-group.ts';

/** A source with alternatives, such as `(en|de)`, becomes several patterns. */
export interface SourcePattern {
  readonly pattern: SitePattern;
  readonly unless: readonly SitePattern[];
  /** By name, and by number from 1 as `$1` counts. */
  readonly variables: ReadonlyMap<string, SiteTemplate>;
}

/** How `destination` writes what was captured: `:name`, `:name*`, `:name+`, `$1`. */
export const VERCEL_NAME = /:([A-Za-z_]\w*)[*+]?|\$(\d{1,2})/g;

const MAX_ALTERNATIVES = 50;

type Item =
  | { readonly text: string }
  | { readonly name: string | null; readonly group: string | null; readonly modifier: string };

interface Variant {
  readonly tokens: readonly Token[];
  readonly unless: readonly (readonly Token[])[];
  readonly variables: ReadonlyMap<string, SiteTemplate>;
}

/** @throws {RuleRefused} the source has a regular expression that can't be expressed. */
export function parseSource(source: string): readonly SourcePattern[] {
  if (!source.startsWith('/')) throw new RuleRefused('"source" must begin with "/".');
  let variants: readonly Variant[] = [{ tokens: [], unless: [], variables: new Map() }];
  let number = 0;
  const items = itemsOf(source);
  for (const [index, item] of items.entries()) {
    if (!('text' in item || item.group?.startsWith('?:'))) number += 1;
    const place = { number, index, isLast: index === items.length - 1 };
    variants = variants.flatMap((variant) => extended(variant, item, place));
    if (variants.length > MAX_ALTERNATIVES) {
      throw new RuleRefused(`"source" has more than ${MAX_ALTERNATIVES} alternatives. Write several rules.`);
    }
  }
  return variants.map(({ tokens, unless, variables }) => ({
    pattern: patternOf(tokens, 'exact'),
    unless: unless.map((excluded) => patternOf(excluded, 'exact')),
    variables,
  }));
}

function itemsOf(source: string): readonly Item[] {
  const items: Item[] = [];
  const addText = (text: string) => items.push({ text });
  let at = 0;
  while (at < source.length) {
    const character = characterAt(source, at);
    const name = /^:([A-Za-z_]\w*)/.exec(source.slice(at, at + 66))?.[1] ?? null;
    if (character === '\\') {
      const escaped = characterAt(source, at + 1);
      addText(escaped);
      at += 1 + escaped.length;
    } else if (name !== null || character === '(') {
      at += name === null ? 0 : name.length + 1;
      const group = source[at] === '(' ? groupAt(source, at) : null;
      at += group === null ? 0 : group.length + 2;
      const modifier = /^[*+?]/.exec(source[at] ?? '')?.[0] ?? '';
      at += modifier.length;
      items.push({ name, group, modifier });
    } else if ('{}*+?)'.includes(character)) {
      throw new RuleRefused(
        `"source" has ${character} where it isn't understood. Escape it as \\\\${character} if it is text.`,
      );
    } else {
      addText(character);
      at += character.length;
    }
  }
  return items;
}

/** What is between a parenthesis and the one that closes it. */
function groupAt(source: string, start: number): string {
  let depth = 0;
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '(') depth += 1;
    else if (source[at] === ')') depth -= 1;
    if (depth === 0) return source.slice(start + 1, at);
  }
  throw new RuleRefused('"source" has a parenthesis that isn\'t closed.');
}

function extended(
  variant: Variant,
  item: Item,
  { number, index, isLast }: { readonly number: number; readonly index: number; readonly isLast: boolean },
): readonly Variant[] {
  if ('text' in item) return [{ ...variant, tokens: [...variant.tokens, item.text] }];
  const { name, group, modifier } = item;
  const id = `p${index}`;
  // What may be missing goes with the slash before it, unless that is the first.
  const { tokens } = variant;
  const hasSlash = tokens.at(-1) === '/' && tokens.length > 1;
  const alternatives: readonly Alternative[] =
    group === null ? plain(id, modifier, hasSlash) : parseGroup(group, id);
  if (!isLast && alternatives.some(({ endsPath }) => endsPath)) {
    throw new RuleRefused('"source" has "$" before its end.');
  }
  if (group !== null && (modifier === '*' || modifier === '+') && group !== '.*') {
    throw new RuleRefused(`"source" repeats the group ${quoted(group)}, which isn't supported. Use :path*.`);
  }
  const named = (value: SiteTemplate) => {
    const variables = new Map(variant.variables);
    if (group?.startsWith('?:')) return variables;
    variables.set(String(number), value);
    if (name === null) return variables;
    if (variant.variables.has(name)) throw new RuleRefused(`"source" has the name :${name} twice.`);
    return variables.set(name, value);
  };
  const results = alternatives.map(({ tokens, unless }) => ({
    tokens: [...variant.tokens, ...tokens],
    unless: [...variant.unless, ...unless.map((excluded) => [...variant.tokens, ...excluded])],
    variables: named(tokens.map(templatePart)),
  }));
  if (modifier !== '?' && !(modifier === '*' && hasSlash)) return results;
  return [...results, { ...variant, tokens: hasSlash ? tokens.slice(0, -1) : tokens, variables: named([]) }];
}

function plain(id: string, modifier: string, hasSlash: boolean): readonly Alternative[] {
  const whole = (token: Token): Alternative[] => [{ tokens: [token], unless: [], endsPath: false }];
  if (modifier === '*') return whole({ splat: id, least: hasSlash ? 'slash' : 'nothing' });
  return whole(modifier === '+' ? { splat: id, least: 'character' } : { capture: id });
}

function templatePart(token: Token): SiteTemplate[number] {
  if (typeof token === 'string') return token === '/' ? token : literalOf(token);
  return { capture: isSplat(token) ? token.splat : token.capture };
}
