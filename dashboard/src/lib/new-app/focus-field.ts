/** How long to wait for a field, in frames of the screen: some seconds. */
const MOST_FRAMES = 300;

const fieldOf = (name: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`) ??
  document.getElementById(name)?.closest('section')?.querySelector<HTMLElement>('input') ??
  null;

/** Moves the focus to a field of the page by its `name`, or to the first one below a heading with that id. */
export async function focusField(name: string): Promise<void> {
  let field = fieldOf(name);
  // A page that was just opened may still load what its form shows.
  for (let frames = 0; field === null && frames < MOST_FRAMES; frames += 1) {
    await new Promise(requestAnimationFrame);
    field = fieldOf(name);
  }
  for (let at = field?.closest('details'); at; at = at.parentElement?.closest('details')) at.open = true;
  field?.focus();
  field?.scrollIntoView({ block: 'center' });
}
