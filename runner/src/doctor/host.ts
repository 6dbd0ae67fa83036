/** The findings of `doctor` for a runner that builds on its host, without a sandbox. */
import { access, constants } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { readRegistration } from '../config/registration.ts';
import type { Settings } from '../config/settings.ts';
import { hostLabelProblem } from '../host-executor/labels.ts';
import { SHELL } from '../host-executor/run-command.ts';
import type { Finding } from './checks.ts';

export interface HostFacts {
  /** The user that this process, and with it every build, runs as. */
  readonly user: string;
  readonly isRoot: boolean;
  readonly hasShell: boolean;
  /** The labels that the runner would be started with; null when that is not known yet. */
  readonly labels: readonly string[] | null;
}

/** Rates a host without a sandbox. Pure. */
export function checkHost({ user, isRoot, hasShell, labels }: HostFacts): Finding[] {
  const problem = labels === null ? null : hostLabelProblem(labels);
  return [
    {
      level: 'weak',
      text: `Executor host: no sandbox. Builds run as ${user}, can reach every network and read everything that ${user} can read`,
      advice: `Build only your own code, as a user without access to anything else. For other people’s code, remove --executor`,
    },
    ...(isRoot
      ? [
          {
            level: 'weak' as const,
            text: 'Builds run as root and can change anything on this host',
            advice: 'Run the runner as a dedicated user',
          },
        ]
      : []),
    ...(hasShell
      ? []
      : [
          {
            level: 'bad' as const,
            text: `${SHELL} is missing`,
            advice: 'Install bash',
          },
        ]),
    ...(problem === null ? [] : [{ level: 'bad' as const, text: problem.message, advice: problem.advice }]),
  ];
}

/** Checks this host. */
export async function lookAtHost(settings: Pick<Settings, 'state' | 'labels'>): Promise<Finding[]> {
  const { username, uid } = userInfo();
  // A registration that cannot be read is a finding of its own, made elsewhere.
  const registration = await readRegistration(settings.state).catch(() => undefined);
  return checkHost({
    user: username,
    isRoot: uid === 0,
    hasShell: await access(SHELL, constants.X_OK).then(
      () => true,
      () => false,
    ),
    labels: settings.labels ?? registration?.labels ?? null,
  });
}
