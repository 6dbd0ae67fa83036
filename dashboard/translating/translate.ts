/** Translates a module of the dashboard: its code with the text in another language. */
import { parse as parseComponent } from 'svelte/compiler';
import { parseSync } from 'vite';
import { markupEdits } from './markup.ts';
import { type Source, scriptEdits } from './script.ts';
import { edited, type Node, nodeIn } from './syntax.ts';

/**
 * The code of a module with its text translated.
 * @param file its name, which tells components and scripts apart
 * @param translate gives the translation of a text, or null if it has none; called for every text
 * @throws Error if the module can't be parsed
 */
export function translateModule(file: string, code: string, translate: Source['translate']): string {
  const source = { code, translate };
  const edits = file.endsWith('.svelte') ? componentEdits(source) : moduleEdits(source, file);
  return edited(code, 0, code.length, edits);
}

function componentEdits(source: Source) {
  const root = parseComponent(source.code, { modern: true }) as unknown as Node;
  const scripts = ['module', 'instance'].flatMap((name) => {
    const script = nodeIn(root, name);
    const program = script === null ? null : nodeIn(script, 'content');
    return program === null ? [] : scriptEdits(source, program);
  });
  const fragment = nodeIn(root, 'fragment');
  return [...scripts, ...(fragment === null ? [] : markupEdits(source, fragment))];
}

function moduleEdits(source: Source, file: string) {
  const { program, errors } = parseSync(file, source.code);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file} can’t be parsed: ${error.message}`);
  return scriptEdits(source, program as unknown as Node);
}
