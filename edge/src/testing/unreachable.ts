/** A metadata store that doesn't respond, as D1 reports that. */
export const unreachableDatabase = {
  prepare: () => {
    throw new Error('D1_ERROR: Network connection lost.');
  },
} as unknown as D1Database;
