import test from 'ava';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import { TraceMemory } from '../campaign/trace-memory.ts';
import { between, scenario } from '../scenarios/scenario.ts';
import { writer } from '../scenarios/workloads/writer.ts';
import type { ClusterView, PropertyDefinition, ViolationFacts } from '../sim/observe.ts';
import type { TraceLine } from '../sim/run.ts';
import { failurePage, isViolation } from './failure-page.ts';

/** Nobody may shrink the in-sync set of a partition: false, once a broker is cut off. */
const neverShrinks = (facts?: ViolationFacts): PropertyDefinition => ({
  properties: [{ id: 'NEVER-SHRINKS', title: 'no in-sync set ever shrinks' }],
  create(context) {
    context.on('isr-change-proposed', (event, at) => {
      if (event.kind === 'shrink') context.violated('NEVER-SHRINKS', `${at.node} drops a replica of ${event.partition}`, facts);
    });
    return {};
  },
});

const shrinking = {
  name: 'shrinking',
  about: 'a broker is cut off until it is out of sync',
  cluster: { brokers: 3, controllers: 1, properties: { 'replica.lag.time.max.ms': 2_000 } },
  topics: [{ name: 'orders', partitions: 1, replicationFactor: 3 }],
  clients: [{ name: 'writer', count: between(1, 1), run: writer, params: { topics: 'orders', perSecond: 10 } }],
  chaosMs: 20_000,
  faults: {
    kinds: [],
    atMost: 0,
    always: [
      { kind: 'pause', atMs: 1_000, target: { role: 'in-sync-follower', partition: 'orders-0' }, forMs: 8_000, params: {} },
    ],
  },
} satisfies Parameters<typeof scenario>[0];

async function pageOf(facts?: ViolationFacts): Promise<string> {
  const tried = scenario({ ...shrinking, checks: [neverShrinks(facts)] });
  const plan = planOf(tried, 1);
  const memory = new TraceMemory(plan);
  let violation = null as TraceLine | null;
  let page = '';
  await runScenario(tried, plan, {
    onTrace: (line) => {
      if (violation === null) memory.add(line);
    },
    until: (line) => {
      if (violation === null && isViolation(line)) violation = line;
      return violation !== null;
    },
    onStopped: (view: ClusterView) => {
      if (violation !== null && isViolation(violation)) page = failurePage(violation, memory, view, 'npx trial replay 1');
    },
  });
  return page;
}

test('the page of a violation has the judged event, what led to it, the replicas and the faults under way', async (t) => {
  t.timeout(60_000);
  const page = await pageOf();
  t.regex(page, /^VIOLATED NEVER-SHRINKS\nat \d+\.\d{6} s, in the phase chaos:\n {2}b\d drops a replica of orders-0/);
  t.regex(page, /The event that was judged:\n.* isr-change-proposed orders-0, kind shrink,/);
  t.regex(page, /\n +isr +\[\d \d \d\]\n/);
  t.regex(page, /The last 30 of \d+ lines about orders-0, and about faults:\n/);
  // The cluster is stopped in its chaos, so that the replicas are as they were when the property was violated.
  t.regex(
    page,
    /Replicas of orders-0:\n {2}node {2}role +epoch +log +high watermark +ISR +leader epochs +fetches from +last answer\n/,
  );
  t.regex(page, /\n {2}b\d {4}leader .*\d \d \d \(a change is pending\)/);
  t.is(page.match(/\n {2}b\d {4}follower /g)?.length, 2);
  t.regex(page, /Faults under way:\n {2}pause on b\d since \d+\.\d{6} s, for 8000 ms\n/);
  t.regex(page, /\n {2}npx trial replay 1 --partition orders-0\n/);
});

test('lines about other partitions are left out', async (t) => {
  t.timeout(60_000);
  const page = await pageOf();
  const lines = page.slice(page.indexOf('lines about orders-0'), page.indexOf('Replicas of orders-0'));
  t.notRegex(lines, /__cluster_metadata|__consumer_offsets/);
});

test('the page is about what the violation rests on, whatever its sentence mentions', async (t) => {
  t.timeout(60_000);
  t.regex(await pageOf({ nodeId: 2 }), /\nThe last \d+ of \d+ lines about b2, and about faults:\n/);
  t.regex(
    await pageOf({ nodeId: 2, partition: '__cluster_metadata-0' }),
    / lines about __cluster_metadata-0, and about faults:\n/,
  );
});
