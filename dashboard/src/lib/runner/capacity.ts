import { belowRegistration, beyondRegistration, type Runner, usableCapacity } from '@appflux/protocol';

export interface CapacityLook {
  /** How many builds it can take at once now. */
  slots: number;
  /** What its own settings ask for and do not get, a sentence each. */
  beyond: string[];
  /** What its own settings leave unused, a sentence each. */
  below: string[];
}

/** What a runner can take now, and where its own settings and its registration differ. */
export function capacityLook({ labels, slots, executor = 'docker', announced }: Runner): CapacityLook {
  if (announced === undefined) return { slots, beyond: [], below: [] };
  const registered = { labels, slots, executor };
  return {
    slots: usableCapacity(registered, announced).slots,
    beyond: beyondRegistration(registered, announced).map(sentence),
    below: belowRegistration(registered, announced).map(sentence),
  };
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
