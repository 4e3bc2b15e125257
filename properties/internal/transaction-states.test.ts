import test from 'ava';
import { FakeContext } from '../testing/fake-context.ts';
import { PRODUCER, ScriptedCoordinator } from '../testing/coordinator.ts';
import { metadataApplied, registered } from '../testing/registration.ts';
import { transactionStates } from './transaction-states.ts';

const PARTITIONS = ['orders-0', 'orders-1'];

function scripted(version = 2): { readonly context: FakeContext; readonly coordinator: ScriptedCoordinator } {
  const context = new FakeContext();
  context.check(transactionStates);
  return { context, coordinator: new ScriptedCoordinator(context, version).inits() };
}

test('T3, T4, T10, T14: whole transactions by both versions, and over a change of coordinators, break nothing', (t) => {
  for (const version of [1, 2]) {
    const { context, coordinator } = scripted(version);
    for (const commit of [true, false]) {
      coordinator
        .adds(...PARTITIONS)
        .decides(commit)
        .answers('EndTxn', { commit })
        .movesTo(commit ? 2 : 3);
      coordinator.sendsMarkers(commit).hasMarkers(commit).completes(commit);
    }
    coordinator.inits();
    t.deepEqual(context.violations, []);
    for (const id of ['T3', 'T4', 'T14']) t.true((context.evaluations[id] ?? 0) > 0, id);
    t.is(context.evaluations['T10'] ?? 0, version === 2 ? 2 : 0);
  }
});

test('T3: a marker before the decision is committed is reported, and one to a partition that is not in the transaction', (t) => {
  const early = scripted();
  early.coordinator
    .adds(...PARTITIONS)
    .begins('PrepareCommit', 'end-transaction', { producerEpoch: 1 })
    .sendsMarkers(true);
  t.deepEqual(early.context.violatedProperties, ['T3']);

  const strange = scripted();
  strange.coordinator
    .adds(...PARTITIONS)
    .decides(true)
    .sendsMarkers(true, ['orders-2']);
  t.deepEqual(strange.context.violatedProperties, ['T3']);

  const other = scripted();
  other.coordinator
    .adds(...PARTITIONS)
    .decides(true)
    .sendsMarkers(false);
  t.deepEqual(other.context.violatedProperties, ['T3']);
});

test('T4: what a coordinator tells that was deposed is old news, also of an id that its successor let expire', (t) => {
  const late = { from: 'PrepareCommit', to: 'CompleteCommit', partitions: [] } as const;
  const run = (leaderEpoch: number): string[] => {
    const { context, coordinator } = scripted();
    coordinator
      .adds('orders-0')
      .decides(true)
      .movesTo(2)
      .hasMarkers(true)
      .completes(true)
      .goes('Dead', 'expired', { partitions: [] })
      .commits('CompleteCommit', 'markers-written', { ...late, leaderEpoch });
    return context.violatedProperties;
  };
  t.deepEqual(run(0), []);
  t.deepEqual(run(1), ['T4']);
});

test('T4: what a coordinator loads that was deposed meanwhile is the state of former times', (t) => {
  const run = (leaderEpoch: number): string[] => {
    const { context, coordinator } = scripted();
    const before = coordinator.adds('orders-0').id;
    coordinator.movesTo(2).decides(true);
    context.emit(3, { type: 'transaction-coordinator-loaded', statePartition: 0, leaderEpoch, transactions: [before] });
    return context.violatedProperties;
  };
  t.deepEqual(run(0), []);
  t.deepEqual(run(2), ['T4']);
});

test('T4: an id of which no record was ever committed expires, too, if it never had an epoch', (t) => {
  const run = (producerEpoch: number): string[] => {
    const context = new FakeContext();
    context.check(transactionStates);
    new ScriptedCoordinator(context).goes('Dead', 'expired', { producerEpoch });
    return context.violatedProperties;
  };
  t.deepEqual(run(-1), []);
  t.deepEqual(run(0), ['T4']);
});

