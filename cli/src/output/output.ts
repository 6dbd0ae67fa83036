/**
 * Everything that this program prints. Results go to standard output, and everything that accompanies them to standard
 * error, so that a script can read one without the other. All of it is sanitized here, wherever it came from.
 */
import type { Writable } from 'node:stream';
import { createColors } from 'picocolors';
import { wantsColor } from './color.ts';
import { sanitize } from './sanitize.ts';

/** Output as a process has it. */
export type Stream = Writable & { isTTY?: boolean; columns?: number };

export type Colors = ReturnType<typeof createColors>;

export interface OutputOptions {
  readonly stdin: { isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Clears the line of the cursor, and goes to its start. */
const CLEAR_LINE = '\r\u001b[2K';

export class Output {
  /** Whether somebody is there to answer a question. */
  readonly interactive: boolean;
  /** Colors for standard output and for standard error; functions that change nothing where there are none. */
  readonly colors: Colors;
  readonly noteColors: Colors;
  readonly #options: OutputOptions;
  readonly #outColor: boolean;
  readonly #errColor: boolean;
  #status = '';

  constructor(options: OutputOptions) {
    const { stdin, stdout, stderr, env } = options;
    this.#options = options;
    this.#outColor = wantsColor({ isTTY: stdout.isTTY === true, env });
    this.#errColor = wantsColor({ isTTY: stderr.isTTY === true, env });
    this.colors = createColors(this.#outColor);
    this.noteColors = createColors(this.#errColor);
    this.interactive =
      stdin.isTTY === true && stderr.isTTY === true && env.TERM !== 'dumb' && (env.CI ?? '') === '';
  }

  /** The width of the terminal, in columns. */
  get columns(): number {
    return columnsOf(this.#options.stdout) ?? columnsOf(this.#options.stderr) ?? 80;
  }

  /** Prints a result, with a line feed, to standard output. */
  result(text: string): void {
    this.#write(this.#options.stdout, `${sanitizeLines(text, this.#outColor)}\n`);
  }

  /** Prints a record of the API to standard output. The control characters in it are escaped, so it is still the same JSON. */
  json(value: unknown, indent = 2): void {
    this.#write(this.#options.stdout, `${escapeControls(JSON.stringify(value, null, indent))}\n`);
  }

  /** Prints what accompanies the result, with a line feed, to standard error. */
  note(text: string): void {
    this.#write(this.#options.stderr, `${sanitizeLines(text, this.#errColor)}\n`);
  }

  /** Shows a line that the next one replaces, such as progress; null removes it. Only on a terminal. */
  status(text: string | null): void {
    const { stderr, env } = this.#options;
    if (stderr.isTTY !== true || env.TERM === 'dumb') return;
    const line =
      text === null
        ? ''
        : sanitize(text)
            .replaceAll('\n', ' ')
            .slice(0, (columnsOf(stderr) ?? 80) - 1);
    if (line === this.#status) return;
    stderr.write(CLEAR_LINE + line);
    this.#status = line;
  }

  #write(stream: Stream, text: string): void {
    const status = this.#status;
    if (status !== '') this.#options.stderr.write(CLEAR_LINE);
    stream.write(text);
    if (status !== '') this.#options.stderr.write(status);
  }
}

/** The width of a terminal. Some have none: a serial line, or a terminal of another program. */
const columnsOf = ({ columns }: Stream): number | undefined => columns || undefined;

/** Colors end at the end of their line. */
const sanitizeLines = (text: string, color: boolean): string =>
  text
    .split('\n')
    .map((line) => sanitize(line, color))
    .join('\n');

/** JSON without characters that a terminal may obey: JSON.stringify escapes those below U+0020 only. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
