import test from 'ava';
import { UsageError } from './errors.ts';
import { underCurrentNames } from './options.ts';
import { type ConsumeOptions, RENAMED as OF_THE_CONSUMER } from './consume/options.ts';
import { type ProduceOptions, RENAMED as OF_THE_PRODUCER } from './produce/options.ts';
import type { Terminal } from './terminal.ts';

function terminal(): Terminal & { readonly notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    out: () => undefined,
    note: (line) => notes.push(line),
    drained: () => Promise.resolve(),
    onClosed: () => ({ stop: () => undefined }),
  };
}

test('an option under the name that it had before Kafka 4.2 is taken, with a note on its name of today', (t) => {
  const consumer = terminal();
  const given = { topic: 't', property: ['print.key=true'], consumerProperty: ['a=b'], 'consumer.config': 'f' };
  t.like(underCurrentNames<ConsumeOptions>(given, OF_THE_CONSUMER, consumer), {
    topic: 't',
    formatterProperty: ['print.key=true'],
    commandProperty: ['a=b'],
    commandConfig: 'f',
  });
  t.deepEqual(consumer.notes, [
    'trial: warning: --property is deprecated; use --formatter-property.',
    'trial: warning: --consumer-property is deprecated; use --command-property.',
    'trial: warning: --consumer.config is deprecated; use --command-config.',
  ]);
  const producer = terminal();
  t.like(
    underCurrentNames<ProduceOptions>(
      { property: ['parse.key=true'], producerProperty: ['a=b'], 'producer.config': 'f' },
      OF_THE_PRODUCER,
      producer,
    ),
    {
      readerProperty: ['parse.key=true'],
      commandProperty: ['a=b'],
      commandConfig: 'f',
    },
  );
  t.is(producer.notes.length, 3);
});

test('an option under its name of today needs no note, and excludes the older one', (t) => {
  const silent = terminal();
  const given = { formatterProperty: ['print.key=true'], property: [], commandConfig: 'f' };
  t.deepEqual(underCurrentNames<ConsumeOptions>(given, OF_THE_CONSUMER, silent), given);
  t.deepEqual(silent.notes, []);
  for (const both of [
    { property: ['a=b'], formatterProperty: ['a=b'] },
    { consumerProperty: ['a=b'], commandProperty: ['a=b'] },
    { 'consumer.config': 'f', commandConfig: 'g' },
  ])
    t.throws(() => underCurrentNames<ConsumeOptions>(both, OF_THE_CONSUMER, silent), {
      instanceOf: UsageError,
      message: /exclude each other/,
    });
});
