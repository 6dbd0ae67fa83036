// Sets the chosen theme before the first paint; a separate file, since the page's policy allows no inline
// script. The choice itself is made and kept by src/lib/theme/theme.svelte.ts.
try {
  const theme = localStorage.getItem('appflux.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked in this browser: the system's theme is used.
}
