/** The configuration of the runner's own clamd. Pure. */

/** In clamd's own units; the largest file that ClamAV 1.4 takes is just under 2 GB. */
const LARGEST = '2000M';

/**
 * The text of clamd.conf (clamd.conf(5)). All paths are relative: clamd is started in its folder, because the user it
 * runs as cannot walk down to it. What is over a limit raises an alert, so that it does not pass for clean.
 */
export function clamdConfig(limits: { readonly streamMaxLength?: string; readonly threads: number }): string {
  const largest = limits.streamMaxLength ?? LARGEST;
  return [
    'Foreground yes',
    'LocalSocket clamd.sock',
    'LocalSocketMode 600',
    'FixStaleSocket yes',
    'PidFile clamd.pid',
    'DatabaseDirectory db',
    'TemporaryDirectory tmp',
    `StreamMaxLength ${largest}`,
    `MaxFileSize ${largest}`,
    'MaxScanSize 4000M',
    'MaxScanTime 600000',
    'MaxFiles 200000',
    'MaxRecursion 20',
    'AlertExceedsMax yes',
    // Two copies of the signatures would take two gigabytes of memory.
    'ConcurrentDatabaseReload no',
    `MaxThreads ${limits.threads}`,
    'ReadTimeout 60',
    'CommandReadTimeout 60',
    'ExitOnOOM yes',
    // Once a day is enough: updates trigger RELOAD.
    'SelfCheck 86400',
    '',
  ].join('\n');
}
