import test from 'ava';
import type { PropertyDefinition } from '../sim/observe.ts';
import { scenario } from './scenario.ts';

const check = (id: string): PropertyDefinition => ({ properties: [{ id, title: `${id} holds` }], create: () => ({}) });

const withChecks = (...checks: PropertyDefinition[]) =>
  scenario({
    name: 'mine',
    about: 'Checks something of its own.',
    cluster: { brokers: 1, controllers: 1 },
    topics: [],
    clients: [],
    chaosMs: 0,
    faults: 'none',
    checks,
  });

test("a check of one's own has an id that no other property has", (t) => {
  t.notThrows(() => withChecks(check('MY1'), check('MY2')));
  t.throws(() => withChecks(check('R1')), { message: /^scenario mine: "R1" already is the id of the property "what was/ });
  t.throws(() => withChecks(check('MY1'), check('MY1')), { message: /"MY1" already is the id of the property "MY1 holds"/ });
});
