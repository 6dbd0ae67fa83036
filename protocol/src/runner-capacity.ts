/**
 * The capacity of a runner. Registration fixes it, and people change it through the API; what the runner itself
 * announces can narrow it and never widen it. Pure: the pool uses it to decide, runner and dashboard to explain.
 */
import type { ExecutorKind } from './runner.ts';

export interface RunnerCapacity {
  labels: readonly string[];
  /** How many simultaneous builds. */
  slots: number;
  /** Null if unknown, which is until a runner that an earlier version registered sends its hello. */
  executor: ExecutorKind | null;
}

/**
 * The capacity that the pool uses: the labels that both name, the lower number of slots, and no sandbox unless both
 * have one.
 */
export function usableCapacity(
  registered: RunnerCapacity,
  announced: RunnerCapacity,
): RunnerCapacity & { executor: ExecutorKind } {
  return {
    labels: registered.labels.filter((label) => announced.labels.includes(label)),
    slots: Math.min(registered.slots, announced.slots),
    executor: registered.executor === 'host' || announced.executor === 'host' ? 'host' : 'docker',
  };
}

/** Whether a runner announces exactly its registration; the order of labels does not matter. */
export function sameCapacity(registered: RunnerCapacity, announced: RunnerCapacity): boolean {
  return (
    beyondRegistration(registered, announced).length === 0 &&
    belowRegistration(registered, announced).length === 0 &&
    (registered.executor ?? announced.executor) === announced.executor
  );
}

/** What a runner announces beyond its registration, as sentences without a subject; empty if there is nothing. */
export function beyondRegistration(registered: RunnerCapacity, announced: RunnerCapacity): string[] {
  const labels = announced.labels.filter((label) => !registered.labels.includes(label));
  return [
    ...(announced.slots > registered.slots
      ? [`asks for ${slotsText(announced.slots)}, registered for ${registered.slots}`]
      : []),
    ...(labels.length > 0
      ? [`asks for the ${labelsText(labels)}, not registered for ${labels.length === 1 ? 'it' : 'them'}`]
      : []),
    ...(registered.executor === 'host' && announced.executor === 'docker'
      ? ['claims to build in a sandbox, registered without one']
      : []),
  ];
}

/** What a runner's own settings leave unused of its registration, as sentences without a subject. */
export function belowRegistration(registered: RunnerCapacity, announced: RunnerCapacity): string[] {
  const labels = registered.labels.filter((label) => !announced.labels.includes(label));
  return [
    ...(announced.slots < registered.slots
      ? [`limits itself to ${slotsText(announced.slots)}, registered for ${registered.slots}`]
      : []),
    ...(labels.length > 0 ? [`does not use the ${labelsText(labels)}`] : []),
  ];
}

const slotsText = (slots: number) => `${slots} ${slots === 1 ? 'slot' : 'slots'}`;
const labelsText = (labels: readonly string[]) =>
  `${labels.length === 1 ? 'label' : 'labels'} ${labels.join(', ')}`;
