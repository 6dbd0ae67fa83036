/** Why a pack is not published. The message goes to the runner. */
import { SITE_BASE_GONE } from '@appflux/protocol';

export class SiteRefused extends Error {
  override readonly name = 'SiteRefused';
  /** Packing again may help. */
  readonly again: boolean;

  constructor(message: string, again = false) {
    super(message);
    this.again = again;
  }
}

/**
 * The publication that the pack continues, or the pack itself, is not stored any more: it was removed or replaced while
 * the runner took long. The runner packs again.
 */
export const baseGone = () =>
  new SiteRefused(`${SITE_BASE_GONE}: it was removed or replaced meanwhile`, true);
