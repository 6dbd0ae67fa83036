/** The facades as the text of a module, which the host puts in front of a site's own modules. */
import { keyValueFacade } from './key-value.ts';
import { sqlDatabaseFacade } from './sql-database.ts';

/**
 * A module that exports `facades`, an object with a function per kind of binding: it takes the entrypoint that the host
 * has put into the site's environment, and gives what the site should find there. The functions use nothing outside of
 * themselves; `__name` is what bundlers call to keep the names of functions.
 */
export const FACADES_MODULE = `const __name = (value) => value;
export const facades = {
  kv: ${keyValueFacade},
  sqlite: ${sqlDatabaseFacade},
};
`;
