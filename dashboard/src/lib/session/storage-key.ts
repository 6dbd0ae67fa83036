/** Where supabase-js keeps the session in the browser's local storage. */
export const SESSION_KEY = 'appflux.session';
