/** What a test run does, from its arguments. */
import { NEEDS, type Need } from './needs.ts';

/** The projects of vitest.config.ts: our names, and vitest's. */
const PROJECTS = {
  protocol: 'protocol',
  client: 'client',
  detection: 'detection',
  // Its configuration is a file of its own without a name, so vitest uses its package's.
  edge: '@appflux/edge',
  runner: 'runner',
  cli: 'cli',
  dashboard: 'dashboard',
  bench: 'bench',
  stack: 'stack',
  docker: 'docker',
  e2e: 'e2e',
} as const;
type Project = keyof typeof PROJECTS;

/** What a project as a whole needs. */
const OF_PROJECT: Readonly<Partial<Record<Project, readonly Need[]>>> = {
  edge: ['foreignStorage'],
  runner: ['git', 'scanner'],
  dashboard: ['browser', 'dashboard'],
  stack: ['imageTools', 'monitoring'],
  docker: ['engine', 'instanceImage', 'browser', 'git', 'imageTools', 'scanner', 'dashboard', 'gitHost'],
  e2e: ['engine', 'browser', 'git', 'dashboard', 'foreignStorage', 'mongo', 'https', 'gitHost'],
};

export interface TestPlan extends Readonly<Record<Need, boolean>> {
  /** Passed to vitest. */
  readonly args: readonly string[];
  /** Tests run again on every change of a source, until the command is stopped. */
  readonly watch: boolean;
  /** Whether the formatter, the linter and the compiler count as well: only if everything is tested. */
  readonly checks: boolean;
}

/** The flags of vitest that are followed by a value. */
const WITH_VALUE = new Set(['-t', '--testNamePattern', '--project', '--reporter', '--maxWorkers']);

/** The arguments that name test files: vitest runs the files whose path contains one of them. */
function filtersOf(args: readonly string[]): string[] {
  return args.filter((arg, index) => !arg.startsWith('-') && !WITH_VALUE.has(args[index - 1] ?? ''));
}

/**
 * The plan for the arguments of `npm test`: names of projects, parts of the paths of test files, and arguments for
 * vitest. For named files, only what they need themselves is prepared.
 * @param testFiles every test file, by its path in the checkout
 * @param needsOf what a test file needs
 */
export function planTests(
  args: readonly string[],
  testFiles: readonly string[] = [],
  needsOf: (path: string) => ReadonlySet<Need> = () => new Set(),
): TestPlan {
  const watch = args.includes('--watch');
  const asked = args.filter((arg) => arg !== '--watch');
  const isProject = (arg: string): arg is Project => Object.hasOwn(PROJECTS, arg);
  const projects = asked.filter(isProject);
  const others = asked.filter((arg) => !isProject(arg));
  const filters = filtersOf(others).map((filter) => filter.replace(/^\.\//, ''));
  const named = testFiles.filter((path) => filters.some((filter) => path.includes(filter)));
  const needed = new Set<Need>(
    named.length > 0
      ? named.flatMap((path) => [...needsOf(path)])
      : projects.length > 0
        ? projects.flatMap((project) => OF_PROJECT[project] ?? [])
        : NEEDS,
  );
  return {
    args: [...projects.map((name) => `--project=${PROJECTS[name]}`), ...others],
    watch,
    checks: asked.length === 0 && !watch,
    ...(Object.fromEntries(NEEDS.map((need) => [need, needed.has(need)])) as Record<Need, boolean>),
  };
}
