import type { Attachment } from 'svelte/attachments';
import { browserPage } from '#lib/live/page-lifecycle.ts';

/**
 * Runs a task when an element comes into view, and repeats it while the element stays in view, after the
 * milliseconds that the task returns.
 */
export function whileInView(task: () => Promise<number>): Attachment<Element> {
  return (element) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inView = false;
    let turn = 0;
    const next = async () => {
      clearTimeout(timer);
      turn += 1;
      const own = turn;
      const pause = await task();
      if (inView && own === turn) timer = setTimeout(() => browserPage.visible() && void next(), pause);
    };
    const observer = new IntersectionObserver((entries) => {
      inView = entries.at(-1)?.isIntersecting ?? false;
      if (inView) void next();
      else clearTimeout(timer);
    });
    observer.observe(element);
    const stopListening = browserPage.onWake(() => inView && void next());
    return () => {
      inView = false;
      observer.disconnect();
      stopListening();
      clearTimeout(timer);
    };
  };
}
