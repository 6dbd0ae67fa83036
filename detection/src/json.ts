/** JSON from a source tree, with errors that say where. */
import { type ParseError, printParseErrorCode, visit } from 'jsonc-parser';

export type JsonOutcome = { readonly value: unknown } | { readonly problem: string };

/** Parses JSON; a problem says what is wrong and where: `line 3, column 5: a comma is expected`. */
export function parseJson(text: string): JsonOutcome {
  try {
    // V8's parser is not recursive: depth costs memory only, and the callers bound the text.
    return { value: JSON.parse(text) };
  } catch {
    // What JSON.parse says of the place differs from error to error; the second parser finds it always.
    return { problem: describeFirstError(text) };
  }
}

const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is not a JSON value',
  InvalidNumberFormat: 'this is not a number',
  PropertyNameExpected: 'a name in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'a closing } is expected',
  CloseBracketExpected: 'a closing ] is expected',
  EndOfFileExpected: 'nothing more is expected here',
  InvalidCommentToken: 'JSON has no comments',
  UnexpectedEndOfComment: 'JSON has no comments',
  UnexpectedEndOfString: 'this string has no end',
  UnexpectedEndOfNumber: 'this number has no end',
  InvalidUnicode: 'this is not a Unicode escape',
  InvalidEscapeCharacter: 'this is not an escape',
  InvalidCharacter: 'this character may not stand here',
};

function describeFirstError(text: string): string {
  let first: (ParseError & { line: number; column: number }) | null = null;
  try {
    visit(
      text,
      {
        onError(error, offset, length, line, column) {
          first ??= { error, offset, length, line, column };
        },
      },
      { disallowComments: true, allowTrailingComma: false },
    );
  } catch (error) {
    // The second parser is recursive, and this text is nested more deeply than its stack allows.
    if (error instanceof RangeError) return 'it is nested too deeply';
    throw error;
  }
  const found = first as (ParseError & { line: number; column: number }) | null;
  if (found === null) return 'it cannot be read';
  const what = WORDS[printParseErrorCode(found.error)] ?? 'it cannot be read';
  return `line ${found.line + 1}, column ${found.column + 1}: ${what}`;
}
