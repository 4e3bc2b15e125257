import test from 'ava';
import { UsageError } from '../errors.ts';
import { formatResetPlan, parseResetPlan } from './csv.ts';
import { groupLines } from './list.ts';
import { type GroupsOptions, groupsAction, resetOf, statesWanted } from './options.ts';
import { planTable } from './reset.ts';
import { parseScopes } from './scope.ts';
import { assignmentText, memberTable, offsetTable, stateTable } from './tables.ts';
import { parseDateTime, parseDuration } from './times.ts';

test('options that do not go together are refused', (t) => {
  const refused: [Omit<GroupsOptions, 'timeout'>, RegExp][] = [
    [{}, /exactly one of --list, --describe, --delete, --reset-offsets and --delete-offsets/],
    [{ describe: true }, /--describe needs --group or --all-groups/],
    [{ describe: true, group: ['g'], members: true, state: true }, /--members and --state exclude/],
    [{ describe: true, group: ['g'], state: 'Stable' }, /--state takes no value/],
    [{ list: true, group: ['g'] }, /--group goes with/],
    [{ resetOffsets: true, group: ['g'], allTopics: true }, /exactly one of --to-offset/],
    [{ resetOffsets: true, group: ['g'], toEarliest: true }, /needs --topic or --all-topics/],
    [{ resetOffsets: true, group: ['g'], toEarliest: true, shiftBy: -1, allTopics: true }, /only one of/],
    [{ resetOffsets: true, group: ['g'], toEarliest: true, allTopics: true, dryRun: true, execute: true }, /exclude/],
    [{ deleteOffsets: true, group: ['g'] }, /--delete-offsets needs --topic/],
    [{ describe: true, group: ['g'], toOffset: 0 }, /--to-offset goes with --reset-offsets/],
  ];
  for (const [options, message] of refused)
    t.throws(() => groupsAction({ ...options, timeout: 1 }), { instanceOf: UsageError, message });
  const reset = { resetOffsets: true, allGroups: true, topic: ['t'], shiftBy: 0, timeout: 1 };
  t.is(groupsAction(reset), 'resetOffsets');
  t.is(resetOf(reset), 'shiftBy');
  t.deepEqual(statesWanted('stable, EMPTY'), new Set(['Stable', 'Empty']));
  t.throws(() => statesWanted('happy'), { message: /--state happy must be one of/ });
});

test('scopes are topics, or partitions of topics', (t) => {
  t.deepEqual(parseScopes(['a', 'b:0,2']), [
    { topic: 'a', partitions: null },
    { topic: 'b', partitions: [0, 2] },
  ]);
  for (const bad of [':1', 'a:', 'a:x', 'a:1:2', 'a:1,', '']) t.throws(() => parseScopes([bad]), { instanceOf: UsageError }, bad);
});

test('times are UTC unless they say otherwise', (t) => {
  const time = Date.UTC(2026, 1, 3, 4, 5, 6, 789);
  t.is(parseDateTime('2026-02-03T04:05:06.789'), time);
  t.is(parseDateTime('2026-02-03T04:05:06.789Z'), time);
  t.is(parseDateTime('2026-02-03T06:05:06.789+02:00'), time);
  t.is(parseDateTime('2026-02-03T06:05:06.789+0200'), time);
  t.is(parseDateTime('2026-02-03T02:05:06.789-02'), time);
  for (const bad of ['2026-02-03', '2026-02-03T04:05:06', '2026-02-30T00:00:00.000', '2026-02-03T25:00:00.000', 'now'])
    t.throws(() => parseDateTime(bad), { instanceOf: UsageError }, bad);
});

test('durations', (t) => {
  t.is(parseDuration('P1DT2H3M4.5S'), ((26 * 60 + 3) * 60 + 4.5) * 1000);
  t.is(parseDuration('PT30M'), 1_800_000);
  t.is(parseDuration('-PT1S'), -1000);
  for (const bad of ['P', 'PT', 'P1DT', '1D', 'P1Y', 'PT1.5H'])
    t.throws(() => parseDuration(bad), { instanceOf: UsageError }, bad);
});

