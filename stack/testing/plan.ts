/** What a test run is to do, from its arguments. */

/** The projects of vitest.config.ts: what people call them, and what vitest does. */
const PROJECTS = {
  protocol: 'protocol',
  // Its configuration is a file of its own without a name, and vitest then takes its package's.
  edge: '@appflux/edge',
  runner: 'runner',
  dashboard: 'dashboard',
  cli: 'cli',
  bench: 'bench',
  stack: 'stack',
  docker: 'docker',
  e2e: 'e2e',
} as const;
type Project = keyof typeof PROJECTS;

export interface TestPlan {
  /** Given to vitest. */
  readonly args: readonly string[];
  /** Whether the formatter, the linter and the compiler count as well: whenever everything is tested. */
  readonly checks: boolean;
  /** What has to be there first. */
  readonly engine: boolean;
  readonly browser: boolean;
  readonly git: boolean;
  /** What scripts of the builder images are written with. */
  readonly imageTools: boolean;
  /** ClamAV. */
  readonly scanner: boolean;
  /** The dashboard, built. */
  readonly dashboard: boolean;
  readonly foreignStorage: boolean;
  readonly mongo: boolean;
}

/**
 * The plan for the arguments of `npm test`: names of projects, or anything that vitest takes (a file, `-t title`).
 * What is needed is known for projects; for anything else all of it is made sure of.
 */
export function planTests(args: readonly string[]): TestPlan {
  const isProject = (arg: string): arg is Project => Object.hasOwn(PROJECTS, arg);
  const projects = args.filter(isProject);
  const others = args.filter((arg) => !isProject(arg));
  const everything = projects.length === 0;
  const needs = (...names: Project[]) => everything || projects.some((name) => names.includes(name));
  return {
    args: [...projects.map((name) => `--project=${PROJECTS[name]}`), ...others],
    checks: args.length === 0,
    engine: needs('docker', 'e2e'),
    browser: needs('dashboard', 'e2e', 'docker'),
    git: needs('runner', 'docker', 'e2e'),
    imageTools: needs('stack'),
    scanner: needs('runner', 'docker'),
    dashboard: needs('dashboard', 'e2e', 'docker'),
    foreignStorage: needs('edge', 'stack'),
    mongo: needs('e2e'),
  };
}
