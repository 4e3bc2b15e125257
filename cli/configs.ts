/** `trial configs`: kafka-configs.sh. */
import type { Command } from 'commander';
import { runConfigs } from '../console/configs/configs.ts';
import { exitWith } from './outcome.ts';
import { clusterOptions, repeatable } from './values.ts';

export function configsCommand(program: Command): void {
  clusterOptions(program.command('configs').description('configs of any Kafka cluster, as kafka-configs.sh'))
    .option('--describe', 'tell the configs')
    .option('--alter', 'change configs')
    .option('--all', 'with --describe: static configs and defaults too')
    .option('--entity-type <type>', 'topics, brokers, broker-loggers, client-metrics or groups')
    .option('--entity-name <name>', 'name of the topic or group, or id of the broker')
    .option('--entity-default', 'the defaults of all brokers')
    .option('--topic <name>', '--entity-type topics --entity-name <name>')
    .option('--broker <id>', '--entity-type brokers --entity-name <id>')
    .option('--broker-defaults', '--entity-type brokers --entity-default')
    .option('--broker-logger <id>', '--entity-type broker-loggers --entity-name <id>')
    .option('--client-metrics <name>', '--entity-type client-metrics --entity-name <name>')
    .option('--group <id>', '--entity-type groups --entity-name <id>')
    .option('--add-config <list>', 'configs to set: k1=v1,k2=[v1,v2],k3=v3')
    .option('--add-config-file <file>', 'properties file with configs to set')
    .addOption(repeatable('--delete-config <names>', 'configs to take back, joined by commas'))
    .action(async (options) => exitWith(await runConfigs(options)));
}
