/** Which item of a menu a key moves to (https://www.w3.org/WAI/ARIA/apg/patterns/menubar/). */

/** The index that an arrow, Home or End moves to; null for other keys. `current` is -1 if no item has the focus. */
export function neighbor(key: string, current: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case 'ArrowDown':
      return (current + 1) % count;
    case 'ArrowUp':
      return current <= 0 ? count - 1 : current - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

/** The index of the next item that starts with a typed character; null if there is none, or for other keys. */
export function startingWith(key: string, current: number, labels: readonly string[]): number | null {
  if ([...key].length !== 1 || key === ' ') return null;
  const order = labels.map((_, index) => (current + 1 + index) % labels.length);
  return order.find((index) => labels[index]?.toLowerCase().startsWith(key.toLowerCase())) ?? null;
}
