/** Calls back now and whenever a signal that `read` reads changes. Returns a function that stops it. */
export function watch(read: () => unknown, changed: () => void): () => void {
  return $effect.root(() => {
    $effect(() => {
      read();
      changed();
    });
  });
}
