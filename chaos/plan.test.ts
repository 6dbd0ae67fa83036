import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawKills } from './kill-plan.ts';
import { APPS, drawPlan, RUNNERS } from './plan.ts';

const KINDS = [
  'kill-runner',
  'suspend-runner',
  'crash-edge',
  'cut-sockets',
  'stall-sockets',
  'delay-messages',
  'repeat-messages',
  'fail-storage',
  'lose-answers',
  'flood',
];

test('equal seeds give equal plans, different seeds different ones', () => {
  expect(drawPlan(12, 'a')).toEqual(drawPlan(12, 'a'));
  expect(drawPlan(12, 'a')).not.toEqual(drawPlan(12, 'b'));
});

test('every plan has the requested number of deployments, every kind of fault, and only valid references', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.string(), (deployments, seed) => {
      const { steps, faults, deadlineMs } = drawPlan(deployments, seed);
      const fresh = steps.filter(({ type }) => type === 'deploy').length;
      expect(fresh + steps.filter(({ type }) => type === 'redeploy').length).toBe(deployments);
      expect(new Set(faults.map(({ type }) => type))).toEqual(new Set(KINDS));
      for (const step of steps) {
        if (step.type === 'deploy') expect(APPS[step.app]).toBeDefined();
        else expect(step.of).toBeLessThan(fresh);
      }
      for (const fault of faults) {
        if ('runner' in fault) expect(fault.runner).toBeLessThan(RUNNERS);
        expect(fault.at).toBeLessThan(deadlineMs);
      }
      expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((a, b) => a - b));
    }),
    { numRuns: 50 },
  );
});

test('a plan of kills has so many, of every process, in order, and nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 200 }), fc.string(), (kills, seed) => {
      const { steps, faults, deadlineMs } = drawKills(kills, seed);
      expect(faults).toHaveLength(kills);
      expect(new Set(faults.map(({ type }) => type))).toEqual(
        new Set(['kill-runner', 'crash-edge', 'kill-workerd', 'kill-all']),
      );
      expect(faults.map(({ at }) => at)).toEqual(faults.map(({ at }) => at).sort((a, b) => a - b));
      for (const fault of faults) {
        expect(fault.at).toBeLessThan(deadlineMs);
        if ('runner' in fault) expect(fault.runner).toBeLessThan(RUNNERS);
      }
      expect(steps.some(({ type }) => type === 'deploy')).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('cancels and redeploys come after the deployment they refer to', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 60 }), fc.string(), (deployments, seed) => {
      const { steps } = drawPlan(deployments, seed);
      const asked = steps.filter(({ type }) => type === 'deploy');
      for (const step of steps) {
        if (step.type !== 'deploy') expect(asked[step.of]?.at).toBeLessThan(step.at);
      }
    }),
    { numRuns: 50 },
  );
});
