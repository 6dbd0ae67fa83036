/** What visitors of private sites see: a form, or why they can't sign in. No script, and nothing from elsewhere. */
import { html, raw } from 'hono/html';

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
* { box-sizing: border-box; margin: 0; }
body { background: light-dark(#f6f7f9, #14161a); color: light-dark(#1a1d23, #eceef2); min-height: 100svh; display: grid; place-items: center; padding: 1rem; overflow-wrap: anywhere; }
main { width: 100%; max-width: 24rem; padding: 2rem 1.5rem; border: 1px solid light-dark(#dde0e6, #31353d); border-radius: 1.25rem; background: light-dark(#fff, #1c1f25); }
h1 { font-size: 1.3rem; line-height: 1.3; }
p { margin-top: 0.6rem; color: light-dark(#565c68, #a9b0bd); font-size: 0.95rem; }
label { display: block; margin-top: 1.25rem; font-weight: 600; font-size: 0.95rem; }
input { width: 100%; margin-top: 0.4rem; padding: 0.7rem 0.8rem; font: inherit; color: inherit; background: light-dark(#fff, #14161a); border: 1px solid light-dark(#8a919e, #6d7583); border-radius: 0.6rem; }
button, .button { display: block; width: 100%; margin-top: 1rem; padding: 0.75rem; border: 0; border-radius: 0.6rem; background: light-dark(#1f4fd8, #8fb0ff); color: light-dark(#fff, #10131a); font: inherit; font-weight: 650; text-align: center; text-decoration: none; cursor: pointer; }
.error { color: light-dark(#b3261e, #ffb4ab); }
a { color: light-dark(#1f4fd8, #9bb8ff); }
:focus-visible { outline: 3px solid light-dark(#1f4fd8, #9bb8ff); outline-offset: 2px; }
`.replace(/\n/g, '');

type Markup = ReturnType<typeof html>;

/** A whole page. Only its own style sheet loads, its form leads to its own host, and nobody frames it or keeps a copy. */
async function page(title: string, body: Markup, status: number, more: HeadersInit = {}): Promise<Response> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${Buffer.from(digest).toString('base64')}'`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>
`;
  const headers = new Headers(more);
  headers.set('Content-Type', 'text/html; charset=utf-8');
  headers.set('Content-Security-Policy', policy);
  headers.set('Cache-Control', 'no-store');
  headers.set('X-Content-Type-Options', 'nosniff');
  headers.set('X-Robots-Tag', 'noindex');
  headers.set('Referrer-Policy', 'no-referrer');
  return new Response(String(text), { status, headers });
}

/** The form for the password. `action` and `teamUrl` are paths of the same host. */
export const passwordPage = (
  { action, teamUrl, problem }: { action: string; teamUrl: string; problem: string | null },
  status: number,
  headers: HeadersInit = {},
): Promise<Response> =>
  page(
    'Password required',
    html`<h1>This page is protected</h1>
<p>Enter the password that you were given.</p>
<form method="post" action="${action}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus maxlength="200"${problem === null ? '' : raw(' aria-describedby="problem" aria-invalid="true"')}>
${problem === null ? '' : html`<p class="error" id="problem" role="alert">${problem}</p>`}
<button>Continue</button>
</form>
<p>Member of the team? <a href="${teamUrl}">Sign in with AppFlux</a></p>`,
    status,
    headers,
  );

/** A sign-in that didn't work. `again` is a path of the same host. */
export const signInFailedPage = (again: string): Promise<Response> =>
  page(
    'Sign-in failed',
    html`<h1>Couldn’t sign you in</h1>
<p>The sign-in has expired, was used already, or began in another browser. Cookies must be allowed for this site.</p>
<a class="button" href="${again}">Try again</a>`,
    400,
  );
