/** Formats the results of a project's builds. Pure. */
import type { Plan } from '@appflux/protocol';
import { formatBytes } from '@appflux/protocol';
import type { TimedBuild } from '../overhead/cold-and-warm.ts';
import { round, table } from '../report.ts';
import { median } from '../statistics.ts';
import type { Project } from './projects.ts';

export interface MeasuredProject extends Project {
  /** At least one cold and one warm one. */
  readonly builds: readonly TimedBuild[];
}

/** The time of whole deployments, and of their install and build commands, in seconds. */
function medians(builds: readonly TimedBuild[], kind: TimedBuild['kind']) {
  const of = builds.filter((build) => build.kind === kind);
  return {
    whole: median(of.map(({ seconds }) => seconds)),
    commands: median(of.map(({ install, build }) => install + build)),
  };
}

/** One line per project. */
export function summary(projects: readonly MeasuredProject[]): string {
  const rows = projects.map(({ fixture, builds }) => {
    const [cold, warm] = [medians(builds, 'cold'), medians(builds, 'warm')];
    const { plan, artifacts } = last(builds).deployment;
    return [
      fixture,
      plan === null ? '' : planned(plan),
      round(cold.whole),
      round(warm.whole),
      round(warm.whole / cold.whole),
      cold.commands === 0 ? '' : String(round(warm.commands / cold.commands)),
      artifacts.map(({ name, size }) => `${name} (${formatBytes(size)})`).join(', '),
    ];
  });
  return table(
    ['project', 'detected', 'cold s', 'warm s', 'warm/cold', 'of its commands', 'artifacts'],
    rows,
  );
}

/** What was decided about a project and why, line by line. */
export function describeProject({ fixture, image, builds }: MeasuredProject): string {
  const { deployment, cacheLines } = last(builds);
  const { plan } = deployment;
  if (plan === null) return fixture;
  const commands = [plan.installCommand, plan.buildCommand].filter((command) => command !== null);
  return [
    `${fixture}: ${planned(plan)}`,
    `  image      ${image} ${plan.imageDigest ?? '(no command was run in it)'}`,
    `  commands   ${commands.length === 0 ? 'none' : commands.join(' && ')}`,
    ...plan.reasons.map((reason, index) => `  ${index === 0 ? 'why' : '   '}        ${reason}`),
    ...cacheLines.map((line, index) => `  ${index === 0 ? 'warm' : '    '}       ${line}`),
    ...deployment.artifacts.map(
      ({ name, size, sha256 }, index) =>
        `  ${index === 0 ? 'artifacts' : '         '}  ${name}, ${formatBytes(size)}, sha256 ${sha256.slice(0, 12)}…`,
    ),
  ].join('\n');
}

const planned = ({ type, framework, packageManager, node }: Plan): string =>
  [type, framework, packageManager, node === null ? null : `Node ${node}`]
    .filter((part) => part !== null)
    .join(', ');

function last(builds: readonly TimedBuild[]): TimedBuild {
  const build = builds.findLast(({ kind }) => kind === 'warm');
  if (build === undefined) throw new RangeError('no warm build');
  return build;
}
