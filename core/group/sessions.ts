/** The sessions of members: who is not heard of for as long as its session lasts is given up (KIP-62). */
import type { ClientEnvironment } from '../environment.ts';
import type { Group } from './group.ts';
import type { GroupShard } from './groups.ts';
import type { Member } from './member.ts';

/** As long as the thread that looks for what has expired may be behind. */
const LATE_MS = 100;

export class Sessions {
  readonly #env: ClientEnvironment;
  readonly #expired: (shard: GroupShard, group: Group, member: Member) => void;

  /** `expired` is called once for a member that is still in its group when its session ends. */
  constructor(env: ClientEnvironment, expired: (shard: GroupShard, group: Group, member: Member) => void) {
    this.#env = env;
    this.#expired = expired;
  }

  /** The session ends `sessionMs` of monotonic time from now, unless something is heard before. */
  extend(shard: GroupShard, group: Group, member: Member, sessionMs: number): void {
    const now = this.#env.clock.monotonicMs();
    member.lastHeartbeatMs = now;
    member.deadlineMs = now + sessionMs;
    // One timer a member: it is armed again when it fires early, so that a heartbeat costs no timer.
    if (member.timerServes(now)) return;
    member.sessionTimer?.cancel();
    member.armSession(this.#env.timers, sessionMs, now, () => this.#timerFired(shard, group, member));
  }

  #timerFired(shard: GroupShard, group: Group, member: Member): void {
    member.sessionTimer = null;
    if (shard.status !== 'active' || group.members.get(member.memberId) !== member) return;
    const now = this.#env.clock.monotonicMs();
    if (now < member.deadlineMs) {
      member.armSession(this.#env.timers, member.deadlineMs - now, now, () => this.#timerFired(shard, group, member));
      return;
    }
    if (this.#env.random.sometimes('group/late-session-end')) {
      member.armSession(this.#env.timers, LATE_MS, now, () => this.#timerFired(shard, group, member));
      return;
    }
    // Waiting for an answer of ours is being alive, and the session starts anew with the answer. A member that never saw a
    // generation may be gone with its connection without anybody noticing: its long first session counts.
    if (!member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null)) return;
    this.#expired(shard, group, member);
  }
}
