import { NO_BUILD_LIMITS } from '@appflux/protocol';
import type { TeamSettingsStore } from '../team-settings.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';

export function createTeamSettingsStore(database: Database): TeamSettingsStore {
  return {
    async buildLimits(teamId) {
      const row = await database.first('SELECT build_limits FROM team_settings WHERE team_id = ?', teamId);
      return row === null ? NO_BUILD_LIMITS : JSON.parse(text(row, 'build_limits'));
    },

    async setBuildLimits(teamId, limits) {
      await database.run(
        `INSERT INTO team_settings (team_id, build_limits) VALUES (?, ?)
         ON CONFLICT (team_id) DO UPDATE SET build_limits = excluded.build_limits`,
        teamId,
        JSON.stringify(limits),
      );
    },

    async deleteOf(teamId) {
      await database.run('DELETE FROM team_settings WHERE team_id = ?', teamId);
    },
  };
}
