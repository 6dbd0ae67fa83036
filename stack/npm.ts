/** Runs the machine's own npm, with its configuration: mirror, certificates, credentials. */
import { execa } from 'execa';
import { lastLines, StackProblem } from './problem.ts';

/** Variables that a script run by npm inherits from that run, and that a run of its own must not have. */
const OF_ANOTHER_RUN =
  /^npm_(?:package_|lifecycle_|command$|config_local_prefix$|execpath$|node_execpath$)|^INIT_CWD$/;

/** An environment for a separate npm run: keeps npm's configuration, drops what describes the run around it. */
export function environmentOfOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OF_ANOTHER_RUN.test(name)));
}

/** Runs `npm` and returns its output. @throws StackProblem `package_missing` with the end of npm's output. */
export async function npm(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const result = await execa('npm', args, {
    cwd: options.cwd,
    env: environmentOfOwn(options.env),
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
  if (!result.failed) return result.stdout;
  throw new StackProblem(
    'package_missing',
    `npm ${args[0] ?? ''} failed (${lastLines(result.stderr) || result.shortMessage})`,
    'check that this machine reaches its npm registry (npm ping), then try again',
    { cause: result },
  );
}
