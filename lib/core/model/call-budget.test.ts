import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CallBudget, callsInMinute, countCall, noCalls } from './call-budget.ts';

const now = Date.UTC(2026, 0, 1);

/** Takes as many as fit at once. */
function burst(budget: CallBudget, at: number): number {
  let calls = 0;
  while (budget.take(at) === 0) calls++;
  return calls;
}

describe('a budget of calls', () => {
  test('no minute holds more, whenever the calls come and however often the run changes', () => {
    const steps = fc.array(fc.record({ pause: fc.nat(20_000), calls: fc.nat(30), fresh: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), steps, (perMinute, all) => {
        let budget = new CallBudget({ perMinute, own: noCalls });
        let time = now;
        const times: number[] = [];
        for (const { pause, calls, fresh } of all) {
          time += pause;
          if (fresh) budget = new CallBudget({ perMinute, own: JSON.parse(JSON.stringify(budget.counts)) });
          for (let i = 0; i < calls; i++) if (budget.take(time) === 0) times.push(time);
        }
        for (const end of times) {
          const within = times.filter((each) => each > end - 60_000 && each <= end).length;
          expect(within).toBeLessThanOrEqual(perMinute);
        }
      }),
    );
  });

  test('waits until the oldest calls are a minute old, and no longer than needed', () => {
    const budget = new CallBudget({ perMinute: 10, own: noCalls });
    expect(burst(budget, now)).toBe(10);
    const wait = budget.wait(now + 1_000, 1);
    expect(wait).toBe(64_000);
    expect(budget.take(now + 1_000 + wait)).toBe(0);
  });

  test('waits for the whole of it at most', () => {
    const budget = new CallBudget({ perMinute: 4, own: noCalls });
    budget.take(now);
    expect(budget.wait(now, 100)).toBe(65_000);
    expect(budget.wait(now + 65_000, 100)).toBe(0);
  });

  test('a comparison takes its share of what the sync left', () => {
    let others = noCalls;
    for (let i = 0; i < 90; i++) others = countCall(others, now);
    const comparison = new CallBudget({ perMinute: 100, share: 0.25, own: noCalls, others });
    expect(burst(comparison, now)).toBe(10);
    expect(new CallBudget({ perMinute: 100, share: 0.25, own: noCalls }).left(now)).toBe(25);
  });

  test('leaves free what is reserved, and what others have called', () => {
    const reserved = new CallBudget({ perMinute: 100, own: noCalls, reserved: 25 });
    expect(burst(reserved, now)).toBe(75);
    let others = noCalls;
    for (let i = 0; i < 100; i++) others = countCall(others, now);
    const full = new CallBudget({ perMinute: 100, own: noCalls, others });
    expect(full.left(now)).toBe(0);
    expect(full.take(now)).toBeGreaterThan(0);
    expect(full.take(now + full.wait(now, 1))).toBe(0);
  });

  test('siblings take what the others neither called nor wait for, and an equal part in any case', () => {
    const waiting = new Set<number>();
    const budgets: CallBudget[] = [];
    for (const of of [0, 1, 2]) {
      const claim = (at: number, equalPart: number): number =>
        budgets
          .map(({ counts }, index) => Math.max(callsInMinute(counts, at), waiting.has(index) ? equalPart : 0))
          .reduce((sum, one, index) => (index === of ? sum : sum + one), 0);
      budgets.push(new CallBudget({ perMinute: 120, own: noCalls, siblings: { count: 2, claim } }));
    }
    const [large, small, idle] = budgets as [CallBudget, CallBudget, CallBudget];
    expect(burst(large, now)).toBe(120);
    expect(burst(small, now)).toBe(40);
    expect(idle.left(now)).toBe(40);
    waiting.add(0).add(1);
    const later = now + 65_000;
    expect([small, large, idle].map((budget) => budget.left(later))).toEqual([80, 80, 40]);
    expect([small, large].map((budget) => burst(budget, later))).toEqual([80, 40]);
    expect(large.wait(later + 10_000, 1)).toBe(55_000);
  });

  test('whoever waits as long as he is told may call, and not sooner', () => {
    const call = fc.record({ pause: fc.nat(20_000), calls: fc.nat(20), who: fc.nat(3) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.array(call, { maxLength: 40 }), (perMinute, all) => {
        const others = [1, 2, 3].map(() => noCalls);
        const claim = (at: number): number =>
          others.reduce((sum, calls) => sum + callsInMinute(calls, at), 0);
        const siblings = { count: others.length, claim };
        const budget = new CallBudget({ perMinute, own: noCalls, siblings });
        let time = now;
        for (const { pause, calls, who } of all) {
          time += pause;
          for (let i = 0; i < calls; i++)
            if (who === 0) budget.take(time);
            else others[who - 1] = countCall(others[who - 1] ?? noCalls, time);
          const wait = budget.wait(time, 1);
          expect(wait).toBeLessThanOrEqual(65_000);
          expect(budget.left(time) > 0).toBe(wait === 0);
          // Looking ahead moves the counts, so a copy looks.
          const copy = new CallBudget({ perMinute, own: budget.counts, siblings });
          if (wait > 5_000) expect(copy.left(time + wait - 5_000)).toBe(0);
          expect(copy.left(time + wait)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('a clock that was an hour ahead leaves no calls uncounted', () => {
    const ahead = countCall(noCalls, now + 3_600_000);
    expect(callsInMinute(ahead, now)).toBe(1);
    expect(callsInMinute(countCall(ahead, now), now)).toBe(2);
    const budget = new CallBudget({ perMinute: 1, own: ahead });
    expect(budget.left(now)).toBe(0);
    expect(new CallBudget({ perMinute: 1, own: budget.counts }).left(now + 65_000)).toBe(1);
  });
});
