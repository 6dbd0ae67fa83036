/**
 * `npm test`: from nothing to a verdict. Makes sure of what the tests need, runs the checks and every test, and ends
 * with the line `N passed, N failed, N skipped`.
 *
 *   npm test                   everything
 *   npm test -- runner edge    some projects of vitest.config.ts
 *   npm test -- path -t title  whatever vitest takes
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkAll } from './checking/check-all.ts';
import { ROOT, runCommand } from './command.ts';
import { firstExisting, installPackages } from './debian.ts';
import { ensureEngine } from './engine/ensure.ts';
import { ensureForeignS3 } from './foreign-s3/install.ts';
import { ensureImage } from './images/build.ts';
import { readCatalog } from './images/catalog.ts';
import { hostFacts } from './images/host.ts';
import { ensureFerretDb } from './mongo/install.ts';
import { isStackProblem } from './problem.ts';
import { during, progressOn } from './progress.ts';
import { stateFolder } from './settings.ts';
import { planTests, type TestPlan } from './testing/plan.ts';
import { addUp, exitCodeOf, NOTHING, Outcome, verdictLines } from './testing/verdict.ts';

const progress = progressOn(process.stdout);

/** Makes sure of what the plan needs; gives the environment for the tests. */
async function prepare(plan: TestPlan, cleanup: AsyncDisposableStack): Promise<NodeJS.ProcessEnv> {
  if (plan.browser && firstExisting('/usr/bin/chromium') === null) {
    await during(progress, 'Installing Chromium', (task) => installPackages(['chromium'], task));
  }
  if (plan.foreignStorage) {
    try {
      await during(progress, 'An S3 server for the tests', (task) => ensureForeignS3(ROOT, task));
    } catch (error) {
      // Its tests are skipped, with that as the reason; the embedded storage is tested all the same.
      if (!isStackProblem(error)) throw error;
      progress.say(error.sentence);
    }
  }
  if (plan.mongo && !process.env.MONGODB_URI) {
    try {
      await during(progress, 'A MongoDB server for the tests', (task) => ensureFerretDb(ROOT, task));
    } catch (error) {
      // Its tests then try a container of mongo:8, and say so in the summary when there is none either.
      if (!isStackProblem(error)) throw error;
      progress.say(error.sentence);
    }
  }
  if (!plan.engine) return process.env;
  const ready = await ensureEngine({ env: process.env, state: stateFolder(process.env, ROOT), progress });
  cleanup.defer(() => ready.release());
  const host = await hostFacts(ready.engine, process.env, ROOT);
  for (const image of (await readCatalog(join(ROOT, 'builder-images'))).values()) {
    await ensureImage(ready.engine, image, { host, env: process.env, progress, rebuild: false });
  }
  return { ...process.env, DOCKER_HOST: ready.address.name };
}

async function runTests(plan: TestPlan, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-outcome-'));
  try {
    const file = join(folder, 'outcome.json');
    const reporters = ['--reporter=default', `--reporter=${join(ROOT, 'stack', 'testing', 'reporter.ts')}`];
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const { exitCode, signal } = await execa(process.execPath, [vitest, 'run', ...reporters, ...plan.args], {
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

await runCommand(async () => {
  const plan = planTests(process.argv.slice(2));
  await using cleanup = new AsyncDisposableStack();
  const checks = plan.checks ? await checkAll(ROOT, progress) : NOTHING;
  const tests = await runTests(plan, await prepare(plan, cleanup));
  const outcome = addUp(checks, tests);
  for (const line of verdictLines(outcome)) progress.say(line);
  return exitCodeOf(outcome);
});
