/** The malware scanner of local runners: ClamAV, installed like the engine where possible. */
import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { execa } from 'execa';
import { canInstallPackages, firstExisting, installPackages } from './debian.ts';
import { isStackProblem, StackProblem } from './problem.ts';
import { during, type Progress } from './progress.ts';
import type { ScanPolicy } from './settings.ts';

const PACKAGES = ['clamav-daemon', 'clamav-freshclam'];
/** Memory that clamd needs with the official signatures, in bytes. */
const MEMORY_BYTES = 1.5 * 1024 ** 3;

/** The relevant facts about a machine. */
export interface ScannerFacts {
  readonly policy: ScanPolicy;
  /** clamd is installed, or the runners' settings name a running one. */
  readonly hasScanner: boolean;
  readonly canInstall: boolean;
  /** Free memory, in bytes. */
  readonly memory: number;
}

export type ScannerPlan =
  | { readonly action: 'nothing' }
  | { readonly action: 'install' }
  /** Builds run without a scan, for this reason. */
  | { readonly action: 'go_without'; readonly reason: string };

/**
 * The plan for a machine. Pure. If a scan is required, ClamAV is installed regardless of memory.
 * @throws StackProblem `package_missing` if a scan is required and ClamAV can't be installed
 */
export function planScanner({ policy, hasScanner, canInstall, memory }: ScannerFacts): ScannerPlan {
  if (policy === 'off' || hasScanner) return { action: 'nothing' };
  const packages = PACKAGES.join(' ');
  if (!canInstall) {
    if (policy === 'required') {
      throw new StackProblem(
        'package_missing',
        'APPFLUX_SCAN=required needs ClamAV, and only root on Debian or Ubuntu can install it',
        `run "sudo apt-get install ${packages}", then try again`,
      );
    }
    return {
      action: 'go_without',
      reason: `Malware scan skipped: ClamAV is not installed. Run "sudo apt-get install ${packages}" to install it.`,
    };
  }
  if (policy === 'optional' && memory < MEMORY_BYTES) {
    return {
      action: 'go_without',
      reason:
        'Malware scan skipped: ClamAV needs 1.5 GB of memory and less is free. APPFLUX_SCAN=required installs it anyway.',
    };
  }
  return { action: 'install' };
}

/**
 * Makes sure that local runners have a scanner. It downloads its signatures while builds already run.
 * @throws StackProblem `package_missing` if a scan is required and ClamAV cannot be installed
 */
export async function ensureScanner(
  policy: ScanPolicy,
  env: NodeJS.ProcessEnv,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const plan = planScanner({
    policy,
    hasScanner: Boolean(env.APPFLUX_RUNNER_CLAMD) || findClamd() !== null,
    canInstall: canInstallPackages(),
    memory: freemem(),
  });
  if (plan.action === 'go_without') progress.say(plan.reason);
  if (plan.action !== 'install') return;
  try {
    await during(progress, 'Installing ClamAV, the malware scanner', async (task) => {
      await installPackages(PACKAGES, task, signal);
      await leaveScanningToRunners();
    });
    progress.say(
      'Malware scan: ClamAV needs 1.5 GB of memory once its signatures are downloaded. APPFLUX_SCAN=off turns it off.',
    );
  } catch (error) {
    if (policy === 'required' || !isStackProblem(error, 'package_missing')) throw error;
    progress.say(`Malware scan skipped: ${error.sentence}`);
  }
}

const findClamd = () => firstExisting('/usr/sbin/clamd', '/usr/local/sbin/clamd', '/usr/bin/clamd');

/**
 * Each runner starts a clamd of its own, with limits that fit projects. The service that Debian's package has just
 * started would use the same memory again.
 */
async function leaveScanningToRunners(): Promise<void> {
  if (!existsSync('/run/systemd/system')) return;
  const units = ['clamav-daemon.service', 'clamav-daemon.socket'];
  // If this fails the service keeps running and is used, which only costs memory.
  await execa('systemctl', ['disable', '--now', ...units], { stdin: 'ignore', reject: false });
}
