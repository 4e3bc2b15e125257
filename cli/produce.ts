/** `trial produce`: kafka-console-producer.sh. */
import type { Command } from 'commander';
import { runProduce } from '../console/produce/produce.ts';
import { onInterrupt } from './interrupt.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, repeatable, whole } from './values.ts';

export function produceCommand(program: Command): void {
  clusterOptions(
    program.command('produce').description('send lines as records to any Kafka cluster, as kafka-console-producer.sh'),
  )
    .option('--topic <name>', 'the topic')
    .addOption(
      repeatable(
        '--reader-property <key=value>',
        'how lines are read: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error',
      ),
    )
    .option('--reader-config <file>', 'properties file with what --reader-property takes')
    .option('--sync', 'send one record at a time')
    .option('--request-required-acks <acks>', '-1 or all, 0, or 1 (default: -1)')
    .option('--compression-codec [codec]', 'none, gzip, snappy, lz4 or zstd; gzip if nothing is given')
    .option('--batch-size <bytes>', 'size of a batch (default: 16384)', whole)
    .option('--timeout <ms>', 'how long a batch waits for more records (default: 1000)', whole)
    .option('--request-timeout-ms <ms>', 'how long an answer is waited for (default: 1500)', whole)
    .option('--message-send-max-retries <n>', 'how often a batch is sent again (default: 3)', whole)
    .option('--retry-backoff-ms <ms>', 'wait before a batch is sent again (default: 100)', whole)
    .option('--max-block-ms <ms>', 'how long a record waits for metadata or memory (default: 60000)', whole)
    .option('--max-memory-bytes <bytes>', 'memory for records that wait (default: 33554432)', whole)
    .option('--metadata-expiry-ms <ms>', 'age at which metadata are asked for again (default: 300000)', whole)
    .addOption(repeatable('--property <key=value>', 'deprecated: --reader-property'))
    .addOption(repeatable('--producer-property <key=value>', 'deprecated: --command-property'))
    .option('--producer.config <file>', 'deprecated: --command-config')
    .option('--max-partition-memory-bytes <bytes>', 'deprecated: --batch-size', whole)
    .action(async (options) => {
      const { stdin, stdout } = process;
      const input = { chunks: stdin, isInteractive: stdin.isTTY && stdout.isTTY };
      exitWith(await runProduce(options, input, onInterrupt('')));
      stdin.destroy();
    });
}