test('reset plans are written and read again, with and without the group', (t) => {
  const plan = new Map([
    ['g', [{ topic: 'orders', partition: 0, offset: 5 }]],
    ['h', [{ topic: 'bills', partition: 1, offset: 7 }]],
  ]);
  t.is(formatResetPlan(plan, true), 'g,orders,0,5\nh,bills,1,7\n');
  t.deepEqual(parseResetPlan(formatResetPlan(plan, true), null, 'f'), plan);
  t.deepEqual(parseResetPlan('"orders",0,5\r\n\n', 'g', 'f'), new Map([['g', [{ topic: 'orders', partition: 0, offset: 5 }]]]));
  t.throws(() => parseResetPlan('orders,0,5\norders,0', 'g', 'plan.csv'), {
    message: 'line 2 of plan.csv is "orders,0", but it must be topic,partition,offset',
  });
  t.throws(() => parseResetPlan('orders,0,5', null, 'f'), { message: /group,topic,partition,offset/ });
  t.is(
    planTable(plan),
    `
GROUP                          TOPIC                          PARTITION  NEW-OFFSET${' '.repeat(5)}
g                              orders                         0          5${' '.repeat(14)}
h                              bills                          1          7${' '.repeat(14)}
`,
  );
});

const member = {
  memberId: 'console-consumer-1',
  groupInstanceId: null,
  clientId: 'console-consumer',
  host: '/127.0.0.1',
  assignment: [
    { topic: 'orders', partition: 1 },
    { topic: 'orders', partition: 0 },
    { topic: 'bills', partition: 0 },
  ],
  targetAssignment: null,
  memberEpoch: null,
};
const group = {
  groupId: 'g',
  type: 'Classic' as const,
  state: 'Stable',
  partitionAssignor: 'range',
  members: [member],
  groupEpoch: null,
  targetAssignmentEpoch: null,
  coordinator: { nodeId: 1, host: 'b1', port: 9092 },
};

test('offsets and lag, in the columns of kafka-consumer-groups.sh', (t) => {
  const rows = [
    { group: 'g', topic: 'orders', partition: 0, leaderEpoch: 0, offset: 3, logEndOffset: 10, member },
    { group: 'g', topic: 'orders', partition: 1, leaderEpoch: null, offset: null, logEndOffset: 4, member: null },
  ];
  t.is(
    offsetTable(rows, false),
    `
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID        HOST            CLIENT-ID
g               orders          0          3               10              7               console-consumer-1 /127.0.0.1      console-consumer
g               orders          1          -               4               -               -                  -               -
`,
  );
  t.regex(offsetTable(rows, true), /PARTITION {2}LEADER-EPOCH {4}CURRENT-OFFSET/);
});

test('members and states, in the columns of kafka-consumer-groups.sh', (t) => {
  t.is(
    memberTable(group, false),
    `
GROUP           CONSUMER-ID        HOST            CLIENT-ID        #PARTITIONS${' '.repeat(5)}
g               console-consumer-1 /127.0.0.1      console-consumer 3${' '.repeat(15)}
`,
  );
  const verbose = memberTable({ ...group, members: [{ ...member, groupInstanceId: 'i1' }] }, true);
  t.regex(verbose, /GROUP-INSTANCE-ID/);
  t.regex(verbose, /bills:0;orders:0,1 {3}- {15}-/);
  t.is(assignmentText([]), '-');
  t.is(
    stateTable(group, false),
    `
GROUP           COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE                #MEMBERS
g               b1:9092  (1)              range                Stable               1
`,
  );
  t.regex(
    stateTable({ ...group, groupEpoch: 3, targetAssignmentEpoch: 2 }, true),
    /GROUP-EPOCH {5}TARGET-ASSIGNMENT-EPOCH {3}#MEMBERS/,
  );
});

test('groups are listed with types and states that brokers may not tell', (t) => {
  const groups = [
    { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
    { groupId: 'h', protocolType: '', groupState: '', groupType: '' },
  ];
  t.deepEqual(
    groupLines(groups, true, true).map((line) => line.split(/\s+/).filter((cell) => cell !== '')),
    [
      ['GROUP', 'TYPE', 'STATE'],
      ['g', 'Classic', 'Stable'],
      ['h', 'Unknown', 'Unknown'],
    ],
  );
});
