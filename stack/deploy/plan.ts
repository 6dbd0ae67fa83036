/** What a deploy does, step by step, and why it can't: decided from the settings and what there is. Pure. */
import type { Observed } from './observe.ts';
import { accountProblems, sizeWarnings, warningsOf } from './problems.ts';
import { planSecrets } from './secrets.ts';
import type { DeploySettings } from './settings.ts';
import type { Local, Plan } from './step.ts';
import { address, type MakeStep, pages, resources, uploads } from './steps.ts';

/** The steps in their order. Without `observed`, their states are unknown, and of the problems only local ones are found. */
export function planDeploy(settings: DeploySettings, observed: Observed | null, local: Local): Plan {
  const secrets = planSecrets(
    local.secrets,
    observed?.secrets ?? null,
    (observed?.databases[0]?.applied.length ?? 0) > 0,
  );
  const step: MakeStep = (id, title, why, check, action, isDone) => ({
    id,
    title,
    why,
    check,
    action,
    state: observed === null ? 'unknown' : isDone ? 'done' : 'needed',
  });
  const worker = uploads(settings, observed, local, secrets, step);
  const project = settings.dashboard === 'pages' ? pages(settings, observed, local, step) : [];
  const steps = [
    ...resources(settings, observed, step),
    ...address(settings, observed, step),
    // The files of the new page before the page itself, except at the first deploy: a project is bound to a Worker that
    // exists.
    ...(observed?.worker == null ? [...worker, ...project] : [...project, ...worker]),
  ];
  return {
    steps,
    secrets,
    problems: [...secrets.problems, ...(observed === null ? [] : accountProblems(settings, observed, local))],
    warnings: [...secrets.warnings, ...sizeWarnings(settings, local), ...warningsOf(settings, observed)],
  };
}
