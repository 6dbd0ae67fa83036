/** A vitest reporter that writes the run's Outcome to the file that APPFLUX_OUTCOME names. */
import { writeFileSync } from 'node:fs';
import type { SerializedError } from 'vitest';
import type { ModuleDiagnostic, Reporter, TestCase, TestModule } from 'vitest/node';
import { NOTHING, type Outcome } from './verdict.ts';

/** The reason of a skipped test that gives none. */
const NO_REASON = 'no reason given';

/** Where a test is: its project and file, the suites around it, its title. */
function nameOf(test: TestCase): string {
  const { project, relativeModuleId } = test.module;
  return `[${project.name}] ${relativeModuleId} > ${test.fullName}`;
}

type Stage =
  | 'prepareDuration'
  | 'environmentSetupDuration'
  | 'setupDuration'
  | 'collectDuration'
  | 'duration';

/** How long a file kept its worker, in milliseconds: starting it and importing count as well. */
export function timeOf(times: Pick<ModuleDiagnostic, Stage>): number {
  return (
    times.prepareDuration +
    times.environmentSetupDuration +
    times.setupDuration +
    times.collectDuration +
    times.duration
  );
}

/** Counts the results of a run's modules. A file that could not be loaded is one failure. */
export function outcomeOf(
  modules: readonly TestModule[],
  unhandled: readonly Pick<SerializedError, 'message'>[],
): Outcome {
  const outcome = structuredClone(NOTHING);
  for (const module of modules) {
    outcome.files[`[${module.project.name}] ${module.relativeModuleId}`] = timeOf(module.diagnostic());
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') {
        outcome.passed += 1;
        const [first] = result.errors ?? [];
        if (first !== undefined) outcome.flaky.push({ test: nameOf(test), error: first.message });
      } else if (result.state === 'skipped') {
        outcome.skipped.push({ test: nameOf(test), reason: result.note ?? NO_REASON });
      } else outcome.failed += 1; // `pending`: it was started and never ended
    }
    for (const { message } of module.errors()) outcome.errors.push(`${module.relativeModuleId}: ${message}`);
    for (const suite of module.children.allSuites()) {
      for (const { message } of suite.errors()) outcome.errors.push(`${suite.fullName}: ${message}`);
    }
  }
  outcome.errors.push(...unhandled.map(({ message }) => message));
  return outcome;
}

export default class OutcomeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env.APPFLUX_OUTCOME;
    if (file === undefined)
      throw new Error('this reporter is used by "npm test", which sets APPFLUX_OUTCOME');
    writeFileSync(file, JSON.stringify(outcomeOf(modules, unhandled)));
  }
}
