/**
 * RING: the ring of `token-ring` is unbroken. Who reads what is committed finds each number of the token once, from 0 to where it rests, in the
 * partition of that number, and in each partition in ascending order.
 */
import type { Checker, ClusterView, FinalRead, PropertyDefinition } from '../../sim/observe.ts';
import { exactlyOncePromised } from './promised.ts';
import { tokenOf } from '../workloads/token-ring.ts';
import { wholeTopic } from './whole-topic.ts';

interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** What is wrong with the ring that was read; null: it is unbroken. */
export function brokenRing(topic: string, reads: readonly FinalRead[]): string | null {
  const places = new Map<number, Place>();
  let last = -1;
  for (const { partition, records } of reads) {
    let before = -1;
    for (const { offset, value } of records) {
      const token = tokenOf(value);
      if (token === null) continue;
      const twice = places.get(token);
      const here = `${topic}-${partition}@${offset}`;
      if (twice !== undefined)
        return `token ${token} is there twice, at ${topic}-${twice.partition}@${twice.offset} and at ${here}`;
      if (token % reads.length !== partition) return `token ${token} is at ${here}, not in partition ${token % reads.length}`;
      if (token < before) return `token ${token} is at ${here}, behind token ${before}`;
      places.set(token, { partition, offset });
      before = token;
      last = Math.max(last, token);
    }
  }
  for (let token = 0; token <= last; token++)
    if (!places.has(token)) return `token ${token} is missing, and the ring goes on to ${last}`;
  return null;
}

/** Of a topic that `token-ring` has for its ring. */
export function unbrokenRing(topic: string): PropertyDefinition {
  return {
    properties: [{ id: 'RING', title: 'one token goes round: each of its numbers is there once, where it belongs' }],
    create: (context): Checker => {
      const isPromised = exactlyOncePromised('RING', topic, context);
      return {
        atEnd(view: ClusterView): void {
          const reads = wholeTopic('RING', topic, context, view);
          if (reads === null) return;
          context.evaluated(
            'RING',
            reads.flatMap(({ records }) => records).filter(({ value }) => tokenOf(value) !== null).length,
          );
          const broken = brokenRing(topic, reads);
          if (broken !== null && isPromised()) context.violated('RING', broken);
        },
      };
    },
  };
}
