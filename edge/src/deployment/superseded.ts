/** The reason with which a newer deployment of the same branch cancels an older one. */

const SUPERSEDED = 'A newer deployment took its place';

export const supersededBy = (newerId: string): string => `${SUPERSEDED}: ${newerId}`;

/** Whether a deployment was canceled for that reason. */
export const isSuperseded = (cancelReason: string | null): boolean =>
  cancelReason?.startsWith(SUPERSEDED) ?? false;
