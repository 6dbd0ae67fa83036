/**
 * Which strings are text that people read. In markup it is what is between tags. In scripts its look decides: a label or
 * sentence begins with a capital letter.
 */

/** A word like AbortError, ETag, KeyC or Content-Type: something that a program reads. */
const IDENTIFIER = /^[A-Za-z]+(?:[A-Z][a-z]*|-[A-Z][a-z]+)+$/;

/** Names of keys, as events and `aria-keyshortcuts` have them. */
const KEYS =
  /^(?:(?:Alt|Control|Meta|Shift)\+\S+ ?)+$|^(?:Backspace|Control|Enter|Escape|End|Home|Meta|Tab)$/;

/** Headers and their values. */
const PROTOCOL = /^(?:Authorization|Bearer |Basic |Accept$|Range$)/;

/** Calls whose text is read by programs: requests, and errors for developers. */
const CALLS =
  /^(?:fetch|Error|TypeError|RangeError|DOMException|Event|CustomEvent|matchMedia|RegExp|(?:.+\.)?(?:console\.\w+|\w*[hH]eaders\.\w+|(?:query|close)\w*|startsWith|endsWith|includes|indexOf|split|replace|replaceAll|match|test|has|get|delete|getItem|setItem|removeItem|addEventListener|removeEventListener|setAttribute|getAttribute))$/;

/** Calls of zod whose arguments are values and names, never text. */
const SCHEMA_CALLS = /(?:^|[\s.)])(?:literal|enum|meta|describe|discriminatedUnion)$/;

/** Elements whose text stays as it is. */
const VERBATIM = new Set(['code', 'kbd', 'path', 'pre', 'script', 'style']);

/** Attributes whose text is read by programs, whatever it looks like; of elements, and of components. */
const OF_ELEMENTS =
  /^(?:class|style|id|for|name|type|role|href|src|rel|target|method|action|value|lang|autocomplete|inputmode|pattern|preserveAspectRatio|d|viewBox|points|transform|fill|stroke.*|data-.*|aria-(?:keyshortcuts|controls|describedby|labelledby|owns|current|live))$/;
const OF_COMPONENTS = /^(?:class|href|id|type|autocomplete|inputmode|icon|data-.*)$/;

/** Attributes that are always text, also if it begins with a small letter. */
const TEXT_ATTRIBUTES = /^(?:title|alt|aria-label|aria-description|aria-roledescription|aria-valuetext)$/;

const hasLetter = (text: string): boolean => /\p{L}/u.test(text);

/** Whether the text between the tags of an element is translated. */
export const isMarkupText = (text: string, element: string | null): boolean =>
  hasLetter(text) && !(element !== null && VERBATIM.has(element));

/** Whether an attribute can have text. */
export const mayHaveText = (attribute: string, isComponent: boolean): boolean =>
  !(isComponent ? OF_COMPONENTS : OF_ELEMENTS).test(attribute);

/** Whether all text of an attribute is translated. */
export const isTextAttribute = (attribute: string): boolean => TEXT_ATTRIBUTES.test(attribute);

/** Whether the value of an attribute that may have text is translated. Values in it are `#`. */
export const isAttributeText = (text: string, attribute: string): boolean =>
  isTextAttribute(attribute) ? hasLetter(text) : isScriptText(text);

/** What begins with a capital letter and has small ones. */
const LABEL = /^\s*\p{Lu}[\s\S]*\p{Ll}/u;

/** Two words, or a word after a value: what begins with a small letter, a value, a number, or punctuation. */
const PHRASE = /^[\s“"(,·]*(?:#\S{0,2}|\d+%?|\p{Ll}[\p{L}\d’-]*[,:]?(?: #)?) \(?\p{L}/u;

/** Lists of classes, selectors, and commands. */
const CODE = /[{}[\]|\\^$*=;<>@]|\/\/|[a-z]:[a-z]|[a-z]\/\d|(?:^| )[a-z]+(?:-[a-z]+)*-\d|noopener/;
const CLASSES =
  /^(?:[a-z-]+ )*(?:absolute|block|border|flex|font|grid|hidden|inline|items|justify|relative|rounded|shrink|sticky|text|truncate|whitespace|bg|sr)(?:-[a-z]+)*(?: [a-z-]+)*$/;
const ELEMENTS = /^(?:(?:a|button|footer|input|main|select|textarea),? ?)+$/;

/** Whether a string of a script is translated: it looks like a label or sentence, or part of one. Values in it are `#`. */
export function isScriptText(text: string): boolean {
  if (LABEL.test(text)) return !IDENTIFIER.test(text) && !KEYS.test(text) && !PROTOCOL.test(text);
  return PHRASE.test(text) && !CODE.test(text) && !CLASSES.test(text) && !ELEMENTS.test(text);
}

/** Whether the text that a call gets is read by a program. */
export const isProgramCall = (name: string): boolean => CALLS.test(name);

/** Whether a call is one of zod's that has no text. */
export const isSchemaCall = (name: string): boolean => SCHEMA_CALLS.test(name);
