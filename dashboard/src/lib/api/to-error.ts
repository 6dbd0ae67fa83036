import { AppFluxError, isAppFluxError } from '@appflux/protocol';

/** Converts a caught value into an error that can be shown. */
export const toError = (caught: unknown): AppFluxError =>
  isAppFluxError(caught)
    ? caught
    : new AppFluxError('internal', 'Something went wrong on this page.', {
        hint: 'Reload the page. If it happens again, report it.',
        cause: caught,
      });
