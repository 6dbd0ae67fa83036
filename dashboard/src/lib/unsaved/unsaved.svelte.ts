interface TrackedForm {
  readonly title: () => string;
  readonly changed: () => boolean;
}

const forms = new Set<TrackedForm>();

/** The titles of all forms on the page that hold unsaved changes. */
export const unsavedTitles = (): string[] =>
  [...forms].filter(({ changed }) => changed()).map(({ title }) => title());

/** Warns before the page of a component is left while its form has unsaved changes. Call it while it is initialized. */
export function trackUnsaved(title: () => string, changed: () => boolean): void {
  $effect(() => {
    const form = { title, changed };
    forms.add(form);
    return () => forms.delete(form);
  });
}
