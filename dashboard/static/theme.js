// zod compiles schemas with `new Function`, which the Content Security Policy blocks and reports, unless it is told not to.
globalThis.__zod_globalConfig = { jitless: true };

// Applies the chosen theme before the first paint. A separate file, because the Content Security Policy allows no
// inline scripts. src/lib/theme/theme.svelte.ts stores the choice.
try {
  const theme = localStorage.getItem('appflux.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked in this browser: the system's theme is used.
}

// Which outline of app.html the first frame shows, by the kind of page.
{
  const [, first, second] = location.pathname.split('/');
  const rooms = { '': 'overview', new: 'form', deployments: second ? 'deployment' : 'list' };
  const signingIn = [
    'sign-in',
    'sign-up',
    'invite',
    'forgot-password',
    'reset-password',
    'device',
    'site-access',
  ];
  document.documentElement.dataset.room = signingIn.includes(first)
    ? 'auth'
    : Object.hasOwn(rooms, first)
      ? rooms[first]
      : 'list';
}
