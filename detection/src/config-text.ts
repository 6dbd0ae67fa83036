/**
 * Reads settings from a framework's configuration, which is a program. It is not run, but searched as
 * text. What is written as a plain value is found; what is computed is not, and then the framework's default
 * is taken.
 */

/**
 * Strings are matched first, and kept, so that `//` in an address is not taken for a comment. What has no end
 * ends with its line or the text: so whatever begins a match completes one, and the search takes linear time.
 */
const STRINGS_AND_COMMENTS =
  /("(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*`?)|\/\/[^\n]*|\/\*(?:[\s\S]*?\*\/|[\s\S]*$)/g;

/** JavaScript or TypeScript without its comments. */
export const withoutComments = (text: string): string =>
  text.replace(STRINGS_AND_COMMENTS, (_all, string: string | undefined) => string ?? ' ');

/** The text that a key is set to, as in `outDir: 'build'`; null if it is not there or computed. */
export function textSetting(text: string, key: string): string | null {
  const pattern = new RegExp(String.raw`(?<![\w$])["']?${key}["']?\s*[:=]\s*(["'\`])([^"'\`\n$]{1,200})\1`);
  return pattern.exec(text)?.[2] ?? null;
}

/**
 * Whether a key is, or in some case may be, set to this text, as in `output: isLocal ? undefined : 'export'`.
 */
export function maySet(text: string, key: string, value: string): boolean {
  return new RegExp(String.raw`(?<![\w$])["']?${key}["']?\s*[:=][^\n,}]{0,120}?["'\`]${value}["'\`]`).test(
    text,
  );
}

/** Whether a key is set to `false`. */
export const isSwitchedOff = (text: string, key: string): boolean =>
  new RegExp(String.raw`(?<![\w$])["']?${key}["']?\s*:\s*(?:false|!1)(?!\w)`).test(text);

/** Whether a key is set to `true`. */
export const isSwitchedOn = (text: string, key: string): boolean =>
  new RegExp(String.raw`(?<![\w$])["']?${key}["']?\s*:\s*(?:true|!0)(?!\w)`).test(text);

/** Whether a key is set to something other than `false`. */
export const isSet = (text: string, key: string): boolean =>
  new RegExp(String.raw`(?<![\w$])["']?${key}["']?\s*[:(]`).test(text) && !isSwitchedOff(text, key);

/** The text between the brackets that a key is set to, as in `build: { … }`; null if there are none. */
export function blockAt(text: string, key: string): string | null {
  const start = new RegExp(String.raw`(?<![\w$.])["']?${key}["']?\s*[:=]\s*[{[]`).exec(text);
  if (start === null) return null;
  const from = start.index + start[0].length;
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '{' || sign === '[') depth += 1;
    else if ((sign === '}' || sign === ']') && --depth === 0) return text.slice(from, at);
  }
  return null;
}
