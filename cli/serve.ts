/** `trial serve`: the same core on real sockets, files and time. */
import { type Command, Option } from 'commander';
import { SECURITY_PROTOCOLS } from '../core/security/protocols.ts';
import { runServe } from '../server/serve-command.ts';
import { collect, whole } from './values.ts';

export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('run a cluster that real Kafka clients can use')
    .addOption(new Option('--brokers <n>', 'brokers').argParser(whole).default(1))
    .addOption(
      new Option('--controllers <n>', 'nodes that are controllers only; by default brokers are controllers too')
        .argParser(whole)
        .conflicts('combined'),
    )
    .addOption(new Option('--combined', 'brokers are controllers too (the default)'))
    .addOption(new Option('--first-broker-id <id>', 'id of the first broker; the others follow').argParser(whole).default(1))
    .addOption(
      new Option('--port <port>', 'port of the first broker, or of each: 9092,9094,9096; 0 for any free ones (default: "9092")'),
    )
    .addOption(new Option('--host <address>', 'address to listen on').default('127.0.0.1'))
    .addOption(new Option('--advertised-host <name>', 'host name that clients are told, if it is not the address'))
    .addOption(
      new Option('--advertised-port <port>', 'port that clients are told, as --port; 0, the default, for the one listened on'),
    )
    .addOption(new Option('--data <dir>', 'directory that keeps the data').conflicts('ephemeral'))
    .addOption(new Option('--ephemeral', 'keep the data only until the end (the default)'))
    .addOption(
      new Option('--security-protocol <protocol>', 'how clients talk to the brokers (default: "PLAINTEXT")').choices(
        SECURITY_PROTOCOLS,
      ),
    )
    .addOption(
      new Option('--user <name:password>', 'a user for SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512); repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--config <key=value>', "one of Kafka's properties, for all nodes; repeatable")
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--broker-config <id:key=value>', 'the same for one broker; repeatable').argParser(collect).default([], 'none'),
    )
    .addOption(
      new Option('--topic <name:partitions:replicas>', 'a topic to begin with, the numbers may be left out; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(new Option('--chaos <seed>', 'let faults happen to it, drawn from this seed').argParser(whole))
    .addOption(new Option('--quiet', 'print nothing but the bootstrap servers'))
    .action(async (options) => {
      process.exitCode = await runServe(options);
    });
}
