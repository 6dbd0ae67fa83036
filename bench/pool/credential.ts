/** The credential of a runner of the benchmark, which both the Worker and its runners know. */
export const credentialOf = (number: number): string => `afr_${String(number).padStart(43, '0')}`;
