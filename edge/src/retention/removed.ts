/** How it is said that retention has removed something. Times are ISO 8601. */
import { AppFluxError } from '@appflux/protocol';

const ADVICE = 'Redeploy to build it again. Pin a deployment to keep what it has.';

const day = (at: string | null) => (at === null ? '' : ` on ${at.slice(0, 10)}`);

/** Artifacts that cannot be had any more. */
export const artifactsRemoved = (at: string | null): AppFluxError =>
  new AppFluxError('artifacts_removed', `The artifacts were removed by retention${day(at)}`, {
    hint: ADVICE,
  });

/** A log that cannot be read any more. */
export const logRemoved = (at: string): AppFluxError =>
  new AppFluxError('log_removed', `The log was removed by retention${day(at)}`, { hint: ADVICE });

/** A deployment that cannot be released because there is nothing left of it. */
export const nothingToRelease = (at: string): AppFluxError =>
  new AppFluxError(
    'nothing_to_release',
    `The artifacts of that deployment were removed by retention${day(at)}`,
    {
      hint: 'Redeploy it; what is built then becomes the release.',
    },
  );

/** A source upload that cannot be built again. */
export const sourceRemoved = (): AppFluxError =>
  new AppFluxError('source_removed', 'The upload that this was built from was removed', {
    hint: 'Upload the source again. A source is kept as long as a deployment that was built from it keeps its artifacts.',
  });
