/** The Debian packages that the tests need, besides those that the commands install themselves. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Needed } from './prepare.ts';

interface Need {
  readonly packages: readonly string[];
  /** Their program, by any of its names: if it exists, nothing is needed. */
  readonly programs: readonly string[];
  readonly when: (plan: Needed) => boolean;
  /** If it can't be installed, its tests are skipped with the reason or use something slower, and all others run. */
  readonly optional?: boolean;
  /** What Debian starts when it is installed, and the tests don't want: it would take their ports. */
  readonly service?: string;
}

const NEEDS: readonly Need[] = [
  {
    packages: ['shellcheck'],
    programs: ['shellcheck'],
    when: (plan) => plan.checks || plan.imageTools,
  },
  { packages: ['curl'], programs: ['curl'], when: (plan) => plan.imageTools },
  { packages: ['unzip'], programs: ['unzip'], when: (plan) => plan.imageTools },
  { packages: ['xz-utils'], programs: ['xz'], when: (plan) => plan.imageTools },
  { packages: ['git'], programs: ['git'], when: (plan) => plan.git },
  { packages: ['openssh-client'], programs: ['ssh-keygen'], when: (plan) => plan.git },
  {
    packages: ['chromium'],
    programs: ['chromium', 'chromium-browser', 'google-chrome-stable'],
    when: (plan) => plan.browser,
  },
  {
    packages: ['chromium-headless-shell'],
    programs: ['chromium-headless-shell'],
    when: (plan) => plan.browser,
    optional: true,
  },
  {
    // Unpacks our ZIPs, to check them with another program.
    packages: ['python3'],
    programs: ['python3'],
    when: (plan) => plan.git,
  },
  {
    packages: ['clamav-daemon', 'clamav-freshclam'],
    programs: ['clamd'],
    when: (plan) => plan.scanner,
    optional: true,
  },
  { packages: ['openssl'], programs: ['openssl'], when: (plan) => plan.https || plan.instanceImage },
  {
    packages: ['docker-compose'],
    // As a plugin of Docker's command, it is in none of the folders of a PATH but beside one.
    programs: ['docker-compose', '../libexec/docker/cli-plugins/docker-compose'],
    when: (plan) => plan.instanceImage,
    optional: true,
  },
  {
    // Gitea has SQLite in it, which is in C.
    packages: ['gcc', 'libc6-dev'],
    programs: ['gcc'],
    when: (plan) => plan.gitHost,
    optional: true,
  },
  {
    packages: ['caddy'],
    programs: ['caddy'],
    when: (plan) => plan.https,
    optional: true,
    service: 'caddy.service',
  },
  {
    packages: ['nginx-light'],
    programs: ['nginx'],
    when: (plan) => plan.https,
    optional: true,
    service: 'nginx.service',
  },
  {
    packages: ['prometheus'],
    programs: ['prometheus'],
    when: (plan) => plan.monitoring,
    optional: true,
    service: 'prometheus.service',
  },
];

/** The packages to install for a plan, on a machine whose programs `has` reports. */
export function packagesFor(
  plan: Needed,
  has: (program: string) => boolean,
): { readonly required: string[]; readonly optional: string[] } {
  const missing = NEEDS.filter(
    ({ programs, when }) => when(plan) && !programs.some((program) => has(program)),
  );
  const of = (optional: boolean) =>
    missing.filter((need) => (need.optional ?? false) === optional).flatMap(({ packages }) => packages);
  return { required: of(false), optional: of(true) };
}

/** The services that come with packages and are to stay off. */
export const servicesOf = (packages: readonly string[]): string[] =>
  NEEDS.flatMap(({ packages: own, service }) =>
    service !== undefined && own.some((name) => packages.includes(name)) ? [service] : [],
  );

/** Whether a program is in one of the folders of a PATH, or in Debian's folders of daemons. */
export function isInstalled(program: string, path = process.env.PATH ?? ''): boolean {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}
