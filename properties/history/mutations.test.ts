/** The checkers' self-test: clean histories are passed in silence, and each kind of damage is named. */
import test from 'ava';
import fc from 'fast-check';
import type { HistoryEvent } from '../../sim/history.ts';
import type { PropertyDefinition } from '../../sim/observe.ts';
import { Story } from '../testing/story.ts';
import type { Reads } from '../testing/story.ts';
import { commits } from './commits.ts';
import { committedOffsets } from './committed-offsets.ts';
import { completion } from './completion.ts';
import { delivery } from './delivery.ts';
import { endOffsets } from './end-offsets.ts';
import { ownership } from './ownership.ts';
import { pollOrder } from './poll-order.ts';
import { positions } from './positions.ts';
import { realtime } from './realtime.ts';
import { records } from './records.ts';
import { sendOrder } from './send-order.ts';

const DEFINITIONS: readonly PropertyDefinition[] = [
  records,
  pollOrder,
  sendOrder,
  realtime,
  positions,
  commits,
  committedOffsets,
  completion,
  endOffsets,
  ownership,
  delivery,
];

interface History {
  readonly events: readonly HistoryEvent[];
  readonly log: Reads;
}

type Act = 'send' | 'lost-send' | 'poll' | 'commit' | 'rebalance' | 'scan' | 'restart-scan';

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.constantFrom<Act>('send', 'send', 'send', 'lost-send', 'poll', 'poll', 'commit', 'rebalance', 'scan', 'restart-scan'),
  { minLength: 5, maxLength: 60 },
);

/** What a correct cluster would give two producers, a group with one member, and a consumer without group. */
function cleanHistory(script: readonly Act[]): History {
  const story = new Story([]);
  const writers = [story.producer(), story.producer()];
  const log: [number, string][] = [];
  const member = story.member();
  let generation = 1;
  let position = 0;
  let committed = 0;
  let isFresh = true;
  let scanner = story.consumer();
  let scannedTo = 0;
  const poll = (most: number) => {
    const reads = log.slice(position, position + most);
    position += reads.length;
    isFresh = false;
    story.polled(member, reads, position).processed(member, reads);
  };
  const scan = (most: number) => {
    const reads = log.slice(scannedTo, scannedTo + most);
    scannedTo += reads.length;
    story.polled(scanner, reads, scannedTo);
  };
  const begin = () => {
    story.assigned(member, generation);
    position = committed;
    isFresh = true;
  };
  begin();
  story.assign(scanner);
  for (const [i, act] of [...script, 'send' as const, 'send' as const, 'send' as const].entries()) {
    const value = `v${i}`;
    const writer = writers[i % 2] ?? story.producer();
    switch (act) {
      case 'send':
        story.sent(writer, value, log.length);
        log.push([log.length, value]);
        break;
      case 'lost-send':
        // Its fate was not told; it is in the log in half of the cases.
        story.unsent(writer, value, 'info');
        if (i % 2 === 0) log.push([log.length, value]);
        break;
      case 'poll':
        poll(2);
        break;
      case 'commit':
        if (isFresh) break;
        committed = position;
        story.commit(member, position);
        break;
      case 'rebalance':
        story.revoked(member, generation++);
        begin();
        break;
      case 'scan':
        scan(3);
        break;
      case 'restart-scan':
        story.ended(scanner);
        scanner = story.consumer();
        story.assign(scanner);
        scannedTo = 0;
        break;
    }
  }
  poll(1_000);
  scan(1_000);
  return { events: story.events, log };
}

function judge({ events, log }: History): string[] {
  const story = new Story(DEFINITIONS).partition();
  for (const event of events) story.retell(event);
  const member = events.find((event) => event.session.properties['group.id'] !== undefined)?.session;
  const consumers =
    member === undefined ? [] : [{ session: member.id, client: member.client, group: 'readers', topics: ['orders'] }];
  return story.end(log, 0, { consumers });
}

/** Damages each clean history in one way and expects one of the named properties to say so. */
function finds(damage: (history: History, pick: (below: number) => number) => History | null, expected: readonly string[]): void {
  fc.assert(
    fc.property(acts, fc.nat(), (script, salt) => {
      const damaged = damage(cleanHistory(script), (below) => (below === 0 ? 0 : salt % below));
      if (damaged === null) return;
      const violated = judge(damaged);
      if (!expected.every((property) => violated.includes(property)))
        throw new Error(`expected ${expected.join(', ')}, but only [${violated.join(', ')}] was reported`);
    }),
    { numRuns: 150, seed: 7 },
  );
}

const isSendOk = (event: HistoryEvent) => event.type === 'ok' && event.result.f === 'send';

