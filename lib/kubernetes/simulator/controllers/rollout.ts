/** A ReplicaSet of a Deployment: how many it shall have, has, and how many of those serve. */
export interface SetState {
  name: string;
  replicas: number;
  existing: number;
  available: number;
}

export interface Rollout {
  replicas: number;
  recreate: boolean;
  /** Pods above `replicas` while it lasts. */
  surge: number;
  /** Pods below `replicas` that may not serve while it lasts. */
  unavailable: number;
}

/** The next sizes: the new set grows as far as the surge lets it, the old ones shrink as far as enough pods serve. */
export function plannedSizes(
  rollout: Rollout,
  current: SetState,
  old: readonly SetState[],
): { name: string; replicas: number }[] {
  const { recreate, replicas, surge } = rollout;
  const left = old.filter((set) => set.replicas > 0 || set.existing > 0);
  if (left.length === 0) return [{ name: current.name, replicas }];
  if (recreate) return left.map(({ name }) => ({ name, replicas: 0 }));
  // What is going but still there counts, too.
  const asked = sum([current, ...left], (set) => Math.max(set.replicas, set.existing));
  const grown = Math.min(replicas, current.replicas + Math.max(0, replicas + surge - asked));
  const grows = { name: current.name, replicas: current.replicas > replicas ? replicas : grown };
  return [grows, ...shrunk(rollout, current, left)];
}

function shrunk(
  { replicas, unavailable }: Rollout,
  current: SetState,
  old: readonly SetState[],
): { name: string; replicas: number }[] {
  // What never served goes first: it counts for nothing.
  let spare = sum(old, (set) => Math.max(0, set.replicas - set.available));
  const serving = current.available + sum(old, (set) => Math.min(set.available, set.replicas));
  spare += Math.max(0, serving - (replicas - unavailable));
  return old.map((set) => {
    const less = Math.min(set.replicas, spare);
    spare -= less;
    return { name: set.name, replicas: set.replicas - less };
  });
}

function sum(sets: readonly SetState[], value: (set: SetState) => number): number {
  return sets.reduce((total, set) => total + value(set), 0);
}
