/** Calls back when a time limit has passed. */

/**
 * Calls `onOver` once when nothing remains. A timer may fire late (a stopped process, a machine that slept), and
 * it stands still while the machine sleeps; so it only says when to look, a second later at most, and the
 * clock behind `remainingMs` decides.
 *
 * @returns stops watching
 */
export function watchDeadline(remainingMs: () => number, onOver: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const remaining = remainingMs();
    if (remaining <= 0) onOver();
    else timer = setTimeout(look, Math.min(1000, Math.ceil(remaining)));
  };
  look();
  return () => clearTimeout(timer);
}
