const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the server is asked again whether it is there, in milliseconds. It doubles with each failure.
 * @param failures how often the server has been asked in vain
 * @param random from 0 to 1, so that pages that lost the server together don't ask together
 */
export const probePause = (failures: number, random: number): number =>
  Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.5 + random / 2);
