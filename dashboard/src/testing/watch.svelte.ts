/** Calls back now and at each change of what `read` reads. Answers with a function that ends it. */
export function watch(read: () => unknown, changed: () => void): () => void {
  return $effect.root(() => {
    $effect(() => {
      read();
      changed();
    });
  });
}
