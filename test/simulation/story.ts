import { beginning } from './kernel/kernel.ts';
import type { Plan } from './plan/steps.ts';
import type { Outcome } from './run.ts';

/** What people read about a seed: what was planned, then everything that happened with its simulated time. */
export function storyOf(plan: Plan, outcome: Outcome): string[] {
  const weather = Object.entries(plan.weather).filter(([, strength]) => strength > 0);
  return [
    `seed ${plan.seed}, ${plan.steps.length} steps`,
    `weather: ${weather.length === 0 ? 'fine' : weather.map(([name, strength]) => `${name} ${strength}`).join(', ')}`,
    ...plan.hubs.flatMap(({ name, clusters, firewalls, groups }) => [
      `hub ${name}: clusters ${clusters.map((one) => `${one.name} (${one.realm}, ${one.network})`).join(', ')}`,
      ...firewalls.map(
        (one) =>
          `  firewall ${one.name}: device ${one.device}, plane ${one.plane}, sees ${one.realms.join(', ')}`,
      ),
      ...groups.map((one) => `  group ${JSON.stringify(one)}`),
    ]),
    ...plan.steps.map((step) => `step ${JSON.stringify(step).slice(0, 300)}`),
    ...outcome.story.map(({ time, text }) => `${clockOf(time)} ${text}`),
  ];
}

/** Hours, minutes, seconds since the beginning. */
function clockOf(time: number): string {
  const seconds = (time - beginning) / 1000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${(seconds % 60).toFixed(3).padStart(6, '0')}`;
}
