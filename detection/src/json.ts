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
  InvalidSymbol: 'invalid JSON value',
  InvalidNumberFormat: 'invalid number',
  PropertyNameExpected: 'expected a property name in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma',
  CloseBraceExpected: 'expected a closing }',
  CloseBracketExpected: 'expected a closing ]',
  EndOfFileExpected: 'unexpected text after the end',
  InvalidCommentToken: 'comments are not allowed in JSON',
  UnexpectedEndOfComment: 'comments are not allowed in JSON',
  UnexpectedEndOfString: 'unterminated string',
  UnexpectedEndOfNumber: 'incomplete number',
  InvalidUnicode: 'invalid Unicode escape',
  InvalidEscapeCharacter: 'invalid escape sequence',
  InvalidCharacter: 'unexpected character',
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
    if (error instanceof RangeError) return 'nested too deeply';
    throw error;
  }
  const found = first as (ParseError & { line: number; column: number }) | null;
  if (found === null) return 'unreadable';
  const what = WORDS[printParseErrorCode(found.error)] ?? 'unreadable';
  return `line ${found.line + 1}, column ${found.column + 1}: ${what}`;
}
