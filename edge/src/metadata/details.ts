/** The part of metadata's contract that the download page's notes and icons are kept by. */
import type { Icon, NotesSource, ReleaseDetails, ReleaseNotes } from '@appflux/protocol';

/** What is kept of a deployment's details, flat. */
export interface DetailsRecord {
  deploymentId: string;
  appId: string;
  /** What the build said. */
  notes: string | null;
  notesSource: NotesSource | null;
  /** What a person wrote in place of it. */
  typedNotes: string | null;
  icon: string | null;
  iconType: Icon['type'] | null;
}

export interface DetailStore {
  /**
   * Keeps what a build said, in the place of what an earlier attempt said; typed notes stay. Of a deployment that is not
   * there nothing is kept.
   */
  keep(deploymentId: string, details: ReleaseDetails): Promise<void>;
  /** Keeps notes that a person wrote; null goes back to those of the build. False when there is no such deployment. */
  write(deploymentId: string, typedNotes: string | null): Promise<boolean>;
  /** The notes that people see, and the icon. */
  of(deploymentId: string): Promise<ReleaseDetails>;
}

export const NO_DETAILS: ReleaseDetails = { notes: null, icon: null };

/** What people see of a record. */
export const shownDetails = (record: Omit<DetailsRecord, 'deploymentId' | 'appId'>): ReleaseDetails => ({
  notes: shownNotes(record),
  icon:
    record.icon === null || record.iconType === null ? null : { type: record.iconType, content: record.icon },
});

function shownNotes({
  notes,
  notesSource,
  typedNotes,
}: Pick<DetailsRecord, 'notes' | 'notesSource' | 'typedNotes'>): ReleaseNotes | null {
  if (typedNotes !== null) return typedNotes.trim() === '' ? null : { text: typedNotes, source: 'typed' };
  return notes === null || notesSource === null ? null : { text: notes, source: notesSource };
}

/** What a build said, as it is kept. */
export const keptDetails = ({
  notes,
  icon,
}: ReleaseDetails): Pick<DetailsRecord, 'notes' | 'notesSource' | 'icon' | 'iconType'> => ({
  notes: notes?.text ?? null,
  notesSource: notes?.source ?? null,
  icon: icon?.content ?? null,
  iconType: icon?.type ?? null,
});
