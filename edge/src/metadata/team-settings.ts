/** The part of metadata's contract for what a team has set for all its apps together. */
import type { BuildLimits } from '@appflux/protocol';

export interface TeamSettingsStore {
  /** How many builds of a team run at a time: NO_BUILD_LIMITS if it has set nothing. */
  buildLimits(teamId: string): Promise<BuildLimits>;
  /** Replaces them. */
  setBuildLimits(teamId: string, limits: BuildLimits): Promise<void>;
  /** Removes all settings of a team. */
  deleteOf(teamId: string): Promise<void>;
}