test('T3: a coordinator that was deposed may still send the markers of what it had decided', (t) => {
  const { context, coordinator } = scripted(1);
  coordinator
    .adds(...PARTITIONS)
    .decides(true)
    .movesTo(2)
    .hasMarkers(true)
    .completes(true)
    .adds('orders-2')
    .decides(true);
  t.deepEqual(context.violatedProperties, []);
  coordinator.sendsMarkers(true, PARTITIONS, 0);
  t.deepEqual(context.violatedProperties, [], 'of a transaction before, in the same epoch');
  coordinator.sendsMarkers(true, PARTITIONS, 1);
  t.deepEqual(context.violatedProperties, ['T3']);

  const expired = scripted();
  expired.coordinator.adds('orders-0').decides(true).movesTo(2).hasMarkers(true).completes(true);
  expired.coordinator.goes('Dead', 'expired', { partitions: [] }).sendsMarkers(true, ['orders-0'], 0);
  t.deepEqual(expired.context.violatedProperties, [], 'of an id that has expired since');
});

test('T3: a transaction is not complete while a partition has no marker, unless that is gone', (t) => {
  const lacking = scripted();
  lacking.coordinator
    .adds(...PARTITIONS)
    .decides(true)
    .sendsMarkers(true)
    .hasMarkers(true, ['orders-0'])
    .completes(true);
  t.deepEqual(lacking.context.violatedProperties, ['T3']);

  const gone = scripted();
  gone.context.emit(1001, metadataApplied(1, { partitions: [registered('orders', 1, { topicId: 'A' })] }));
  const removedPartitions = [{ partition: 'orders-1', topic: 'orders', topicId: 'A' }];
  gone.context.emit(1001, metadataApplied(2, { removedPartitions }));
  gone.coordinator
    .adds(...PARTITIONS)
    .decides(true)
    .sendsMarkers(true)
    .hasMarkers(true, ['orders-0'])
    .completes(true);
  t.deepEqual(gone.context.violatedProperties, []);
});

test('T3: an end that was answered is one that was committed; a repeated request may be answered again', (t) => {
  const { context, coordinator } = scripted();
  coordinator.adds('orders-0').decides(true).answers('EndTxn', { commit: true, producerEpoch: 0 });
  coordinator.answers('EndTxn', { commit: true, producerEpoch: 0 });
  t.deepEqual(context.violatedProperties, []);
  coordinator.answers('EndTxn', { commit: false, producerEpoch: 0 });
  t.deepEqual(context.violatedProperties, ['T3']);
});

test('T4: a coordinator loads what was committed or had begun, and nothing else', (t) => {
  const ongoing = () => {
    const made = scripted();
    made.coordinator.adds(...PARTITIONS);
    return made;
  };
  const begun = ongoing();
  begun.coordinator.begins('PrepareCommit', 'end-transaction', { producerEpoch: 1 });
  begun.coordinator.movesTo(2, [{ ...begun.coordinator.id, state: 'PrepareCommit', producerEpoch: 1 }]);
  t.deepEqual(begun.context.violatedProperties, []);

  const right = ongoing();
  right.coordinator.begins('PrepareCommit', 'end-transaction', { producerEpoch: 1 }).movesTo(2);
  t.deepEqual(right.context.violatedProperties, []);

  for (const wrong of [
    { state: 'Empty' as const, partitions: [] },
    { partitions: ['orders-0'] },
    { producerEpoch: 9 },
    { producerId: 8 },
  ]) {
    const made = ongoing();
    made.coordinator.movesTo(2, [{ ...made.coordinator.id, ...wrong }]);
    t.deepEqual(made.context.violatedProperties, ['T4'], JSON.stringify(wrong));
  }
  const lost = ongoing();
  lost.coordinator.movesTo(2, []);
  t.deepEqual(lost.context.violatedProperties, ['T4']);
});

