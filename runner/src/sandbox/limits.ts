/** What one build may use: the job's limits, and the host owner's caps where they are lower. */
import type { JobLimits } from '@appflux/protocol';
import type { Settings } from '../config/settings.ts';

export type Caps = Pick<Settings, 'maxMemory' | 'maxCpus' | 'maxPids' | 'maxDisk' | 'maxTimeout'>;

/** Of each limit and its cap, the lower one. */
export function effectiveLimits(limits: JobLimits, caps: Caps): JobLimits {
  const lower = (limit: number, cap: number | undefined) => Math.min(limit, cap ?? limit);
  return {
    ...limits,
    memoryBytes: lower(limits.memoryBytes, caps.maxMemory),
    cpus: lower(limits.cpus, caps.maxCpus),
    pids: lower(limits.pids, caps.maxPids),
    diskBytes: lower(limits.diskBytes, caps.maxDisk),
    timeoutSeconds: lower(limits.timeoutSeconds, caps.maxTimeout),
  };
}
