/** What a page shows of a run is what the run did, and to watch it changes nothing. */
import test from 'ava';
import { createNodeHost } from '../../../campaign/host-node.ts';
import { planOf, runScenario } from '../../../campaign/run-scenario.ts';
import leaderFailover from '../../../scenarios/leader-failover.ts';
import type { CheckContext as RunContext } from '../../../sim/observe.ts';
import { Checkpoints } from '../worker/checkpoints.ts';
import { nodeState } from '../worker/node-state.ts';
import { logPage } from '../worker/log-page.ts';
import { StandingRun } from '../worker/standing-run.ts';
import { recordRun } from './record-run.ts';
import { NOBODY, type RunRecord } from './run-record.ts';

const base = planOf(leaderFailover, 3);
const plan = { ...base, chaosMs: 6_000, faults: base.faults.filter(({ atMs = 0 }) => atMs < 6_000) };
const subject = { scenario: leaderFailover, plan, driven: {} };

test.serial('a recorded run is the same run, and its replicas end as the nodes say that they do', async (t) => {
  const bare = await runScenario(leaderFailover, plan);
  const { record, lines, frames } = await recordRun(leaderFailover, plan, { host: createNodeHost(), driven: {} });
  t.is(record.traceHash, bare.traceHash);
  t.is(record.verdict, bare.verdict);
  t.is(record.lines.count, lines.length);
  t.is(record.frames.count, frames.frames.length);
  t.true(record.frames.count > 1_000);
  t.true(record.phases.some(({ phase }) => phase === 'verify'));
  const still = await new StandingRun(subject, createNodeHost()).to(record.endUs - 1);
  let compared = 0;
  for (const [name, { broker }] of still?.view.nodes ?? []) {
    const process = record.processes.findIndex((each) => each.name === name);
    for (const { partition, logEndOffset, logStartOffset, highWatermark, epochs } of broker?.replicas ?? []) {
      const track = record.partitions.find((each) => each.name === partition)?.replicas.find((each) => each.process === process);
      const row = (track?.us.length ?? 0) - 1;
      compared++;
      t.is(track?.end[row], logEndOffset, `${name} ${partition}`);
      t.is(track?.start[row], logStartOffset, `${name} ${partition}`);
      t.is(track?.highWatermark[row], highWatermark, `${name} ${partition}`);
      t.deepEqual(
        track?.epochLists[track.epochs[row] as number]?.map(({ epoch, startOffset }) => [epoch, startOffset]),
        epochs.map(({ epoch, startOffset }) => [epoch, startOffset]),
        `${name} ${partition}`,
      );
    }
  }
  t.true(compared > 10);
});

test.serial('every line is of a process or of nobody, and in the order of time', async (t) => {
  const { record } = await recordRun(leaderFailover, plan, { host: createNodeHost(), driven: {} });
  const { us, process, count } = record.lines;
  for (let index = 1; index < count; index++) t.true((us[index] as number) >= (us[index - 1] as number));
  t.true([...process].every((each) => each === NOBODY || each < record.processes.length));
  t.true(record.faults.every(({ fromUs, toUs }) => fromUs <= toUs && toUs <= record.endUs));
});

test.serial('forward and back, the cluster at a moment is the same', async (t) => {
  const { record } = await recordRun(leaderFailover, plan, { host: createNodeHost(), driven: {} });
  const checkpoints = new Checkpoints(subject, record.endUs, createNodeHost);
  const textAt = async (us: number): Promise<string> => {
    const still = await checkpoints.at(us);
    return still === null ? '' : JSON.stringify(nodeState(still, 'b1'));
  };
  const middle = Math.floor(record.endUs / 2);
  const first = await textAt(middle);
  t.true(first.length > 1_000);
  const later = await textAt(middle + 1_500_000);
  t.not(later, first);
  t.is(await textAt(middle), first);
  while (await checkpoints.refill()) continue;
  t.is(await textAt(middle + 1_500_000), later);
  t.is(await textAt(middle), first);
  const still = await checkpoints.at(record.endUs + 5_000_000);
  const partition = still?.view.nodes.get('b1')?.broker?.replicas.find(({ logEndOffset }) => logEndOffset > 0)?.partition ?? '';
  const page = still === null ? null : logPage(still, 'b1', partition, 0);
  t.true((page?.batches.length ?? 0) > 0);
  t.true((page?.batches[0]?.records.length ?? 0) > 0);
  t.true(((still === null ? null : logPage(still, 'c1', '__cluster_metadata-0', 0))?.batches.length ?? 0) > 10);
});

/** A host by whose clock every run takes long. */
function slowHost() {
  let ms = 0;
  return { ...createNodeHost(), nowMs: () => (ms += 1_000) };
}

test.serial('a run that takes long is shown as far as it has come, and once more when it violates something', async (t) => {
  const scenario = {
    ...leaderFailover,
    checks: [
      {
        properties: [{ id: 'NONE-LATE', title: 'nobody sends anything late' }],
        create: (context: RunContext) => {
          context.onHistory(({ type, timeUs }) => {
            if (type === 'ok' && timeUs > 4_000_000) context.violated('NONE-LATE', 'somebody did');
          });
          return {};
        },
      },
    ],
  };
  const soFar: RunRecord[] = [];
  const { record } = await recordRun(scenario, plan, {
    host: slowHost(),
    driven: {},
    onSoFar: (each) => soFar.push(each),
  });
  t.deepEqual(
    soFar.map(({ isWhole, violations }) => [isWhole, violations.length]),
    [
      [false, 0],
      [false, 1],
    ],
  );
  t.true(record.isWhole);
  t.true((soFar[0]?.lines.count ?? 0) > 0);
  t.true((soFar[1]?.lines.count ?? 0) < record.lines.count);
  t.deepEqual(soFar[1]?.story, record.story);
  t.is(soFar[1]?.violations[0]?.us, record.violations[0]?.us);
});
