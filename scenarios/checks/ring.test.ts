import test from 'ava';
import type { FinalRead } from '../../sim/observe.ts';
import { brokenRing } from './ring.ts';

/** What was read of each partition, from `offset value` texts; offsets have gaps where the markers of transactions are. */
function reads(...partitions: readonly (readonly string[])[]): FinalRead[] {
  return partitions.map((values, partition) => ({
    topic: 'ring',
    partition,
    beginningOffset: 0,
    beginningOffsetAfter: 0,
    endOffset: values.length * 2,
    records: values.map((value, index) => ({ offset: index * 2, topicId: null, value, key: null })),
  }));
}

const token = (number: number): string => `station-1#1:${number} token ${number}`;

test('a ring is unbroken whose token was passed on from partition to partition, wherever it rests', (t) => {
  t.is(brokenRing('ring', reads([token(0), token(2)], [token(1)])), null);
  t.is(brokenRing('ring', reads([token(0), 'harness#0:probe-ring-0'], ['harness#0:probe-ring-1'])), null);
  t.is(brokenRing('ring', reads([], [])), null, 'it has not been put in');
});

test('what is lost, there twice, or in the wrong place breaks it', (t) => {
  t.regex(brokenRing('ring', reads([token(0), token(2)], [])) ?? '', /token 1 is missing, and the ring goes on to 2/);
  t.regex(
    brokenRing('ring', reads([token(0), token(2)], [token(1), token(1)])) ?? '',
    /token 1 is there twice, at ring-1@0 and at ring-1@2/,
  );
  t.regex(brokenRing('ring', reads([token(0), token(1)], [])) ?? '', /token 1 is at ring-0@2, not in partition 1/);
  t.regex(brokenRing('ring', reads([token(2), token(0)], [token(1)])) ?? '', /token 0 is at ring-0@2, behind token 2/);
  t.regex(brokenRing('ring', reads([], [token(1)])) ?? '', /token 0 is missing/);
});
