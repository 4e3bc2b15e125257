/** `trial consume`: kafka-console-consumer.sh. */
import type { Command } from 'commander';
import { runConsume } from '../console/consume/consume.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, repeatable, whole } from './values.ts';

export function consumeCommand(program: Command): void {
  clusterOptions(program.command('consume').description('print records of any Kafka cluster, as kafka-console-consumer.sh'))
    .option('--topic <name>', 'the topic')
    .option('--include <regex>', 'regular expression of topics, instead of --topic')
    .option('--partition <n>', 'only this partition', whole)
    .option('--offset <offset>', 'with --partition: earliest, latest or an offset (default: latest)')
    .option('--from-beginning', 'begin with the first record if the group has no committed offset')
    .option('--group <id>', 'the consumer group (default: one of its own, for which nothing is committed)')
    .option('--max-messages <n>', 'end after this many records', whole)
    .option('--timeout-ms <ms>', 'end when no record comes for this long', whole)
    .option('--isolation-level <level>', 'read_committed or read_uncommitted (the default)')
    .option('--skip-message-on-error', 'leave out a record that cannot be printed, instead of ending')
    .addOption(
      repeatable(
        '--formatter-property <key=value>',
        'how records are printed: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, print.value, key.separator, line.separator, headers.separator, null.literal',
      ),
    )
    .option('--formatter-config <file>', 'properties file with what --formatter-property takes')
    .addOption(repeatable('--property <key=value>', 'deprecated: --formatter-property'))
    .addOption(repeatable('--consumer-property <key=value>', 'deprecated: --command-property'))
    .option('--consumer.config <file>', 'deprecated: --command-config')
    .action(async (options) => exitWith(await runConsume(options, onInterrupt(''))));
}
