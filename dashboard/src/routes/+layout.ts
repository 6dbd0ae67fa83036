/** A single-page app: everything here is behind a sign-in and live, so there is nothing to render ahead. */
export const ssr = false;
export const prerender = false;
