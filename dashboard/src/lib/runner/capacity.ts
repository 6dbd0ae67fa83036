import { belowRegistration, beyondRegistration, type Runner, usableCapacity } from '@appflux/protocol';

export interface CapacityStatus {
  /** How many builds it can run at a time. */
  slots: number;
  /** What its own settings request beyond its registration, a sentence each. */
  beyond: string[];
  /** What its own settings leave unused of its registration, a sentence each. */
  below: string[];
}

/** How many builds a runner can run at a time. */
export function usableSlots({ labels, slots, executor = 'docker', announced }: Runner): number {
  return announced === undefined ? slots : usableCapacity({ labels, slots, executor }, announced).slots;
}

/** A runner's usable capacity, and how its own settings differ from its registration. */
export function capacityStatus(runner: Runner): CapacityStatus {
  const { labels, slots, executor = 'docker', announced } = runner;
  if (announced === undefined) return { slots, beyond: [], below: [] };
  const registered = { labels, slots, executor };
  return {
    slots: usableSlots(runner),
    beyond: beyondRegistration(registered, announced).map(sentence),
    below: belowRegistration(registered, announced).map(sentence),
  };
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
