/**
 * What an app's feed has said, in order: a row for each platform and runtime version that got another update. Clients
 * only load an update that is newer than theirs, so going back to an earlier one is a new row with the same content.
 * Pure.
 */
import type { Environment, ExpoPlatform } from '@appflux/protocol';
import type { ExpoRow } from '../../../metadata/expo.ts';

/** A deployment that a channel points to now. */
export interface Released {
  readonly id: string;
  readonly appId: string;
  readonly createdAt: string;
  /** Since when the channel has pointed to it. */
  readonly at: string;
  /** The runtime versions that it has updates for. */
  readonly runtimes: Partial<Record<ExpoPlatform, string>>;
}

const PLATFORMS: readonly ExpoPlatform[] = ['android', 'ios'];

/**
 * The rows to add when a channel points to a deployment. `history` is that of the app and channel, the newest first.
 *
 * The deployment's own updates are current from then on. If the pointer went back, what newer deployments have
 * published for other runtime versions is withdrawn: apps get what was current before, or the update that they contain.
 */
export function rowsForRelease(
  history: readonly ExpoRow[],
  channel: Environment,
  released: Released,
): ExpoRow[] {
  const row = (
    platform: ExpoPlatform,
    runtimeVersion: string,
    update: Pick<ExpoRow, 'deploymentId' | 'deploymentCreatedAt'>,
  ): ExpoRow => ({
    id: rowId(released.appId, released.at, released.id, channel, platform, runtimeVersion),
    appId: released.appId,
    channel,
    platform,
    runtimeVersion,
    ...update,
    createdAt: released.at,
  });
  const own = PLATFORMS.flatMap((platform) => {
    const runtimeVersion = released.runtimes[platform];
    const update = { deploymentId: released.id, deploymentCreatedAt: released.createdAt };
    return runtimeVersion === undefined ? [] : [row(platform, runtimeVersion, update)];
  });
  const withdrawn = currentRows(history).filter(
    (current) =>
      (current.deploymentCreatedAt ?? '') > released.createdAt &&
      !own.some((mine) => isSameTrack(mine, current)),
  );
  return [
    ...own,
    ...withdrawn.map((current) => {
      const before = history.find(
        (earlier) => isSameTrack(earlier, current) && isNotAfter(earlier, released.createdAt),
      );
      return row(current.platform, current.runtimeVersion, {
        deploymentId: before?.deploymentId ?? null,
        deploymentCreatedAt: before?.deploymentCreatedAt ?? null,
      });
    }),
  ];
}

/**
 * The rows to add when a deployment of a channel without a pointer succeeds: the newest is current. One that was created
 * before the current one has only ended later.
 */
export const rowsForSuccess = (
  history: readonly ExpoRow[],
  channel: Environment,
  success: Released,
): ExpoRow[] =>
  rowsForRelease([], channel, success).filter((row) => {
    const current = history.find((other) => isSameTrack(other, row));
    return (current?.deploymentCreatedAt ?? '') <= success.createdAt;
  });

/** A row of an update that is not newer than a deployment. */
const isNotAfter = ({ deploymentCreatedAt }: ExpoRow, createdAt: string): boolean =>
  deploymentCreatedAt !== null && deploymentCreatedAt <= createdAt;

/** The rows to add when apps are to go back to the updates that they contain. */
export function rowsForRollback(
  app: { readonly appId: string; readonly at: string },
  channel: Environment,
  runtimeVersion: string,
  platforms: readonly ExpoPlatform[] = PLATFORMS,
): ExpoRow[] {
  return platforms.map((platform) => ({
    id: rowId(app.appId, app.at, 'embedded', channel, platform, runtimeVersion),
    appId: app.appId,
    channel,
    platform,
    runtimeVersion,
    deploymentId: null,
    deploymentCreatedAt: null,
    createdAt: app.at,
  }));
}

const rowId = (...parts: readonly string[]): string => parts.join(' ');

const isSameTrack = (a: ExpoRow, b: ExpoRow): boolean =>
  a.platform === b.platform && a.runtimeVersion === b.runtimeVersion;

/** The newest row of each platform and runtime version. */
function currentRows(history: readonly ExpoRow[]): ExpoRow[] {
  return history.filter((row, index) => history.findIndex((other) => isSameTrack(other, row)) === index);
}
