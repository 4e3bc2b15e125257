/** One random schedule of a quorum: appends, drops, delays, cuts, crashes, power losses; then peace, and all must agree. */
import { Offset } from '../../protocol/numbers.ts';
import { QuorumChecker } from './quorum-checker.ts';
import { type RaftNode, RaftWorld } from './raft-world.ts';

export interface Schedule {
  readonly seed: number;
  readonly voters: 3 | 5;
  readonly steps: readonly Step[];
  readonly dropPercent: number;
  readonly maxDelayMs: number;
}

export type Step =
  | { readonly kind: 'append'; readonly count: number }
  | { readonly kind: 'run'; readonly ms: number }
  | { readonly kind: 'crash'; readonly node: number; readonly losesPower: boolean; readonly downMs: number }
  | { readonly kind: 'cut'; readonly from: number; readonly to: number }
  | { readonly kind: 'isolate'; readonly node: number }
  | { readonly kind: 'heal' }
  | { readonly kind: 'resign' }
  | { readonly kind: 'snapshot'; readonly node: number };

/** What went wrong, if anything. */
export function randomRun(schedule: Schedule): { violations: string[]; checker: QuorumChecker; world: RaftWorld } {
  const checker = new QuorumChecker();
  const world = new RaftWorld({
    seed: schedule.seed,
    voters: schedule.voters,
    observers: 1,
    dropPercent: schedule.dropPercent,
    maxDelayMs: schedule.maxDelayMs,
    syncJitterUs: 3000,
    onEvent: (node, event) => checker.observe(node, event),
  });
  world.startAll();
  let value = 0;
  const restart = (node: RaftNode): void => {
    if (node.client === null) world.start(node);
  };
  for (const step of schedule.steps) {
    switch (step.kind) {
      case 'append': {
        const leader = world.activeLeader();
        for (let i = 0; leader !== null && i < step.count; i++) world.append(leader, `v${value++}`);
        break;
      }
      case 'run':
        world.run(step.ms);
        break;
      case 'crash': {
        const node = world.node((step.node % world.nodes.length) + 1);
        world.crash(node, step.losesPower);
        world.after(step.downMs, () => restart(node));
        break;
      }
      case 'cut':
        world.cut.add(`${(step.from % schedule.voters) + 1}-${(step.to % schedule.voters) + 1}`);
        break;
      case 'isolate':
        for (const other of world.nodes) {
          world.cut.add(`${(step.node % schedule.voters) + 1}-${other.id}`);
          world.cut.add(`${other.id}-${(step.node % schedule.voters) + 1}`);
        }
        break;
      case 'heal':
        world.cut.clear();
        break;
      case 'resign': {
        const client = world.leader()?.client;
        client?.resign(client.leaderAndEpoch.epoch);
        break;
      }
      case 'snapshot':
        snapshot(world.node((step.node % world.nodes.length) + 1));
        break;
    }
    if (checker.violations.length > 0) break;
  }
  world.cut.clear();
  world.dropPercent = 0;
  for (const node of world.nodes) restart(node);
  const { violations } = checker;
  if (violations.length === 0) {
    const isSettled = (): boolean => {
      const leader = world.activeLeader();
      return leader !== null && world.nodes.every((node) => node.client?.highWatermark === leader.client?.logEndOffset);
    };
    world.run(8000);
    if (!world.reaches(isSettled, 60_000)) {
      const roles = world.nodes.map((node) => `${node.id}:${node.client?.roleName}@${node.client?.highWatermark}/${node.halted}`);
      violations.push(`L1: no agreement: ${roles.join(' ')}`);
    }
    const first = JSON.stringify(world.nodes[0]?.applied);
    for (const node of world.nodes) {
      if (JSON.stringify(node.applied) !== first)
        violations.push(`K5: state of ${node.id} differs: ${node.applied.join()} / ${first}`);
      if (node.halted !== null) violations.push(`halted: ${node.halted}`);
    }
  }
  return { violations, checker, world };
}

function snapshot(node: RaftNode): void {
  const { client } = node;
  const last = node.batches[node.batches.length - 1];
  if (client === null || last === undefined) return;
  const records = node.applied.map((text) => new TextEncoder().encode(text));
  client.createSnapshot(Offset(last.lastOffset + 1), last.epoch, last.appendTimestamp, records);
}