/** Applies a change to one of the events that satisfy a condition. */
function changeOne(
  history: History,
  pick: (below: number) => number,
  condition: (event: HistoryEvent) => boolean,
  change: (event: HistoryEvent) => HistoryEvent | null,
): History | null {
  const places = history.events.flatMap((event, at) => (condition(event) ? [at] : []));
  const at = places[pick(places.length)];
  if (at === undefined) return null;
  return { ...history, events: history.events.flatMap((event, i) => (i === at ? (change(event) ?? []) : event)) };
}

function offsetOf(event: HistoryEvent): number {
  return event.type === 'ok' && event.result.f === 'send' ? event.result.offset : -1;
}

test('clean histories are passed in silence', (t) => {
  fc.assert(
    fc.property(acts, (script) => {
      const violated = judge(cleanHistory(script));
      if (violated.length > 0) throw new Error(`reported ${violated.join(', ')}`);
    }),
    { numRuns: 300, seed: 7 },
  );
  t.pass();
});

test('a lost acknowledged record is found: at the tail by J4', (t) => {
  finds(
    (history) => {
      const lost = history.log.at(-1)?.[1];
      const events = history.events.map((event) =>
        event.type === 'ok' && event.result.f === 'poll'
          ? {
              ...event,
              result: { ...event.result, records: event.result.records.filter(({ value }) => value !== lost), positions: [] },
            }
          : event,
      );
      return { events: events as HistoryEvent[], log: history.log.slice(0, -1) };
    },
    ['J4', 'N10'],
  );
  t.pass();
});

test('swapped offsets of acknowledgements are found by J1, J16 and J17', (t) => {
  finds(
    (history) => {
      const acknowledged = history.events.filter(isSendOk);
      const [first, second] = [acknowledged.at(-3), acknowledged.at(-1)];
      if (first === undefined || second === undefined || first.session !== second.session) return null;
      const withOffset = (event: HistoryEvent, offset: number): HistoryEvent =>
        event.type === 'ok' && event.result.f === 'send' ? { ...event, result: { ...event.result, offset } } : event;
      const events = history.events.map((event) =>
        event === first ? withOffset(event, offsetOf(second)) : event === second ? withOffset(event, offsetOf(first)) : event,
      );
      return { ...history, events };
    },
    ['J1', 'J16', 'J17'],
  );
  t.pass();
});

test('a duplicate in the log is found by J2', (t) => {
  finds(
    (history, pick) => {
      const value = history.log[pick(history.log.length)]?.[1] as string;
      return { ...history, log: [...history.log, [history.log.length, value]] };
    },
    ['J2'],
  );
  t.pass();
});

test('a record that a poll left out is found by N2', (t) => {
  finds(
    (history) => {
      const last = history.events.findLast(
        (event) => event.type === 'ok' && event.result.f === 'poll' && event.session.properties['group.id'] !== undefined,
      );
      if (last?.type !== 'ok' || last.result.f !== 'poll' || last.result.records.length < 2) return null;
      const [first, , ...rest] = last.result.records;
      if (first === undefined) return null;
      const damaged: HistoryEvent = { ...last, result: { ...last.result, records: [first, ...rest] } };
      return { ...history, events: history.events.map((event) => (event === last ? damaged : event)) };
    },
    ['N2'],
  );
  t.pass();
});

test('records that a group is never given are found by N11', (t) => {
  finds(
    (history) => {
      const skipped = history.log.at(-1)?.[1];
      const events = history.events.map((event) =>
        event.type === 'ok' && event.result.f === 'poll' && event.session.properties['group.id'] !== undefined
          ? { ...event, result: { ...event.result, records: event.result.records.filter(({ value }) => value !== skipped) } }
          : event,
      );
      return { ...history, events };
    },
    ['N2', 'N11'],
  );
  t.pass();
});

test('a success that was no success is found: a send said to have failed for certain is J5', (t) => {
  finds(
    (history, pick) =>
      changeOne(history, pick, isSendOk, (event) =>
        event.type === 'ok' ? { ...event, type: 'fail', error: 'NOT_ENOUGH_REPLICAS' } : event,
      ),
    ['J5'],
  );
  t.pass();
});

test('a commit ahead of the application is found by N3', (t) => {
  finds(
    (history) => {
      const at = history.events.findLastIndex((event) => event.type === 'processed');
      const event = history.events[at];
      if (event?.type !== 'processed' || event.records.length === 0) return null;
      const offsets = event.records.slice(-1).map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1 }));
      const commit = { f: 'commit', mode: 'sync', offsets } as const;
      const early: HistoryEvent = {
        step: event.step,
        timeUs: event.timeUs,
        session: event.session,
        type: 'invoke',
        op: 9_999,
        call: commit,
      };
      return { ...history, events: [...history.events.slice(0, at), early, ...history.events.slice(at)] };
    },
    ['N3'],
  );
  t.pass();
});
