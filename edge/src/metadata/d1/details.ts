import { type DetailStore, type DetailsRecord, keptDetails, NO_DETAILS, shownDetails } from '../details.ts';
import { textOrNull } from './columns.ts';
import type { Database } from './database.ts';

export function createDetailStore(database: Database): DetailStore {
  return {
    async keep(deploymentId, details) {
      const { notes, notesSource, icon, iconType } = keptDetails(details);
      await database.run(
        `INSERT INTO release_details (deployment_id, app_id, notes, notes_source, icon, icon_type)
         SELECT id, app_id, ?2, ?3, ?4, ?5 FROM deployments WHERE id = ?1
         ON CONFLICT (deployment_id) DO UPDATE SET notes = excluded.notes, notes_source = excluded.notes_source,
           icon = excluded.icon, icon_type = excluded.icon_type`,
        deploymentId,
        notes,
        notesSource,
        icon,
        iconType,
      );
    },

    async write(deploymentId, typedNotes) {
      const changed = await database.run(
        `INSERT INTO release_details (deployment_id, app_id, typed_notes)
         SELECT id, app_id, ?2 FROM deployments WHERE id = ?1
         ON CONFLICT (deployment_id) DO UPDATE SET typed_notes = excluded.typed_notes`,
        deploymentId,
        typedNotes,
      );
      return changed > 0;
    },

    async of(deploymentId) {
      const row = await database.first('SELECT * FROM release_details WHERE deployment_id = ?', deploymentId);
      if (row === null) return NO_DETAILS;
      return shownDetails({
        notes: textOrNull(row, 'notes'),
        notesSource: textOrNull(row, 'notes_source') as DetailsRecord['notesSource'],
        typedNotes: textOrNull(row, 'typed_notes'),
        icon: textOrNull(row, 'icon'),
        iconType: textOrNull(row, 'icon_type') as DetailsRecord['iconType'],
      });
    },
  };
}
