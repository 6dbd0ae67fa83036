// Applies the chosen theme before the first paint. A separate file, because the Content Security Policy allows no
// inline scripts. src/lib/theme/theme.svelte.ts stores the choice.
try {
  const theme = localStorage.getItem('appflux.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked in this browser: the system's theme is used.
}
