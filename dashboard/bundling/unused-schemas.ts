/**
 * Lets the bundler leave out schemas that a page doesn't use. It keeps every call at the top of a module, because the call
 * may have an effect. Those that make a schema have none.
 */
import type { Plugin } from 'vite';

/** A declaration of the syntax tree; positions are offsets in the code. */
interface Declaration {
  readonly type: string;
  readonly declaration?: Declaration | null;
  readonly declarations?: readonly {
    readonly init: { readonly type: string; start: number; end: number } | null;
  }[];
}

/** Expressions that the bundler leaves out by itself. All others can contain a call. */
const WITHOUT_CALLS = new Set(['Literal', 'Identifier', 'ArrowFunctionExpression', 'FunctionExpression']);

/**
 * Marks the constants of some modules as free of effects, by making each in a function that is marked as pure. Only for
 * modules whose constants are values: schemas, sets, tables.
 * @param folders absolute paths; the modules in them are marked
 */
export function unusedSchemas(folders: readonly string[]): Plugin {
  return {
    name: 'appflux-unused-schemas',
    apply: 'build',
    transform(code, id) {
      if (!folders.some((folder) => id.startsWith(folder))) return null;
      const { body } = this.parse(code) as unknown as { body: Declaration[] };
      return { code: markPure(code, body), map: null, moduleSideEffects: false };
    },
  };
}

/** The code with each constant that may need a call made in a pure function. */
function markPure(code: string, body: readonly Declaration[]): string {
  const made = body
    .map((statement) => statement.declaration ?? statement)
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap(({ declarations = [] }) => declarations.flatMap(({ init }) => init ?? []))
    .filter(({ type }) => !WITHOUT_CALLS.has(type));
  let marked = '';
  let last = 0;
  for (const { start, end } of made) {
    marked += `${code.slice(last, start)}/* @__PURE__ */ (() => (${code.slice(start, end)}))()`;
    last = end;
  }
  return marked + code.slice(last);
}
