/** The key in local storage where supabase-js stores the session. */
export const SESSION_KEY = 'appflux.session';
