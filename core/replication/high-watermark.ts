/** Moves a partition's high watermark: the leader decides what is committed, a follower takes what the leader says. */
import { lesser } from '../../ports/brand.ts';
import { invariant } from '../../ports/invariant.ts';
import type { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import type { FollowerState } from './follower-state.ts';
import { maximalIsr } from './isr-state.ts';
import type { PartitionContext, PartitionState } from './partition-state.ts';
import type { FollowerRole, LeaderRole } from './partition-role.ts';

export class HighWatermark {
  readonly #context: PartitionContext;
  readonly #state: PartitionState;

  constructor(context: PartitionContext, state: PartitionState) {
    this.#context = context;
    this.#state = state;
  }

  /** To what every replica has that may be in the ISR. Returns whether it moved; waking is the caller's. */
  maybeAdvance(leader: LeaderRole): boolean {
    const { log, key } = this.#state;
    // KIP-966: nothing is committed while the ISR is under its minimum.
    if (leader.isr.isr.length < this.#state.effectiveMinIsr) return false;
    const nowMs = this.#context.env.clock.monotonicMs();
    // The leader's own copy counts as far as it is visible: with flush.messages due, only what has been synced.
    const leaderEndOffset = log.visibleEndOffset;
    const members = maximalIsr(leader.isr);
    let candidate = leaderEndOffset;
    for (const follower of leader.followers.values()) {
      if (follower.logEndOffset >= candidate) continue;
      const counts = members.includes(follower.brokerId) || this.#isAboutToJoin(follower, leaderEndOffset, nowMs);
      if (counts) candidate = follower.logEndOffset;
    }
    const from = log.highWatermark;
    if (candidate <= from) return false;
    const stableFrom = log.lastStableOffset;
    const to = log.updateHighWatermark(candidate);
    invariant(to === candidate, () => `${key}: committed up to ${candidate}, and the log takes ${to} for its high watermark`);
    this.#context.env.tracer.emit({
      type: 'high-watermark-advanced',
      partition: key,
      role: 'leader',
      leaderEpoch: leader.leaderEpoch,
      from,
      to,
      isr: leader.isr.isr,
      maximalIsr: members,
    });
    this.#traceStable(stableFrom, from, leader.leaderEpoch);
    return true;
  }

  /** A follower that keeps up but is not in the ISR is waited for; else, with a leader alone in the ISR, it could never reach the high watermark. */
  #isAboutToJoin(follower: FollowerState, leaderEndOffset: Offset, nowMs: number): boolean {
    return (
      follower.isCaughtUp(leaderEndOffset, nowMs, this.#context.replicaLagMaxMs) &&
      follower.mayJoinIsr(this.#context.cluster().brokers.get(follower.brokerId))
    );
  }

  /** To what the leader has told, as far as this follower's log goes. */
  follow(role: FollowerRole, leaderHighWatermark: Offset): void {
    const { log, key } = this.#state;
    const from = log.highWatermark;
    const bounded = lesser(leaderHighWatermark, log.logEndOffset);
    // A new leader's high watermark may still lag behind what an earlier one has shown; what is committed stays so.
    if (bounded <= from) return;
    const stableFrom = log.lastStableOffset;
    const to = log.updateHighWatermark(bounded);
    if (to === from) return;
    this.#context.env.tracer.emit({
      type: 'high-watermark-advanced',
      partition: key,
      role: 'follower',
      leaderEpoch: role.leaderEpoch,
      from,
      to,
      isr: [],
      maximalIsr: [],
    });
    this.#traceStable(stableFrom, from, role.leaderEpoch);
    this.#context.wake(key);
  }

  /** The last stable offset has moved as well. Not told while it is the high watermark, which has been told. */
  #traceStable(from: Offset, highWatermarkBefore: Offset, leaderEpoch: LeaderEpoch): void {
    const { log, key } = this.#state;
    const { highWatermark, lastStableOffset: to } = log;
    const isHeldBack = from < highWatermarkBefore || to < highWatermark;
    if (to <= from || !isHeldBack) return;
    this.#context.env.tracer.emit({ type: 'last-stable-offset-advanced', partition: key, from, to, highWatermark, leaderEpoch });
  }

  /** The log was cut; before that the high watermark was `from`. */
  afterTruncation(from: Offset): void {
    const { log, key } = this.#state;
    const to = log.highWatermark;
    if (to !== from)
      this.#context.env.tracer.emit({ type: 'high-watermark-set', partition: key, from, to, reason: 'truncation' });
  }
}
