/**
 * Where transcripts of a group are performed: coordinators on b1, b2, ... over one partition of `__consumer_offsets`, and members, who
 * are named when they first join. A member does nothing by itself, but join with the id that it is given. A session takes 10 s, a rebalance
 * 30 s at most, the first one 3 s at least.
 */
import { encodeMessage } from '../../protocol/codec.ts';
import { ErrorCode, errorName } from '../../protocol/errors.ts';
import { type Act, durationMs, Narrator, type Stage } from '../../testing/transcript.ts';
import { assignedPartitions } from '../assignment.ts';
import { firstError, GroupBench } from './group-bench.ts';
import { narrateGroup } from './group-narration.ts';

interface Member {
  readonly name: string;
  readonly instance: string | null;
  id: string;
  generation: number;
  /** The last error that a heartbeat was answered with; 0: none. */
  heartbeatError: number;
}

/** How often members send heartbeats where an act says that they do. */
const HEARTBEAT_MS = 2_000;

export class GroupStage implements Stage {
  readonly #narrator = new Narrator(4);
  readonly #bench = new GroupBench();
  readonly #members = new Map<string, Member>();
  /** What ids are called: the member's name, and `name/2` for the second id that it got. */
  readonly #names = new Map<string, string>();
  #toldEvents = 0;
  /** Whose JoinGroup came last: an id that nobody knows is its. */
  #joining: Member | null = null;

  constructor() {
    this.#bench.pass(0);
    this.#toldEvents = this.#bench.world.trace.length;
  }

