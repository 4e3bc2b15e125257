/** `trial topics`: kafka-topics.sh. */
import type { Command } from 'commander';
import { runTopics } from '../console/topics/topics.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, repeatable, whole } from './values.ts';

export function topicsCommand(program: Command): void {
  clusterOptions(program.command('topics').description('topics of any Kafka cluster, as kafka-topics.sh'))
    .option('--create', 'create a topic')
    .option('--list', 'list the topics')
    .option('--describe', 'tell the partitions, replicas and configs of topics')
    .option('--alter', 'raise the number of partitions')
    .option('--delete', 'delete topics')
    .option('--topic <name>', 'the topic; but for --create, a regular expression')
    .option('--topic-id <id>', 'the topic to describe, by its id')
    .option('--partitions <n>', "number of partitions (default: the cluster's)", whole)
    .option('--replication-factor <n>', "replicas of each partition (default: the cluster's)", whole)
    .option('--replica-assignment <list>', 'brokers of each partition, such as 1:2,2:3 for two partitions')
    .addOption(repeatable('--config <name=value>', 'a config of the new topic'))
    .option('--if-not-exists', 'with --create: no error if the topic exists')
    .option('--if-exists', 'with --alter, --delete and --describe: no error if the topic does not exist')
    .option('--exclude-internal', 'leave out internal topics')
    .option('--under-replicated-partitions', 'describe only partitions with fewer in-sync replicas than replicas')
    .option('--unavailable-partitions', 'describe only partitions whose leader is not there')
    .option('--under-min-isr-partitions', 'describe only partitions with fewer in-sync replicas than min.insync.replicas')
    .option('--at-min-isr-partitions', 'describe only partitions with exactly min.insync.replicas in-sync replicas')
    .option('--topics-with-overrides', 'describe only topics with configs of their own')
    .action(async (options) => exitWith(await runTopics(options)));
}
