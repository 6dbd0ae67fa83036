/** What a deployment says of itself on its app's download page: release notes and an icon. */
import { z } from 'zod';
import { base64Bytes } from './file.ts';

/** In `accepts` of an attempt's `welcome`: this edge keeps release notes and icons, and takes the frame of this type. */
export const DETAILS = 'details';

/** The longest release notes, in UTF-16 units. */
export const MAX_NOTES_LENGTH = 60_000;

/** The largest icon, in bytes: the download page, which loads nothing else, stays small with it. */
export const MAX_ICON_BYTES = 8_000;

/** Where release notes come from: somebody typed them in, the commit's annotated tag, or the project's change log. */
export const NotesSource = z.enum(['typed', 'tag', 'changelog']);
export type NotesSource = z.infer<typeof NotesSource>;

/** Release notes in Markdown. */
export const ReleaseNotes = z
  .strictObject({ text: z.string().min(1).max(MAX_NOTES_LENGTH), source: NotesSource })
  .meta({ id: 'ReleaseNotes' });
export type ReleaseNotes = z.infer<typeof ReleaseNotes>;

/** An icon, in base64. */
export const Icon = z.strictObject({
  type: z.enum(['image/png', 'image/webp']),
  content: z
    .base64()
    .min(1)
    .max(Math.ceil(MAX_ICON_BYTES / 3) * 4)
    .refine((content) => base64Bytes(content) <= MAX_ICON_BYTES),
});
export type Icon = z.infer<typeof Icon>;

/** What a build says of its deployment. */
export interface ReleaseDetails {
  readonly notes: ReleaseNotes | null;
  readonly icon: Icon | null;
}

/** `GET` and `PATCH` of a deployment's release notes: those that people see. */
export const DeploymentNotes = z
  .strictObject({ notes: ReleaseNotes.nullable() })
  .meta({ id: 'DeploymentNotes' });
export type DeploymentNotes = z.infer<typeof DeploymentNotes>;

/** Body of `PATCH /api/deployments/:id`. `null` takes typed notes back; an empty text shows none. */
export const UpdateDeployment = z
  .strictObject({ notes: z.string().max(MAX_NOTES_LENGTH).nullable() })
  .meta({ id: 'UpdateDeployment' });
export type UpdateDeployment = z.infer<typeof UpdateDeployment>;
