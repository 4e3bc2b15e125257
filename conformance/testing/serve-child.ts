/** A served cluster in a process of its own, to be killed. Arguments: data directory, port. Prints its bootstrap servers. */
import { runServe } from '../../server/serve-command.ts';

const [data = '', port = '0'] = process.argv.slice(2);
process.exitCode = await runServe({ brokers: 1, port: Number(port), host: '127.0.0.1', data, config: [], quiet: true });
