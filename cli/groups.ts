/** `trial groups`: kafka-consumer-groups.sh. */
import type { Command } from 'commander';
import { runGroups } from '../console/groups/groups.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, integer, repeatable, whole } from './values.ts';

export function groupsCommand(program: Command): void {
  clusterOptions(program.command('groups').description('consumer groups of any Kafka cluster, as kafka-consumer-groups.sh'))
    .option('--list', 'list the groups')
    .option('--describe', 'tell offsets and lag of groups')
    .option('--delete', 'delete groups')
    .option('--reset-offsets', 'plan new offsets for groups without members; --execute sets them')
    .option('--delete-offsets', 'delete offsets of a group')
    .addOption(repeatable('--group <id>', 'the group'))
    .option('--all-groups', 'all groups')
    .addOption(repeatable('--topic <topic>', 'a topic, or some of its partitions: orders:0,1'))
    .option('--all-topics', 'all topics that the group has offsets of')
    .option('--members', 'describe the members')
    .option('--offsets', 'describe the offsets (the default)')
    .option('--verbose', 'with --members: their partitions too')
    .option('--state [list]', 'describe the state; with --list: show states, and only groups in these')
    .option('--type [list]', 'with --list: show types, and only groups of these')
    .option('--to-earliest', 'reset to the beginning of the log')
    .option('--to-latest', 'reset to the end of the log')
    .option('--to-offset <offset>', 'reset to this offset', whole)
    .option('--to-current', 'reset to the committed offset')
    .option('--shift-by <n>', 'reset to the committed offset and n more, or less if n is negative', integer)
    .option('--by-duration <duration>', 'reset to the time this long ago: PnDTnHnMnS')
    .option('--to-datetime <time>', 'reset to this time: YYYY-MM-DDTHH:mm:ss.sss')
    .option('--from-file <file>', 'reset to the offsets of a CSV file')
    .option('--dry-run', 'only show what would be done (the default)')
    .option('--execute', 'do it')
    .option('--export', 'print the new offsets as CSV')
    .option('--timeout <ms>', 'time for each call', whole, 5000)
    .action(async (options) => exitWith(await runGroups(options)));
}
