/** Runs a tool and turns whatever goes wrong into one sentence and an exit status. */
import { EXIT, type ExitStatus, explain } from './errors.ts';
import type { Terminal } from './terminal.ts';

/** `tool` resolves with a status of its own if it told already that not everything worked. */
export async function runTool(terminal: Terminal, tool: () => Promise<ExitStatus | undefined>): Promise<ExitStatus> {
  try {
    return (await tool()) ?? EXIT.done;
  } catch (error) {
    const { sentence, status } = explain(error);
    terminal.note(`trial: ${sentence}.`);
    return status;
  }
}
