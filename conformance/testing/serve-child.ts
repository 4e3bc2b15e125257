/** A served cluster in a process of its own, to be killed or watched. Argument: options as JSON. Prints its bootstrap servers. */
import { runServe, type ServeCommandOptions } from '../../server/serve-command.ts';

process.exitCode = await runServe(JSON.parse(process.argv[2] ?? '') as ServeCommandOptions);
