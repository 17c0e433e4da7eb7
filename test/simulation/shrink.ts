import { type WeatherName, weatherNames } from './kernel/weather.ts';
import type { Plan } from './plan/steps.ts';
import { type Outcome, runPlan } from './run.ts';

/** The plan without some steps and some kinds of faults. */
export interface Cut {
  /** Places of the steps that stay. */
  only: readonly number[];
  /** Faults that are left out. */
  calm: readonly WeatherName[];
}

export function cutPlan(plan: Plan, cut: Cut): Plan {
  const weather = { ...plan.weather };
  for (const name of cut.calm) weather[name] = 0;
  return { ...plan, weather, steps: cut.only.flatMap((place) => plan.steps[place] ?? []) };
}

/** How often the plan is tried at most while it is being shrunk. */
const triesMax = 150;

/** Leaves out steps and faults for as long as the same promise breaks. */
export async function shrink(plan: Plan, invariant: string): Promise<Cut> {
  let tries = 0;
  let cut: Cut = { only: plan.steps.map((_, place) => place), calm: [] };
  const breaks = async (smaller: Cut): Promise<boolean> => {
    if (tries >= triesMax) return false;
    tries += 1;
    return (await outcomeOf(plan, smaller)).violation?.invariant === invariant;
  };
  for (let size = Math.ceil(cut.only.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < cut.only.length; ) {
      const smaller = { ...cut, only: [...cut.only.slice(0, from), ...cut.only.slice(from + size)] };
      if (await breaks(smaller)) cut = smaller;
      else from += size;
    }
  }
  for (const name of weatherNames) {
    if (plan.weather[name] === 0) continue;
    const smaller = { ...cut, calm: [...cut.calm, name] };
    if (await breaks(smaller)) cut = smaller;
  }
  return cut;
}

function outcomeOf(plan: Plan, cut: Cut): Promise<Outcome> {
  return runPlan(cutPlan(plan, cut));
}
