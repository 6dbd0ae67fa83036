/**
 * `npm test`: from a fresh clone to a result. Prepares what the tests need, runs the checks and every test, and ends
 * with the line `N passed, N failed, N skipped`.
 *
 * npm test everything
 * npm test -- runner edge some projects of vitest.config.ts
 * npm test -- path -t title test files whose path contains this; further arguments go to vitest
 * npm test -- path --watch again when a source changes
 */
import { chmod, glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { checkAll } from './checking/check-all.ts';
import { ROOT, runCommand } from './command.ts';
import { ensureDashboard } from './dashboard.ts';
import { progressOn } from './progress.ts';
import { findLeftovers, leftoverLines } from './testing/leftovers.ts';
import { needsOf, readFrom } from './testing/needs.ts';
import { planTests, type TestPlan } from './testing/plan.ts';
import {
  ensureImages,
  ensurePackages,
  ensureServers,
  prepareInstanceImage,
  prepareInstancePackages,
} from './testing/prepare.ts';
import { addUp, exitCodeOf, NOTHING, Outcome, timeLines, verdictLines } from './testing/verdict.ts';

const progress = progressOn(process.stdout);

/** Runs several tasks in parallel, all of them to their end; then throws the first error. */
async function together<T extends readonly unknown[]>(
  ...work: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work) as Promise<unknown> as Promise<T>;
}

/** Every test file of the checkout, by its path in it. */
async function findTests(): Promise<string[]> {
  const files: string[] = [];
  const exclude = (path: string) => /(?:^|\/)node_modules$/.test(path);
  for await (const path of glob('**/*.test.ts', { cwd: ROOT, exclude })) files.push(path);
  return files;
}

/** Provides an engine with all images, except the part of one that needs the dashboard. */
async function prepareEngine(plan: TestPlan, cleanup: AsyncDisposableStack) {
  const ready = await ensureImages(cleanup, progress);
  if (plan.instanceImage) await prepareInstancePackages(ready, progress);
  return ready;
}

/** Runs the checks and, in parallel, prepares what the tests need: one computes while the other downloads. */
async function prepare(plan: TestPlan, cleanup: AsyncDisposableStack) {
  await ensurePackages(plan, progress);
  const [checks, ready] = await together(
    plan.checks ? checkAll(ROOT, progress) : Promise.resolve(NOTHING),
    plan.engine ? prepareEngine(plan, cleanup) : Promise.resolve(null),
    ensureServers(plan, progress),
  );
  // After the checks, because both generate SvelteKit's files.
  if (plan.dashboard) await ensureDashboard(ROOT, process.env, progress);
  if (plan.instanceImage && ready !== null) await prepareInstanceImage(ready, progress);
  return { checks, ready };
}

/** Runs the tests. */
async function runTests(plan: TestPlan, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-outcome-'));
  try {
    const file = join(folder, 'outcome.json');
    const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'stack', 'testing', 'reporter.ts')}`];
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const mode = plan.watch ? 'watch' : 'run';
    const { exitCode, signal } = await execa(process.execPath, [vitest, mode, ...reporters, ...plan.args], {
      cwd: ROOT,
      env: { ...env, APPFLUX_OUTCOME: file },
      stdio: 'inherit',
      reject: false,
    });
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (text === null)
      return { ...NOTHING, errors: [`vitest ended with ${signal ?? exitCode} before it had run`] };
    const outcome = Outcome.parse(JSON.parse(text));
    if (exitCode !== 0 && exitCodeOf(outcome) === 0)
      outcome.errors.push(`vitest ended with ${signal ?? exitCode}`);
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Gives the tests a folder for temporary files of their own, and reports what they have left in it. It is removed
 * unless a test failed: then it contains material to find out why, such as a screenshot.
 */
async function inFolderOfTheirOwn(
  engine: Dockerode | null,
  tests: (folder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-'));
  // Like /tmp: some processes in a test run as another user.
  await chmod(folder, 0o1777);
  const outcome = await tests(folder);
  const left = await findLeftovers(folder, engine);
  for (const line of leftoverLines(left)) progress.say(line);
  if (left.mounts.length === 0 && exitCodeOf(outcome) === 0)
    await rm(folder, { recursive: true, force: true });
  else progress.say(`The temporary files of the tests are in ${folder}`);
  return outcome;
}

await runCommand(async () => {
  const plan = planTests(process.argv.slice(2), await findTests(), (path) => needsOf(path, readFrom(ROOT)));
  await using cleanup = new AsyncDisposableStack();
  const { checks, ready } = await prepare(plan, cleanup);
  const tests = await inFolderOfTheirOwn(ready?.engine ?? null, (temporary) =>
    runTests(plan, {
      ...process.env,
      ...(ready === null ? {} : { DOCKER_HOST: ready.address.name }),
      ...(plan.dashboard ? { APPFLUX_TEST_DASHBOARD: join(ROOT, 'dashboard', 'build') } : {}),
      TMPDIR: temporary,
      // Node's compile cache is for the next run as well.
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'appflux', 'compiled'),
    }),
  );
  const outcome = addUp(checks, tests);
  for (const line of [...timeLines(outcome), ...verdictLines(outcome)]) progress.say(line);
  return exitCodeOf(outcome);
});
