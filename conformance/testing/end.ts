/** Ends the process of a test file when its tests and their clean-up are over, whatever clients still wait for. */
import { registerCompletionHandler } from 'ava';

registerCompletionHandler(() => process.exit());
