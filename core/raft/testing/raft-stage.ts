/**
 * Where transcripts of the quorum are performed: a RaftWorld in which nothing is left to chance. A message takes 1 ms, a sync none, and the
 * time-outs of node n are n * 100 ms longer than the shortest that there may be, unless an act says otherwise. What happens is
 * checked as in a random run.
 */
import { Offset } from '../../protocol/numbers.ts';
import { type Act, durationMs, Narrator, numbers, type Stage } from '../../testing/transcript.ts';
import { NotLeaderError, type RaftClient } from '../raft-client.ts';
import { narrateRaft } from './raft-narration.ts';
import { QuorumChecker } from './quorum-checker.ts';
import { type RaftNode, RaftWorld } from './raft-world.ts';

/** How long a transcript waits for what it says will be. */
const LIMIT_MS = 20_000;

export class RaftStage implements Stage {
  readonly #narrator = new Narrator();
  readonly #checker = new QuorumChecker();
  /** How much longer than the shortest a node's election time-outs are. */
  readonly #timeoutsMs = new Map<number, number>();
  #world: RaftWorld = this.#newWorld(3, 0);
  #beganAtMs = this.#world.nowMs;
  #tellsDisk = false;
  #isChecked = true;

  readonly acts: readonly Act[] = [
    [/^quorum of (\d+)(?: with (\d+) observers?)?$/, (voters, observers) => this.#begin(Number(voters), Number(observers))],
    [
      /^quorum of (\d+)(?: with (\d+) observers?)? led by 1$/,
      (voters, observers) => this.#beginLed(Number(voters), Number(observers)),
    ],
    [/^check nothing$/, () => void (this.#isChecked = false)],
    [/^tell of disks$/, () => void (this.#tellsDisk = true)],
    [/^time-outs of (\d+) are (\d+) ms longer$/, (id, ms) => void this.#timeoutsMs.set(Number(id), Number(ms))],
    [/^start all$/, () => this.#world.startAll()],
    [/^start ([\d ]+)$/, (ids) => this.#each(ids, (node) => this.#start(node))],
    [/^run (\d+) (ms|s)$/, (amount, unit) => this.#world.run(durationMs(amount as string, unit as string))],
    [/^run until somebody leads$/, () => this.#until(() => this.#world.activeLeader() !== null)],
    [/^run until (\d+) is (\w+)$/, (id, role) => this.#until(() => this.#node(id).client?.roleName === role)],
    [/^append ([^,]+)$/, (values) => this.#append(this.#leader(), values)],
    [/^append (.+), to (\d+)$/, (values, id) => this.#append(this.#node(id), values)],
    [/^crash ([\d ]+)$/, (ids) => this.#each(ids, (node) => this.#world.crash(node, false))],
    [/^power fails at ([\d ]+)$/, (ids) => this.#each(ids, (node) => this.#world.crash(node, true))],
    [/^lose the log of (\d+)$/, (id) => loseLog(this.#node(id))],
    [/^partition ([\d ]+) from ([\d ]+)$/, (some, others) => this.#cut(some, others, true)],
    [/^lose what ([\d ]+) sends? to ([\d ]+)$/, (from, to) => this.#cut(from, to, false)],
    [/^heal$/, () => this.#world.cut.clear()],
    [/^shut down (\d+)$/, (id) => this.#shutDown(this.#node(id))],
    [/^snapshot at (\d+)$/, (id) => snapshot(this.#node(id))],
    [/^show$/, () => this.#show()],
  ];

  takeLines(): string[] {
    const [violation] = this.#checker.violations;
    if (violation !== undefined && this.#isChecked) throw new Error(violation);
    return this.#narrator.take();
  }

  #begin(voters: number, observers: number): void {
    this.#world = this.#newWorld(voters, observers);
    this.#beganAtMs = this.#world.nowMs;
  }

  /** All voters have been started, and follow n1, whose time-outs are the shortest. How that came about is not told. */
  #beginLed(voters: number, observers: number): void {
    this.#begin(voters, observers);
    const started = this.#world.nodes.slice(0, voters);
    for (const node of started) this.#world.start(node);
    this.#until(() => started.every(({ client }) => client?.highWatermark === 1));
    this.#narrator.take();
  }

  #newWorld(voters: number, observers: number): RaftWorld {
    return new RaftWorld({
      seed: 1,
      voters,
      observers,
      maxDelayMs: 1,
      syncJitterUs: 0,
      draw: (node, bound, label) => Math.min(bound - 1, label === 'election timeout' ? this.#timeoutMs(node) : 0),
      onEvent: (node, event) => {
        this.#checker.observe(node, event);
        const told = narrateRaft(event, this.#tellsDisk);
        if (told !== null) this.#tell(node, told);
      },
      onApplied: (node, values) => this.#tell(node, `applies ${values.join(' ')}`),
      onHalt: (node, reason) => this.#tell(node, `halts: ${reason}`),
    });
  }

  #timeoutMs(node: number): number {
    return this.#timeoutsMs.get(node) ?? node * 100;
  }

  #tell(node: number, what: string): void {
    this.#narrator.tell(this.#world.nowMs - this.#beganAtMs, `n${node}`, what);
  }

  #node(id: string | undefined): RaftNode {
    return this.#world.node(Number(id));
  }

  #leader(): RaftNode {
    const leader = this.#world.activeLeader();
    if (leader === null) throw new Error('nobody leads');
    return leader;
  }

  #each(ids: string | undefined, act: (node: RaftNode) => void): void {
    for (const id of numbers(ids as string)) act(this.#world.node(id));
  }

  #until(condition: () => boolean): void {
    this.#world.runUntil(condition, LIMIT_MS);
  }

  #start(node: RaftNode): void {
    if (node.client !== null) throw new Error(`n${node.id} is up`);
    this.#world.start(node);
  }

  #append(node: RaftNode, values = ''): void {
    try {
      this.#world.append(node, ...values.split(' '));
    } catch (error) {
      if (!(error instanceof NotLeaderError)) throw error;
      this.#tell(node.id, `refuses to append ${values}: ${error.message}`);
    }
  }

  #cut(some = '', others = '', isBothWays: boolean): void {
    for (const one of numbers(some)) {
      for (const other of numbers(others)) {
        this.#world.cut.add(`${one}-${other}`);
        if (isBothWays) this.#world.cut.add(`${other}-${one}`);
      }
    }
  }

  #shutDown(node: RaftNode): void {
    node.client?.shutdown(() => {
      this.#tell(node.id, 'has shut down');
      this.#world.crash(node, false);
    });
  }

  /** A line for each node: its role, its log, what is committed, and what its state machine was given. */
  #show(): void {
    for (const { id, client, applied } of this.#world.nodes) {
      this.#narrator.add(`n${id}  ${client === null ? 'down' : `${stateOf(client)}, applied ${applied.join(' ') || 'nothing'}`}`);
    }
  }
}

function stateOf(client: RaftClient): string {
  const { epoch, leaderId } = client.leaderAndEpoch;
  const leader = leaderId >= 0 ? `n${leaderId}` : 'unknown';
  const log = `log ${client.logStartOffset}..${client.logEndOffset}`;
  return `${client.roleName}, epoch ${epoch}, leader ${leader}, ${log}, high watermark ${client.highWatermark}`;
}

function snapshot({ client, applied, batches }: RaftNode): void {
  const last = batches.at(-1);
  if (client === null || last === undefined) throw new Error('there is nothing to write a snapshot of');
  client.createSnapshot(
    Offset(last.lastOffset + 1),
    last.epoch,
    last.appendTimestamp,
    applied.map((value) => new TextEncoder().encode(value)),
  );
}

/** The log's segments are gone, the election state is not. */
function loseLog({ process }: RaftNode): void {
  const { disk } = process.machine;
  for (const path of disk.files('data/__cluster_metadata-0')) if (path.endsWith('.log')) disk.tree.remove(path);
}