test('T4: what a deposed leader had begun may come to be when it is elected again before another one has written', (t) => {
  const { context, coordinator } = scripted();
  coordinator.adds('orders-0').begins('PrepareAbort', 'end-transaction', { producerEpoch: 1 });
  coordinator.movesTo(2).movesTo(1, [{ ...coordinator.id, state: 'PrepareAbort', producerEpoch: 1 }]);
  const markers = { transactionalId: 't', producerId: PRODUCER, producerEpoch: 1, commit: false, brokerId: 1 } as const;
  context.emit(1, { type: 'transaction-markers-sent', ...markers, coordinatorEpoch: 2, partitions: ['orders-0'] });
  t.deepEqual(context.violatedProperties, []);
});

test('T4: what a deposed leader had begun does not come to be behind what its successor has written', (t) => {
  const run = (isWrittenBehind: boolean): string[] => {
    const { context, coordinator } = scripted();
    coordinator.adds(...PARTITIONS).begins('PrepareCommit', 'end-transaction', { producerEpoch: 1 });
    const prepared = { ...coordinator.id, state: 'PrepareCommit', producerEpoch: 1 } as const;
    const other = { ...coordinator.id, transactionalId: 'other', state: 'Empty', producerId: 8, partitions: [] } as const;
    coordinator.movesTo(2);
    if (isWrittenBehind) coordinator.goes('Empty', 'init-producer-id', { ...other, from: 'Empty' });
    coordinator.movesTo(1, isWrittenBehind ? [prepared, other] : [prepared]);
    return context.violatedProperties;
  };
  t.deepEqual(run(false), []);
  t.deepEqual(run(true), ['T4']);
});

test('T4: nothing is answered by who has not loaded, or has it no more', (t) => {
  const answered = (type: 'transaction-coordinator-loading' | 'transaction-coordinator-unloaded' | null): string[] => {
    const { context, coordinator } = scripted();
    const of = { statePartition: 0, leaderEpoch: 0 };
    if (type === 'transaction-coordinator-loading') context.emit(1, { ...of, type, endOffset: 1 });
    else if (type !== null) context.emit(1, { ...of, type });
    coordinator.answers('AddPartitionsToTxn', { error: 14 }).answers('AddPartitionsToTxn');
    t.is(context.evaluations['T4'], 1);
    return context.violatedProperties;
  };
  t.deepEqual(answered(null), []);
  t.deepEqual(answered('transaction-coordinator-loading'), ['T4']);
  t.deepEqual(answered('transaction-coordinator-unloaded'), ['T4']);
});

test('T3: a record that is not below a high watermark decides nothing', (t) => {
  const written = (highWatermark: number): string[] => {
    const { context, coordinator } = scripted();
    const log = { partition: '__transaction_state-0', topicId: 'transaction-state' } as const;
    const batch = { baseOffset: 0, lastOffset: 1, leaderEpoch: 0, crc: 1 };
    const empty = { logStartOffset: 0, logEndOffset: 2, recoveryPoint: 0, clean: false, epochs: [] };
    context.emit(1, { type: 'log-loaded', ...log, ...empty, batches: [batch] });
    const advanced = { role: 'leader', leaderEpoch: 0, from: 0, to: highWatermark, isr: [1], maximalIsr: [1] } as const;
    context.emit(1, { type: 'high-watermark-advanced', partition: log.partition, ...advanced });
    coordinator.adds('orders-0');
    return context.violatedProperties;
  };
  t.deepEqual(written(2), []);
  t.deepEqual(written(1), ['T3']);
});

test('T4: where the state partition has lost records nothing is promised of what is loaded', (t) => {
  const { context, coordinator } = scripted();
  coordinator.adds('orders-0');
  for (const broker of [1, 2, 3]) context.world(broker, { type: 'power-lost' });
  coordinator.movesTo(2, []);
  t.deepEqual(context.violatedProperties, []);
  t.regex(context.excuses['T4'] ?? '', /__transaction_state-0 is left out/);
});

