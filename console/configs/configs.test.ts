import test from 'ava';
import { UsageError } from '../errors.ts';
import { configLines } from './description.ts';
import { type ConfigsOptions, configsAction, parseAddConfig } from './options.ts';

test('configs to add: brackets keep commas together, and fall away', (t) => {
  t.deepEqual(parseAddConfig('a=1,b=[x,y], c = , d=e=f'), { a: '1', b: 'x,y', c: '', d: 'e=f' });
  t.throws(() => parseAddConfig('a=1,b'), { instanceOf: UsageError, message: /"b"/ });
});

test('whose configs: by type and name, or by a shorthand', (t) => {
  const entityOf = (options: ConfigsOptions) => configsAction({ describe: true, ...options }).entity;
  t.deepEqual(entityOf({ entityType: 'topics', entityName: 'orders' }), { type: 'topics', name: 'orders' });
  t.deepEqual(entityOf({ topic: 'orders' }), { type: 'topics', name: 'orders' });
  t.deepEqual(entityOf({ broker: '1' }), { type: 'brokers', name: '1' });
  t.deepEqual(entityOf({ brokerDefaults: true }), { type: 'brokers', name: '' });
  t.deepEqual(entityOf({ entityType: 'brokers', entityDefault: true }), { type: 'brokers', name: '' });
  t.deepEqual(entityOf({ entityType: 'groups' }), { type: 'groups', name: null });
});

test('options that do not go together are refused', (t) => {
  const refused: [ConfigsOptions, RegExp][] = [
    [{}, /exactly one of --describe and --alter/],
    [{ describe: true }, /--entity-type is missing/],
    [{ describe: true, entityType: 'users' }, /quotas and credentials/],
    [{ describe: true, entityType: 'tables' }, /--entity-type tables must be one of topics/],
    [{ describe: true, topic: 't', entityType: 'topics' }, /exclude --topic/],
    [{ describe: true, topic: 't', broker: '1' }, /only one of --topic, --broker/],
    [{ describe: true, broker: 'one' }, /"one" must be the id of a broker/],
    [{ describe: true, topic: 't', addConfig: 'a=b' }, /--add-config goes with --alter/],
    [{ alter: true, topic: 't' }, /--alter needs --add-config/],
    [{ alter: true, entityType: 'topics', addConfig: 'a=b' }, /needs --entity-name/],
    [{ alter: true, topic: 't', addConfig: 'a!=b' }, /"a!" is not the name of a config/],
    [{ alter: true, topic: 't', addConfig: 'a=b', addConfigFile: 'f' }, /exclude each other/],
    [{ describe: true, entityType: 'topics', entityDefault: true }, /--entity-default goes with brokers/],
  ];
  for (const [options, message] of refused) t.throws(() => configsAction(options), { instanceOf: UsageError, message });
  t.like(configsAction({ alter: true, topic: 't', deleteConfig: ['a, b', 'c'] }), { alteration: { remove: ['a', 'b', 'c'] } });
});

const config = (name: string, value: string | null, configSource: number, isSensitive = false) => ({
  name,
  value,
  readOnly: false,
  isDefault: configSource === 5,
  configSource,
  isSensitive,
  synonyms: [{ name, value, source: configSource }],
  configType: 0,
  documentation: null,
});

test('configs are described in the lines of kafka-configs.sh', (t) => {
  const configs = [config('segment.bytes', '1', 1), config('retention.ms', '2', 5), config('cleanup.policy', null, 1, true)];
  t.deepEqual(configLines('topics', 'orders', configs, false), [
    'Dynamic configs for topic orders are:',
    '  cleanup.policy=null sensitive=true synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=null}',
    '  segment.bytes=1 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.bytes=1}',
  ]);
  t.is(configLines('topics', 'orders', configs, true).length, 4);
  t.is(configLines('topics', 'orders', configs, true)[0], 'All configs for topic orders are:');
  t.deepEqual(configLines('brokers', '', [config('log.cleaner.threads', '2', 3), config('x', '1', 4)], false), [
    'Default configs for brokers in the cluster are:',
    '  log.cleaner.threads=2 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.cleaner.threads=2}',
  ]);
});
