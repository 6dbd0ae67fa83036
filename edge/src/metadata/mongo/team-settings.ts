import { NO_BUILD_LIMITS } from '@appflux/protocol';
import type { Db } from 'mongodb';
import type { TeamSettingsStore } from '../team-settings.ts';
import { Records } from './database.ts';

interface Kept {
  teamId: string;
  /** JSON: a label may have dots in it, which not every server allows in the name of a member. */
  buildLimits: string;
}

export function createTeamSettingsStore(db: Db): TeamSettingsStore {
  const settings = new Records<Kept>(db, 'teamSettings');

  return {
    async buildLimits(teamId) {
      const kept = await settings.first(settings.key(teamId));
      return kept === null ? NO_BUILD_LIMITS : JSON.parse(kept.buildLimits);
    },

    async setBuildLimits(teamId, limits) {
      const buildLimits = JSON.stringify(limits);
      const change = { $set: { buildLimits } };
      if ((await settings.update(settings.key(teamId), change)) !== null) return;
      if (await settings.insert({ teamId, buildLimits })) return;
      await settings.update(settings.key(teamId), change);
    },

    async deleteOf(teamId) {
      await settings.remove(settings.key(teamId));
    },
  };
}