test('T4: steps that are none, and epochs that go back, are reported', (t) => {
  const skips = scripted();
  skips.coordinator.adds('orders-0').goes('CompleteCommit', 'markers-written');
  t.true(skips.context.violatedProperties.includes('T4'));

  const back = scripted();
  back.coordinator.inits().inits().goes('Ongoing', 'add-partitions', { producerEpoch: 1 });
  t.deepEqual(back.context.violatedProperties, ['T4']);

  const forgets = scripted();
  forgets.coordinator.adds('orders-0').goes('Ongoing', 'add-partitions', { from: 'Empty' });
  t.deepEqual(forgets.context.violatedProperties, ['T4']);
});

test('T5: a transaction that the coordinator aborts by itself leaves its producer an epoch behind', (t) => {
  for (const reason of ['timed-out', 'fenced'] as const) {
    const kept = scripted(1);
    kept.coordinator.adds('orders-0').goes('PrepareAbort', reason);
    t.deepEqual(kept.context.violatedProperties, ['T5']);
    const fenced = scripted(1);
    fenced.coordinator.adds('orders-0').goes('PrepareAbort', reason, { producerEpoch: 1 });
    t.deepEqual(fenced.context.violatedProperties, []);
    t.is(fenced.context.evaluations['T5'], 1);
  }
});

test('T5: requests of an epoch that InitProducerId has replaced are not accepted by the coordinator', (t) => {
  const asks = (producerEpoch: number): string[] => {
    const { context, coordinator } = scripted();
    coordinator.inits().answers('AddPartitionsToTxn', { producerEpoch });
    return context.violatedProperties;
  };
  t.deepEqual(asks(0), ['T5']);
  t.deepEqual(asks(1), []);
});

test('T5: a broker that is the coordinator no more changes nothing by what it answers', (t) => {
  const { context, coordinator } = scripted();
  coordinator.movesTo(2).inits();
  const of = {
    transactionalId: 't',
    producerId: PRODUCER,
    producerEpoch: 0,
    error: 0,
    ownProducerId: PRODUCER,
    ownProducerEpoch: 0,
  };
  const asked = { partitions: [], isVerification: false, commit: null, transactionVersion: 2, state: 'Ongoing' } as const;
  context.emit(1, { type: 'transaction-request-answered', api: 'AddPartitionsToTxn', ...of, ...asked });
  t.deepEqual(context.violatedProperties, []);
});

test('T5: what a deposed coordinator answers late to an InitProducerId takes no fence down', (t) => {
  const { context, coordinator } = scripted();
  coordinator.movesTo(2).inits();
  const of = { transactionalId: 't', producerId: -1, producerEpoch: -1, error: 0, ownProducerId: PRODUCER, ownProducerEpoch: 0 };
  const asked = { partitions: [], isVerification: false, commit: null, transactionVersion: 2, state: 'Empty' } as const;
  context.emit(1, { type: 'transaction-request-answered', api: 'InitProducerId', ...of, ...asked });
  t.deepEqual(context.violatedProperties, []);
  coordinator.answers('AddPartitionsToTxn', { producerEpoch: 0 });
  t.deepEqual(context.violatedProperties, ['T5']);
});

test('T2, T10: with version 2 an end without its own epoch is reported, and one that is decided again the other way', (t) => {
  const kept = scripted();
  kept.coordinator.adds('orders-0').decides(true, { producerEpoch: 0 });
  t.deepEqual(kept.context.violatedProperties, ['T10']);

  const twice = scripted();
  twice.coordinator.adds('orders-0').decides(true).completes(true).adds('orders-0').decides(false, { producerEpoch: 1 });
  t.true(twice.context.violatedProperties.includes('T2'));
});

test('T14: an id expires only when it has no transaction, and a producer id stays with its transactional id', (t) => {
  const early = scripted();
  early.coordinator.adds('orders-0').goes('Dead', 'expired');
  t.true(early.context.violatedProperties.includes('T14'));

  const idle = scripted();
  idle.coordinator.goes('Dead', 'expired');
  t.deepEqual(idle.context.violatedProperties, []);

  const shared = scripted();
  shared.coordinator.answers('InitProducerId', { transactionalId: 'other' });
  t.deepEqual(shared.context.violatedProperties, ['T14']);
});