  readonly acts: readonly Act[] = [
    [/^stable group of (.+)$/, (shares) => this.#beginStable((shares as string).split(', '))],
    [/^run (\d+) (ms|s)$/, (amount, unit) => this.#run(durationMs(amount as string, unit as string), [])],
    [
      /^run (\d+) (ms|s) while ([\w ]+) heartbeats?$/,
      (amount, unit, names) => this.#run(durationMs(amount as string, unit as string), this.#all(names)),
    ],
    [/^(\w+) joins(?: as instance (\w+))?$/, (name, instance) => this.#join(this.#newOrKnown(name, instance))],
    [/^(\w+) syncs$/, (name) => this.#sync(this.#member(name), [])],
    [/^(\w+) assigns (.+)$/, (name, shares) => this.#sync(this.#member(name), (shares as string).split(', '))],
    [/^(\w+) heartbeats$/, (name) => this.#heartbeat(this.#member(name), true)],
    [/^(\w+) leaves$/, (name) => this.#leave(this.#member(name))],
    [/^(\w+) commits (\d+)$/, (name, offset) => this.#commit(this.#member(name), Number(offset))],
    [/^(\w+) fetches$/, (name) => this.#fetch(this.#member(name), false)],
    [/^(\w+) fetches what is stable$/, (name) => this.#fetch(this.#member(name), true)],
    [/^(\w+) starts again$/, (name) => this.#restart(this.#member(name))],
    [/^appends take their time$/, () => void (this.#bench.log.commitsAtOnce = false)],
    [/^appends are committed$/, () => this.#commitLog()],
    [/^appends are refused$/, () => void (this.#bench.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS)],
    [/^appends are taken$/, () => void (this.#bench.log.refusal = ErrorCode.NONE)],
    [/^(b\d) leads$/, (node) => this.#bench.fail(node as string, true)],
    [/^(b\d) leads, without what was not committed$/, (node) => this.#bench.fail(node as string, false)],
    [/^(b\d) leads, and nobody tells the one before$/, (node) => this.#bench.fail(node as string, true, false)],
    [/^ask (b\d)$/, (node) => void (this.#bench.node = node as string)],
    [/^show$/, () => this.#show()],
  ];

  takeLines(): string[] {
    this.#tellEvents();
    return this.#narrator.take();
  }

  #tellEvents(): void {
    const { trace } = this.#bench.world;
    for (const { atMs, node, event } of trace.slice(this.#toldEvents)) {
      if (event.type === 'group-member-joined' && this.#joining !== null) this.#nameId(this.#joining, event.member);
      const told = narrateGroup(event, (id) => this.#names.get(id) ?? id);
      if (told !== null) this.#narrator.tell(atMs, node, told);
    }
    this.#toldEvents = trace.length;
  }

  #tell({ name }: Member, what: string): void {
    this.#tellEvents();
    this.#narrator.tell(this.#bench.world.nowMs, name, what);
  }

  #member(name = ''): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw new Error(`${name} has not joined yet`);
    return member;
  }

  #newOrKnown(name = '', instance = ''): Member {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const member = { name, instance: instance === '' ? null : instance, id: '', generation: -1, heartbeatError: 0 };
    this.#members.set(name, member);
    return member;
  }

  /** All have joined, and the first has assigned: `anna t-0` and so on. How that came about is not told. */
  #beginStable(shares: readonly string[]): void {
    const members = shares.map((share) => this.#newOrKnown(share.split(' ')[0]));
    for (const member of members) this.#join(member);
    this.#bench.pass(6_000);
    for (const member of members.slice(1)) this.#sync(member, []);
    this.#sync(members[0] as Member, shares);
    this.takeLines();
  }

  #all(names = ''): Member[] {
    return names.split(' ').map((name) => this.#member(name));
  }

  #run(forMs: number, alive: readonly Member[]): void {
    let leftMs = forMs;
    for (; alive.length > 0 && leftMs >= HEARTBEAT_MS; leftMs -= HEARTBEAT_MS) {
      this.#bench.pass(HEARTBEAT_MS);
      for (const member of alive) this.#heartbeat(member, false);
    }
    this.#bench.pass(leftMs);
  }

  /** The process is another one: of the former it knows the name of its instance, if it has one. */
  #restart(member: Member): void {
    member.id = '';
    member.generation = -1;
  }

  #nameId({ name }: Member, id: string): void {
    if (id === '' || this.#names.has(id)) return;
    const ids = [...this.#names.values()].filter((known) => known.split('/')[0] === name).length;
    this.#names.set(id, ids === 0 ? name : `${name}/${ids + 1}`);
  }

  #join(member: Member): void {
    const { id, instance } = member;
    this.#joining = member;
    this.#bench.join(id, { groupInstanceId: instance }).whenAnswered((answer) => {
      const { errorCode = 0, memberId = '', generationId = -1, leader = '', members = [], skipAssignment = false } = answer;
      if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        member.id = memberId;
        this.#nameId(member, memberId);
        this.#tell(member, 'JoinGroup: MEMBER_ID_REQUIRED, and again with it');
        this.#join(member);
        return;
      }
      if (errorCode !== 0) {
        this.#tell(member, `JoinGroup: ${errorName(errorCode)}`);
        return;
      }
      this.#nameId(member, memberId);
      member.id = memberId;
      member.generation = generationId;
      const led = `leader ${this.#names.get(leader) ?? leader}`;
      const names = members.map((other) => this.#names.get(other.memberId ?? '') ?? other.memberId).join(' ');
      const content = `${names === '' ? '' : `, members ${names}`}${skipAssignment ? ', no assignment wanted' : ''}`;
      this.#tell(member, `JoinGroup: generation ${generationId}, ${led}${content}`);
    });
  }

  /** `shares`: `anna t-0 t-1` and the like. */
  #sync(member: Member, shares: readonly string[]): void {
    const assignments = shares.map((share) => {
      const [name = '', ...partitions] = share.split(' ');
      return { memberId: this.#members.get(name)?.id ?? name, assignment: assignmentOf(partitions) };
    });
    const request = {
      groupId: 'g',
      generationId: member.generation,
      memberId: member.id,
      groupInstanceId: member.instance,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments,
    };
    this.#bench.ask('SyncGroup', 5, request).whenAnswered(({ errorCode = 0, assignment = new Uint8Array(0) }) => {
      this.#tell(
        member,
        `SyncGroup: ${errorCode === 0 ? assignedPartitions(assignment).join(' ') || 'nothing' : errorName(errorCode)}`,
      );
    });
  }

  #heartbeat(member: Member, isTold: boolean): void {
    const error = this.#bench.heartbeat(member.id, member.generation, member.instance);
    if (isTold || error !== member.heartbeatError) this.#tell(member, `Heartbeat: ${errorName(error)}`);
    member.heartbeatError = error;
  }

  #leave(member: Member): void {
    this.#bench.leave({ memberId: member.id, groupInstanceId: member.instance }).whenAnswered((answer) => {
      this.#tell(member, `LeaveGroup: ${errorName(answer.members?.[0]?.errorCode ?? answer.errorCode ?? 0)}`);
    });
  }

  #commit({ id, generation, instance, name }: Member, offset: number): void {
    const member = this.#member(name);
    this.#bench
      .commit(offset, { id, generation, instance })
      .whenAnswered((answer) => this.#tell(member, `OffsetCommit of ${offset}: ${errorName(firstError(answer))}`));
  }

  #fetch(member: Member, isStable: boolean): void {
    this.#bench.fetch(0, isStable).whenAnswered(({ groups = [] }) => {
      const { errorCode = 0, topics = [] } = groups[0] ?? {};
      const offset = topics[0]?.partitions?.[0]?.committedOffset ?? -1;
      this.#tell(member, `OffsetFetch: ${errorCode === 0 ? `t-0 at ${offset}` : errorName(errorCode)}`);
    });
  }

  #commitLog(): void {
    this.#bench.log.commitsAtOnce = true;
    this.#bench.log.commit();
  }

  #show(): void {
    const { errorCode = 0, groupState = '', members = [] } = this.#bench.describe() ?? {};
    const names = members.map(({ memberId = '' }) => this.#names.get(memberId) ?? memberId).join(' ');
    const state = errorCode === 0 ? `${groupState}, members ${names || 'none'}` : errorName(errorCode);
    this.#narrator.add(`${this.#bench.node}  ${state}`);
  }
}

/** `t-0 t-1` in the consumer protocol. */
function assignmentOf(partitions: readonly string[]): Uint8Array {
  const numbers = partitions.map((partition) => Number(partition.replace('t-', '')));
  const body = encodeMessage('ConsumerProtocolAssignment', 0, {
    assignedPartitions: numbers.length === 0 ? [] : [{ topic: 't', partitions: numbers }],
    userData: null,
  });
  const bytes = new Uint8Array(body.length + 2);
  bytes.set(body, 2);
  return bytes;
}
