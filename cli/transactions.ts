/** `trial transactions`: kafka-transactions.sh, whose commands are subcommands. */
import type { Command } from 'commander';
import type { TransactionsAction, TransactionsOptions } from '../console/transactions/options.ts';
import { runTransactions } from '../console/transactions/transactions.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, INT16_MAX, INT32_MAX, integer, upTo, whole } from './values.ts';

export function transactionsCommand(program: Command): void {
  const transactions = clusterOptions(
    program.command('transactions').description('transactions of any Kafka cluster, as kafka-transactions.sh'),
  ).helpCommand(false);
  /** A subcommand, which is told the options of its own. */
  const add = <N extends TransactionsAction['name']>(name: N, description: string): Command =>
    transactions
      .command(name)
      .description(description)
      .action(async (options, command: Command) => {
        const action = { name, options } as TransactionsAction;
        const all = command.optsWithGlobals();
        const connection = { bootstrapServer: all['bootstrapServer'], commandConfig: all['commandConfig'] };
        const given: TransactionsOptions = { ...connection, commandProperty: all['commandProperty'], action };
        exitWith(await runTransactions(given));
      });
  add('list', 'list the transactional ids')
    .option('--duration-filter <ms>', 'only transactions that run for longer; negative: all', integer)
    .option('--transactional-id-pattern <regex>', 'only ids that this regular expression matches as a whole');
  add('describe', 'tell the transaction of a transactional id').requiredOption('--transactional-id <id>', 'the transactional id');
  add('describe-producers', 'tell the producers of a partition')
    .option('--broker-id <id>', 'ask the replica on this broker, not the leader', whole)
    .requiredOption('--topic <topic>', 'the topic')
    .requiredOption('--partition <n>', 'the partition', whole);
  add('find-hanging', 'find transactions that no coordinator will end')
    .option('--broker-id <id>', 'only partitions that this broker has a replica of, as that knows them', whole)
    .option('--max-transaction-timeout <minutes>', 'transactions are not looked at before', whole, 15)
    .option('--topic <topic>', 'only the partitions of this topic')
    .option('--partition <n>', 'only this partition of it', whole);
  add('abort', 'abort a hanging transaction in one partition')
    .requiredOption('--topic <topic>', 'the topic')
    .requiredOption('--partition <n>', 'the partition', whole)
    .option('--start-offset <offset>', 'the first offset of the transaction', whole)
    .option('--producer-id <id>', 'where there is no start offset: of a broker before 3.0', whole)
    .option('--producer-epoch <epoch>', 'with --producer-id', upTo(INT16_MAX, whole))
    .option('--coordinator-epoch <epoch>', 'with --producer-id', upTo(INT32_MAX, integer));
  // Named so in Kafka, too.
  add('forceTerminateTransaction', 'fence the producer of a transactional id, and abort its transaction').requiredOption(
    '--transactionalId <id>',
    'the transactional id',
  );
}
