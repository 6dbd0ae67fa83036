/** A single-page app: every page needs a sign-in and live data, so there is nothing to prerender. */
export const ssr = false;
export const prerender = false;
