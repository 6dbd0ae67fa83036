/** Which lines of a build's own output report an error or a warning, by how tools print them. Pure. */
import { plainText } from './ansi.ts';

export type OutputTone = 'error' | 'warning';

/** A line without any of these reports no error. Ignores case. */
export const ERROR_SIGNAL = String.raw`error|err!|fail|fatal|panic|exception|traceback|not found|syntax|\*\*\*|[✘✖✗×]|\[!\]|\be: |\.go:\d|\[[a-z]+_[a-z]`;

/** Nearly all lines have none of these, and are not looked at further. */
const SIGNAL = new RegExp(String.raw`${ERROR_SIGNAL}|warn|[⚠▲]|\(!\)|\bw: `, 'i');

/** Lines of tests that passed, and of levels below a warning. */
const HARMLESS = /^\s{0,8}(?:[✓✔√]|ok\b|\[?(?:info|debug|trace)\b)/i;

const ERROR = new RegExp(
  [
    // error: …, error[E0425]: …, error TS2322: …, src/a.c:3:1: error: …
    String.raw`(?:^|[\s\])])(?:fatal )?(?:[Ee]rror|ERROR)(?:\[\w{1,12}\])?(?: (?:TS|ts)\(?\d{1,6}\)?)?: \S`,
    // TypeError: …, json.decoder.JSONDecodeError: …, [!] RollupError: …
    String.raw`^(?:\S{1,60} )?[\w.]{0,80}(?:Error|Exception)(?: \[\w{1,60}\])?: \S`,
    // ESLint and the analyzer of Dart
    String.raw`^\s{1,10}\d{1,7}:\d{1,7}\s{1,10}error\s`,
    String.raw`^\s{0,4}error [•-] \S`,
    // Labels and signs
    String.raw`\[ERROR\]`,
    String.raw`^\s{0,2}ERROR\b`,
    String.raw`^\d{10,16} ERROR "`,
    String.raw`^\s{0,4}[✘✖✗×] \S`,
    String.raw`^\[!\] \S`,
    String.raw`^\[[A-Z]+(?:_[A-Z]+)+\](?! Warning)`,
    '^npm (?:error|ERR!)',
    // Kotlin, Go
    String.raw`^e: \S`,
    String.raw`^(?:vet: )?\S{1,300}\.go:\d{1,7}(?::\d{1,7})?: (?!warning)`,
    // Tests, tasks, and whole builds
    String.raw`^\s{0,2}FAIL(?:ED)?\b`,
    '^FAILURE: ',
    '^BUILD FAILED',
    String.raw`^> Task \S{1,200} FAILED`,
    String.raw`^Failed to compile\b`,
    '^(?:Type error|Module not found|Syntax error): ',
    '^(?:panic|fatal): ',
    String.raw`^Traceback \(most recent call last\)`,
    String.raw`^make(?:\[\d+\])?: \*\*\*`,
    ': (?:command )?not found$',
  ].join('|'),
);

const WARNING = new RegExp(
  [
    String.raw`(?:^|[\s\])])(?:[Ww]arn(?:ing)?|WARN(?:ING)?)(?:\[\w{1,12}\])?(?: (?:TS|ts)\(?\d{1,6}\)?)?: \S`,
    String.raw`^\s{1,10}\d{1,7}:\d{1,7}\s{1,10}warning\s`,
    String.raw`^npm (?:warn|WARN)\b`,
    String.raw`\[WARN(?:ING)?\]`,
    String.raw`^\s{0,2}WARN(?:ING)?\b`,
    String.raw`^\d{10,16} WARNING "`,
    String.raw`^\s{0,2}[⚠▲] \S`,
    String.raw`^\(!\) \S`,
    String.raw`^w: \S`,
  ].join('|'),
);

/** What is read of a line: a message begins near its start. */
const LONGEST = 500;

/** The tone of a line of output; null for most. Of an error and a warning in one line, the first counts. */
export function outputTone(raw: string): OutputTone | null {
  const start = raw.length > 4 * LONGEST ? raw.slice(0, 4 * LONGEST) : raw;
  if (!SIGNAL.test(start)) return null;
  const text = plainText(start).slice(0, LONGEST);
  if (HARMLESS.test(text)) return null;
  const error = ERROR.exec(text);
  const warning = WARNING.exec(text);
  if (error === null) return warning === null ? null : 'warning';
  return warning !== null && warning.index <= error.index ? 'warning' : 'error';
}

/** npm repeats its label on each line of one message. */
const REPEATED = /^npm (?:error|ERR!)/;

/** Collects the lines where errors start, from lines in order. */
export class ErrorStarts {
  readonly #starts: number[] = [];
  #last = { seq: 0, isRepeated: false };

  /** The sequence numbers, in order. The array grows. */
  get found(): readonly number[] {
    return this.#starts;
  }

  /** Takes a line of the build's own output that reports an error. Returns whether another error starts with it. */
  add(seq: number, raw: string): boolean {
    const isRepeated = REPEATED.test(plainText(raw.slice(0, LONGEST)));
    const continues = isRepeated && this.#last.isRepeated && this.#last.seq === seq - 1;
    this.#last = { seq, isRepeated };
    if (!continues) this.#starts.push(seq);
    return !continues;
  }
}
