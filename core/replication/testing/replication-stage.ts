/**
 * Where transcripts of replication are performed: a TestCluster in which a message takes 1 ms and nothing is lost but what an act says.
 * b0, b1 and b2 have one partition, of which b0 is the first leader; min.insync.replicas is 2, replica.lag.time.max.ms is 300. The
 * controller tells everybody of a change after 2 ms. What happens is checked as in a random run.
 */
import { decodeRecords } from '../../protocol/records.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { type Act, durationMs, Narrator, numbers, type Stage } from '../../testing/transcript.ts';
import { BROKERS } from './brokers.ts';
import type { Log } from '../../log/log.ts';
import { batchesOf } from './broker-logs.ts';
import { narrateReplication } from './replication-narration.ts';
import { TestCluster } from './test-cluster.ts';

export class ReplicationStage implements Stage {
  readonly #narrator = new Narrator();
  readonly #cluster: TestCluster;
  #isBegun = false;

  constructor() {
    this.#cluster = new TestCluster(1, {
      isFaulty: false,
      onEvent: (broker, event) => {
        const told = narrateReplication(event);
        if (told !== null && this.#isBegun) this.#narrator.tell(this.#cluster.nowMs, `b${broker}`, told);
      },
    });
    this.#isBegun = true;
  }

  readonly acts: readonly Act[] = [
    [/^run (\d+) (ms|s)$/, (amount, unit) => this.#cluster.run(durationMs(amount as string, unit as string))],
    [/^produce ([^,]+), acks=(1|all)$/, (values, acks) => this.#produce(this.#cluster.committed.leader, values, acks)],
    [/^produce ([^,]+), acks=(1|all), to (\d)$/, (values, acks, to) => this.#produce(Number(to), values, acks)],
    [/^partition ([\d ]+) from ([\d ]+|the controller)$/, (some, others) => this.#cut(some, others)],
    [/^heal$/, () => this.#cluster.cut.clear()],
    [/^crash ([\d ]+)$/, (ids) => this.#each(ids, (id) => this.#cluster.crash(id, false))],
    [/^start ([\d ]+)$/, (ids) => this.#each(ids, (id) => this.#start(id))],
    [/^fence (\d)$/, (id) => this.#cluster.fence(Number(id))],
    [/^unfence (\d)$/, (id) => this.#cluster.unfence(Number(id))],
    [/^elect (\d)$/, (id) => this.#cluster.elect(Number(id))],
    [/^show$/, () => this.#show()],
  ];

  takeLines(): string[] {
    return this.#narrator.take();
  }

  #each(ids: string | undefined, act: (id: number) => void): void {
    for (const id of numbers(ids as string)) act(id);
  }

  #start(id: number): void {
    if (this.#cluster.partitionOf(id) !== undefined) throw new Error(`b${id} is up`);
    this.#cluster.restart(id);
  }

  #produce(to: number, values = '', acks = ''): void {
    for (const value of values.split(' ')) this.#cluster.append(to, value, acks === 'all' ? -1 : 1);
  }

  #cut(some = '', others = ''): void {
    for (const one of some.split(' ')) {
      for (const other of others === 'the controller' ? ['controller'] : others.split(' ')) {
        this.#cluster.cut.add(`${one}-${other}`).add(`${other}-${one}`);
      }
    }
  }

  /** What the controller has decided, and a line for each broker: its role and its log, as `epoch:value` of each record. */
  #show(): void {
    const { leader, leaderEpoch, isr, partitionEpoch } = this.#cluster.committed;
    const led = leader < 0 ? 'no leader' : `leader b${leader}`;
    this.#narrator.add(`controller: ${led}, epoch ${leaderEpoch}, ISR ${isr.join(' ')}, partition epoch ${partitionEpoch}`);
    for (const id of BROKERS) {
      const role = this.#cluster.partitionOf(id)?.role.kind ?? 'down';
      const log = this.#cluster.logOf(id);
      const records = log === undefined ? '' : contentOf(log).join(' ');
      this.#narrator.add(`b${id}  ${role}, high watermark ${log?.highWatermark ?? 0}, log ${records || 'empty'}`);
    }
  }
}

function contentOf(log: Log): string[] {
  return batchesOf(log).flatMap(({ header, bytes }) =>
    decodeRecords(bytes, 0, pureCompression).map(
      ({ value }) => `${header.leaderEpoch}:${new TextDecoder().decode(value ?? undefined)}`,
    ),
  );
}
