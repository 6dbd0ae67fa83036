/** The URL of a picture, as deployments and apps show it. */

/**
 * The URL of a deployment's picture; null if there is none. `at` is when it was taken (ISO 8601): a picture that is taken
 * again has another URL, so that browsers don't show the earlier one.
 */
export const pictureUrl = (
  publicUrl: string,
  deploymentId: string,
  at: string | null | undefined,
): string | null =>
  at == null ? null : `${publicUrl}/api/deployments/${deploymentId}/picture?v=${Date.parse(at)}`;
