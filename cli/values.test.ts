import { Command, CommanderError } from 'commander';
import test from 'ava';
import { transactionsCommand } from './transactions.ts';

test('an epoch of a transaction to abort is one that the protocol can hold', async (t) => {
  const refusal = async (...epochs: readonly string[]): Promise<string> => {
    const program = new Command();
    transactionsCommand(program);
    const transactions = program.commands[0] as Command;
    for (const command of [transactions, ...transactions.commands])
      command.exitOverride().configureOutput({ writeErr: () => {} });
    const args = ['transactions', 'abort', '--topic', 't', '--partition', '0', '--producer-id', '1', ...epochs];
    const error = await t.throwsAsync(program.parseAsync(args, { from: 'user' }), { instanceOf: CommanderError });
    return error.message;
  };
  t.regex(await refusal('--producer-epoch', '32768'), /argument '32768' is invalid\. It must be at most 32767\./);
  t.regex(await refusal('--producer-epoch', '-1'), /argument '-1' is invalid\. It must be a whole number of at least 0\./);
  t.regex(
    await refusal('--coordinator-epoch', '2147483648'),
    /argument '2147483648' is invalid\. It must be at most 2147483647\./,
  );
});
