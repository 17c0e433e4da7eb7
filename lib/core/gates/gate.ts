import { z } from 'zod';

/** Type of the readiness gate and of the condition that opens it. */
export const gateType = 'zonebridge.dev/published';

/** Version of the questions about gates. An agent asks only a hub that says in its answer to hello that it takes this version. */
export const gatesVersion = 1;

/** Pods of one question or answer. */
export const gatesMost = 200;

/** How the gates of one namespace are kept. */
const gateRule = z.strictObject({
  timeoutSeconds: z
    .int()
    .min(5)
    .max(3600)
    .default(120)
    .describe('How long a pod waits for its firewalls, from when it has an address.'),
  whenLate: z
    .enum(['open', 'closed'])
    .default('open')
    .describe('What becomes of a pod that waited for so long: it counts as ready, or it goes on waiting.'),
});
export type GateRule = z.output<typeof gateRule>;

/** Rules by namespace. */
export const gateRules = z.record(
  z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'is no name of a namespace'),
  gateRule,
);
export type GateRules = z.output<typeof gateRules>;

/** The condition of a pod as the agent writes it. */
export interface GateCondition {
  status: 'True' | 'False';
  reason: 'Published' | 'NotPublishedInTime';
  message: string;
}

/** Milliseconds after which a pod is asked about again: it is answered only once it is published. */
export function askAgainAfter(asked: number): number {
  return Math.min(15_000, 1_000 * 2 ** Math.min(asked, 10));
}

/** What a pod that waited for too long gets; undefined while it waits in time. */
export function whenLate(rule: GateRule, waitedMilliseconds: number): GateCondition | undefined {
  if (waitedMilliseconds < rule.timeoutSeconds * 1000) return undefined;
  const late = `not on every firewall of its groups after ${rule.timeoutSeconds} s`;
  return rule.whenLate === 'open'
    ? { status: 'True', reason: 'NotPublishedInTime', message: `${late}; opened all the same` }
    : { status: 'False', reason: 'NotPublishedInTime', message: `${late}; still waiting` };
}

export const published: GateCondition = {
  status: 'True',
  reason: 'Published',
  message: 'its address is on every firewall of its groups',
};
