/** Questions on a terminal. They appear on standard error, so that standard output has results only. */
import type { Context } from './context.ts';
import { CliProblem } from './errors/problem.ts';
import { EXIT } from './exit.ts';
import { sanitize } from './output/sanitize.ts';

/** Loaded when the first question is asked: most runs ask none. */
const library = () => import('@clack/prompts');

/** The answer to a question. @throws CliProblem `interrupted` if the person pressed Ctrl-C */
async function answer<Value>(context: Context, ask: () => Promise<Value>): Promise<Exclude<Value, symbol>> {
  context.output.status(null);
  const given = await ask();
  if (typeof given === 'symbol') throw new CliProblem(EXIT.interrupted, 'Canceled.');
  return given as Exclude<Value, symbol>;
}

const streams = ({ host }: Context) => ({ input: host.stdin, output: host.stderr });

/** Asks a question with yes or no. */
export async function confirm(context: Context, message: string, initialValue = true): Promise<boolean> {
  const { confirm: ask } = await library();
  return answer(context, () => ask({ ...streams(context), message: sanitize(message), initialValue }));
}

/** Asks for a text. `check` gives what is wrong with it, or undefined. */
export async function text(
  context: Context,
  message: string,
  check: (given: string) => string | undefined,
  initialValue = '',
): Promise<string> {
  const { text: ask } = await library();
  return answer(context, () =>
    ask({
      ...streams(context),
      message: sanitize(message),
      initialValue,
      validate: (given) => check(given ?? ''),
    }),
  );
}

/** Asks for a secret, which isn't shown. */
export async function secret(context: Context, message: string): Promise<string> {
  const { password: ask } = await library();
  return answer(context, () =>
    ask({
      ...streams(context),
      message: sanitize(message),
      validate: (given) => ((given ?? '') === '' ? 'It is empty.' : undefined),
    }),
  );
}

/** Asks for one of several values. */
export async function choose(
  context: Context,
  message: string,
  options: readonly { value: string; label: string }[],
): Promise<string> {
  const { select: ask } = await library();
  return answer(context, () =>
    ask({
      ...streams(context),
      message: sanitize(message),
      options: options.map(({ value, label }) => ({ value, label: sanitize(label) })),
      maxItems: 12,
    }),
  );
}

/** Everything that is piped into this program, without the last line feed. */
export async function readStdin(context: Context): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of context.host.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
